"""The page about pytest: its tests pass and fail as it says, on an export that sets a cookie too late."""

from __future__ import annotations

import json

import pytest

from docs.narrated import DOCS, blocks

pytestmark = pytest.mark.once

CONFTEST = """
import pytest
from flask import Flask, Response

app = Flask(__name__)


@app.route("/orders.csv", methods=["GET", "POST"])
def export():
    def rows():
        yield "1041"
        response.set_cookie("last_export", "1041")

    response = Response(rows())
    return response


@app.get("/orders/<int:number>")
def show(number):
    return {"number": number}


@pytest.fixture
def client():
    return app.test_client()
"""


@pytest.fixture
def page():
    """The blocks of the page."""
    return [block.text for block in blocks((DOCS / "how-to" / "pytest.md").read_text(encoding="utf-8"))]


@pytest.fixture
def tests_of(pytester, monkeypatch):
    """Runs tests beside the application, in a process of their own."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "respstart.pytest_plugin")
    pytester.makeconftest(CONFTEST)

    def tests_of(code, *arguments):
        pytester.makepyfile(test_shop=code)
        return pytester.runpytest_subprocess("-q", *arguments)

    return tests_of


def test_one_test(page, tests_of):
    """The known bug passes, and so does what is in order; what is not ignored fails."""
    (code,) = [text for text in page if text.startswith("@pytest")]
    result = tests_of(f"import pytest\n\n\n{code}", "--trace-response-start")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*RS103 late-cookie*", "FAILED test_shop.py::test_import*"])


def test_outside_of_pytest(page, tests_of):
    """Without the flag."""
    (code,) = [text for text in page if text.startswith("from respstart.testing")]
    within = "".join(f"    {line}\n" for line in code.splitlines())
    late = within.replace("/orders/1041", "/orders.csv")
    tests_of(f"def test_it(client):\n{within}\n\ndef test_late(client):\n{late}").assert_outcomes(passed=1, failed=1)


def test_an_old_project(page, tests_of, pytester):
    """The baseline is written, and what it lists fails no more."""
    (text,) = [text for text in page if "--response-start-update-baseline" in text]
    options = text.splitlines()[0].split()[2:]
    code = 'def test_export(client):\n    client.get("/orders.csv").get_data()\n'
    tests_of(code, *options).assert_outcomes(passed=1)
    assert "RS103" in json.dumps(json.loads((pytester.path / "late.json").read_text(encoding="utf-8")))
    tests_of(code, "--trace-response-start", "--response-start-baseline=late.json").assert_outcomes(passed=1)
