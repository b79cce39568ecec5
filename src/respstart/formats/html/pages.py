"""The page of a rule as HTML."""

from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from respstart.model import Rule
from respstart.rules import page

# No HTML and no addresses: nothing in a report may lead outside.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable(["autolink", "image", "link"])


def html(rule: Rule) -> Markup:
    """The page without its title, its headings two levels lower: `h2` of the page is `h4`."""
    _, _, body = page(rule).partition("\n")
    tokens = _MARKDOWN.parse(body)
    for token in tokens:
        _lower(token)
    return Markup(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))  # noqa: S704 the renderer escapes


def _lower(token: Token) -> None:
    if token.type in ("heading_open", "heading_close"):
        token.tag = f"h{int(token.tag[1:]) + 2}"
