"""The tutorial, done as its reader does it, gives what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.narrated import retold

pytestmark = pytest.mark.once

PAGES = sorted((Path(__file__).parents[2] / "docs" / "tutorial").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_page_tells_what_happens(page, tmp_path):
    told = page.read_text(encoding="utf-8")
    assert retold(told, tmp_path) == told, f"run python tests/docs/narrated.py {page.name}, and read what it wrote"
