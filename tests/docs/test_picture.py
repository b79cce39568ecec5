"""The finding that the README shows is that of the demo."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from docs.narrated import alike

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PICTURE = ROOT / "docs" / "picture.svg"


@pytest.fixture(scope="module")
def demo():
    done = subprocess.run([sys.executable, "-m", "respstart", "demo"], capture_output=True, text=True, encoding="utf-8", check=True)
    return done.stdout.partition("What respstart found:\n\n")[2]


def without_counts(text):
    """How many frames are folded is not the same with every version of what is between."""
    return re.sub(r"\.\.\. \d+ frames? of .*? folded", "... folded", alike(text))


def test_the_text(demo):
    shown = README.partition("<!-- finding:start -->\n```text\n")[2].partition("```\n<!-- finding:end -->")[0]
    assert without_counts(shown) == without_counts(demo)


def test_the_picture(demo):
    """Run `scripts/picture` when this fails."""
    tree = ET.parse(PICTURE)
    text = "".join(tree.getroot().itertext()).replace("\xa0", " ")
    assert demo.splitlines()[-1] in text
    assert "status and headers are final from here" in text
    assert "docs/picture.svg" in README


def test_the_picture_loads_nothing():
    text = PICTURE.read_text(encoding="utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?:|@import|@font-face|href|<script|<image", text)
    assert len(text) < 60_000
