from __future__ import annotations

import pytest

SHOP = """
from flask import Flask, Response

app = Flask(__name__)


def remember(response, number):
    response.set_cookie("last_export", str(number))  # late


@app.get("/export")
def export():
    def body():
        yield "number"
        remember(response, 7)

    response = Response(body(), mimetype="text/csv")  # first
    return response


@app.get("/fails")
def fails():
    def body():
        yield "number"
        raise RuntimeError("the database is gone")  # raised

    return Response(body())  # failing


@app.get("/")
def fine():
    return "fine"
"""
CLIENT = """
import pytest

from shop import app


@pytest.fixture
def client():
    return app.test_client()
"""


@pytest.fixture
def shop():
    """The source of the shop."""
    return SHOP.strip()


@pytest.fixture
def line(shop):
    """The number of the line of the shop that has a mark."""
    lines = shop.splitlines()
    return lambda mark: next(number for number, text in enumerate(lines, 1) if text.endswith(f"# {mark}"))


@pytest.fixture
def run(pytester, monkeypatch):
    """Write test files beside the shop, and run pytest on them in a process of its own."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("PYTEST_ADDOPTS", "")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # other plugins only cost time here

    def _run(*arguments, **files):
        pytester.makepyfile(shop=SHOP, conftest=CLIENT)
        pytester.makepyfile(**files)
        return pytester.runpytest_subprocess("-p", "respstart.pytest_plugin", "-p", "xdist", *arguments)

    return _run


@pytest.fixture
def traced(run):
    """The same with the flag."""
    return lambda *arguments, **files: run("--trace-response-start", *arguments, **files)
