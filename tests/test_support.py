"""The table of what is supported is that of the registry and of the contract tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from respstart import integrations
from respstart.integrations import versions

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "support.md"


def test_page_is_up_to_date():
    """`scripts/support` would write the same page."""
    code = "import support; print(support.page(), end='')"
    made = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "tests" / "contract", capture_output=True, text=True, check=False)

    assert made.returncode == 0, made.stderr
    assert made.stdout == PAGE.read_text(encoding="utf-8"), "run scripts/support"


def test_every_integration_stands_in_it():
    """By name, and with all that it says of itself."""
    page = PAGE.read_text(encoding="utf-8")

    for table in map(integrations.load, integrations.NAMES):
        assert not table.distribution or f"\n| {table.name} | " in page
        assert all(f"- **{table.name}**: {limit}\n" in page for limit in table.limits)


def test_limits_are_short_sentences():
    """One line each."""
    for table in map(integrations.load, integrations.NAMES):
        assert all(limit.endswith(".") and len(limit) < 200 and "\n" not in limit for limit in table.limits)


@pytest.mark.parametrize(
    ("version", "judgement"),
    [
        ("2.2.3", "tried"), ("3.1.9", "tried"), ("3.0", "tried"), ("3.1.9rc1", "tried"), ("2.2.2", "older than all that were tried (2.2.3 to 3.1.9)"),
        ("3.1.10", "newer than all that were tried (2.2.3 to 3.1.9)"), ("10", "newer than all that were tried (2.2.3 to 3.1.9)"),
    ],
)  # fmt: skip
def test_an_installed_version_is_judged_by_those_that_were_tried(version, judgement, monkeypatch):
    """By number, not by letter."""
    monkeypatch.setattr(versions, "_all", lambda: {"oldest": {"werkzeug": "2.2.3"}, "newest": {"werkzeug": "3.1.9"}})
    assert versions.judged("werkzeug", version) == judgement


def test_what_was_never_tried():
    """Says so."""
    assert versions.judged("no-such-framework", "1.0") == "not tried"
