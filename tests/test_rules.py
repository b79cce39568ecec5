"""Every rule has a page, and the pages tell the truth: the example gives that finding, the fix gives none."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

import respstart
from drivers import ask, has_own_server, is_asgi
from respstart.rules import RULES, find, page

HEADINGS = (
    "## What it detects", "## Why the client never saw it", "## Example", "## What is reported", "## Fix", "## How to allow it",
)
NEVER_RUN = {"RS901"}


class Snippet(NamedTuple):
    """A fenced block of Python, and whether the test is to run it."""

    runs: bool
    code: str

    @property
    def request(self) -> list[str]:
        return re.findall(r"^# (GET|POST) (/\S*)$", self.code, re.MULTILINE)[0]

    def line(self, marker):
        return next((number for number, text in enumerate(self.code.splitlines(), 1) if text.endswith(f"# {marker}")), None)


def snippet(rule, heading):
    """The only block of Python under a heading."""
    section = page(rule).partition(f"\n{heading}\n")[2].partition("\n## ")[0]
    ((tag, code),) = re.findall(r"^```python( norun)?\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return Snippet(not tag, code)


@pytest.fixture(scope="module", autouse=True)
def installation():
    """Respstart, switched on."""
    with respstart.tracing(output="off", repeat_seconds=0) as installation:
        assert installation.active, installation.problem
        yield


def serve(code, request, folder):
    """Run the snippet as the user's own file, send it the request, and return what was found."""
    file = folder / "app.py"
    file.write_text(code, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("rule_page_app", file)
    module = importlib.util.module_from_spec(spec)
    findings = []
    remove = respstart.on_finding(findings.append)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
        ask(_traced(module.app), *request)
    finally:
        remove()
        del sys.modules[spec.name]
    return findings


def _traced(app):
    """What the hooks of a real server do: no table knows the drivers of these tests."""
    if has_own_server(app):
        return app
    return respstart.asgi(app) if is_asgi(app) else respstart.wsgi(app)


RUNNABLE = [rule for rule in RULES.values() if rule.code not in NEVER_RUN]
every_rule = pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code)
every_runnable_rule = pytest.mark.parametrize("rule", RUNNABLE, ids=lambda rule: rule.code)


@every_rule
def test_page_has_the_headings_in_order(rule):
    """The title is code and slug, and the six sections follow."""
    lines = page(rule).splitlines()

    assert lines[0] == f"# {rule.code} {rule.slug}"
    assert tuple(line for line in lines if line.startswith("## ")) == HEADINGS


@every_rule
def test_page_is_found_by_code_and_slug(rule):
    """Both names lead to the rule, in any case."""
    assert find(rule.code.lower()) is rule
    assert find(rule.slug.upper()) is rule


@every_rule
def test_only_the_known_pages_are_not_run(rule):
    """A page may leave its snippets unrun only where this test says so."""
    assert snippet(rule, "## Example").runs == snippet(rule, "## Fix").runs == (rule.code not in NEVER_RUN)


def test_no_page_without_a_rule():
    """Every page belongs to a rule of the table."""
    folder = Path(sys.modules["respstart.rules"].__file__).parent

    assert {path.stem for path in folder.glob("*.md")} == set(RULES)


@every_runnable_rule
def test_example_gives_exactly_that_finding(rule, tmp_path):
    """One finding, of this rule, with the writers that the comments name."""
    example = snippet(rule, "## Example")

    findings = serve(example.code, example.request, tmp_path)

    assert [finding.rule for finding in findings] == [rule.code]
    (finding,) = findings
    assert finding.first_writer.line == example.line("first writer")
    if example.line("late writer"):
        assert finding.late_writer is not None
        assert finding.late_writer.line == example.line("late writer")


@every_runnable_rule
def test_fix_gives_no_finding(rule, tmp_path):
    """The fix is one."""
    fix = snippet(rule, "## Fix")

    assert serve(fix.code, fix.request, tmp_path) == []
