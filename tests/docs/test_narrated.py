"""The tutorial and the how-tos of frameworks and servers, done as their reader does them, give what they show."""

from __future__ import annotations

import pytest

from docs.narrated import TOLD, retold

pytestmark = pytest.mark.once


@pytest.mark.parametrize("page", TOLD, ids=lambda page: page.stem)
def test_the_page_tells_what_happens(page, tmp_path):
    told = page.read_text(encoding="utf-8")
    assert retold(told, tmp_path) == told, f"run python tests/docs/narrated.py {page.name}, and read what it wrote"
