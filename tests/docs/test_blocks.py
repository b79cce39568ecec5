"""No block of code in README or docs is believed: each is run by a test, or has its reason here."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib

import pytest

from docs.narrated import DOCS, ROOT, TOLD, blocks
from respstart import cli, settings

MARKED = {  # how a block is marked, and the test that runs it or compares it
    r"<!-- (file|command|output): .+ -->\s*$": "tests/docs/test_how_to_logs.py",
    r"<!-- example: \S+ -->\s*$": "tests/test_third_party.py",
    r"<!-- (table|github):start -->\s*$": "tests/test_cli.py",
    r"<!-- finding:start -->\s*$": "tests/docs/test_picture.py",
    r"<!-- run -->\s*$": "tests/docs/test_blocks.py, test_how_to_pytest.py and test_staging_fleet.py",
    r"<!-- servers:start -->\s*$": "tests/docs/test_silence.py",
}
NOT_RUN = {  # the page and the beginning of a block, and why
    ("README.md", "$ scripts/demo"): "they make an environment from the package index; the tests run what they start",
    ("README.md", "$ python -m pip install"): "respstart is installed where the tests run",
    ("README.md", "$ pytest --trace"): "the tutorial runs it",
    ("README.md", "$ RESPSTART=1 gunicorn"): "the how-to of gunicorn runs it",
    ("docs/index.md", "$ python -m pip install"): "as in the README",
    ("docs/tutorial/the-cookie-is-not-there.md", "python -m venv"): "the tests run in an environment",
    ("docs/tutorial/the-cookie-is-not-there.md", "@pytest.mark.respstart"): "test_how_to_pytest.py runs the same marker",
    ("docs/how-to/add-a-framework.md", "$ python -m"): "tests/test_third_party.py installs the example and runs its tests",
    ("docs/how-to/opentelemetry.md", "$ RESPSTART=1"): "tests/telemetry/test_launchers.py runs it in these orders",
    ("docs/how-to/staging-fleet.md", "RESPSTART=1"): "the settings are read below",
    ("docs/how-to/staging-fleet.md", "$ find"): "the files of a week; test_staging_fleet.py runs the program on such files",
    ("docs/how-to/read-a-report.md", "$ respstart run"): "the how-to of gunicorn writes the file",
    ("docs/how-to/read-a-report.md", "$ respstart report"): "tests/test_cli.py makes the report and compares the table",
    ("docs/how-to/read-a-report.md", "$ python -m pip"): "tests/formats makes the page and looks at it in a browser",
    ("docs/how-to/watch.md", "$ RESPSTART=1"): "the how-to of gunicorn writes the file",
    ("docs/how-to/watch.md", "$ respstart watch"): "tests/watch runs it in a terminal, in a pipe and in a browser",
    ("docs/how-to/watch.md", "$ python -m pip"): "tests/watch opens the page",
    ("docs/how-to/watch.md", "$ respstart doctor"): "tests/test_cli.py runs it",
    ("docs/how-to/read-a-report.md", "- run:"): "GitHub runs it; the commands in it are checked below",
}
ALL = [(page.relative_to(ROOT).as_posix(), block) for page in (ROOT / "README.md", *sorted(DOCS.rglob("*.md"))) for block in blocks(page.read_text("utf-8"))]
WRITTEN = [(page, block) for page, block in ALL if not re.match(r"docs/reference/(rules|command-line)", page) and not block.language.startswith("{")]


def is_run(page, block):
    if ROOT / page in TOLD and block.is_told():
        return True
    return any(re.search(mark, block.before) for mark in MARKED)


def reasons(page, block):
    return [key for key in NOT_RUN if key[0] == page and block.text.startswith(key[1])]


@pytest.mark.parametrize(("page", "block"), WRITTEN, ids=[f"{page}: {block.text.splitlines()[0][:40]}" for page, block in WRITTEN])
def test_every_block_is_run_or_has_a_reason(page, block):
    assert is_run(page, block) != bool(reasons(page, block)), "mark it for a test, tell it as a story, or say why not in NOT_RUN: one of them"


def test_every_reason_is_needed():
    assert {key for page, block in WRITTEN for key in reasons(page, block)} == set(NOT_RUN)


def commands():
    for page, block in WRITTEN:
        for command in re.findall(r"^(?:\$|- run:) (.+)$", block.text, re.MULTILINE):
            yield page, shlex.split(re.sub(r"^(\w+=\S+ )+| \|\| true$", "", command))


def test_every_command_of_respstart_can_be_typed():
    """Also those that are not run: their options exist."""
    typed = [words[1:] for _, words in commands() if words[0] == "respstart"]
    assert len(typed) > 5
    for words in typed:
        cli.parser().parse_args(words)


def test_every_variable_is_a_setting():
    variables = {row.variable for row in settings.help_rows()} | {"RESPSTART", "RESPSTART_VENV", "RESPSTART_PYTHON"}
    for page in (ROOT / "README.md", *DOCS.rglob("*.md")):
        assert set(re.findall(r"\bRESPSTART(?:_\w+)?(?==)", page.read_text("utf-8"))) <= variables, page


def test_every_table_of_settings_is_accepted(tmp_path):
    tables = [block.text for _, block in WRITTEN if block.language == "toml" and "respstart" in tomllib.loads(block.text).get("tool", {})]
    assert tables
    for table in tables:
        (tmp_path / "pyproject.toml").write_text(table, encoding="utf-8")
        assert settings.load({}, {}, tmp_path) != settings.Settings()


def test_every_environment_is_accepted():
    environments = [dict(line.split("=", 1) for line in block.text.splitlines()) for _, block in WRITTEN if block.text.startswith("RESPSTART=")]
    assert environments
    for environment in environments:
        assert settings.switched_on(environment)
        assert settings.load({}, {name: value for name, value in environment.items() if name != "RESPSTART"}) != settings.Settings()


def test_the_code_of_the_readme_switches_it_on():
    (code,) = [block.text for page, block in WRITTEN if page == "README.md" and block.language == "python"]
    program = f"{code}\nfrom respstart import tracer; print(tracer.active())"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "True\n"


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    """Those between the pages of docs are checked by Sphinx."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target
