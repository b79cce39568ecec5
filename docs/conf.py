"""How Sphinx builds these pages: `scripts/docs`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import from_code

import respstart

project = "respstart"
author = "respstart contributors"
version = release = respstart.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["build"]
myst_heading_anchors = 3
default_role = "code"  # docstrings write `names` as Markdown does
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"

html_theme = "furo"
html_title = f"respstart {version}"
html_show_copyright = False
html_copy_source = False


def setup(app: Any) -> None:
    """Write the pages that are made of the code before Sphinx looks for pages."""
    app.connect("builder-inited", lambda app: from_code.write(Path(app.srcdir)))
