"""The page about silence tells what servers and frameworks do."""

from __future__ import annotations

import pytest

from docs.silence import PAGE, with_tables

pytestmark = pytest.mark.once


def test_the_tables_are_what_is_measured():
    told = PAGE.read_text(encoding="utf-8")
    assert with_tables(told) == told, "run python tests/docs/silence.py, and read what it wrote"
