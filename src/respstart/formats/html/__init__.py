"""One page for the browser: self-contained, readable without its script, and deaf to what is in it.

Nothing is loaded from anywhere. The content security policy allows the one style and the scripts of the page, by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from respstart import __version__
from respstart.formats.groups import Group, group, where
from respstart.formats.html import pages
from respstart.formats.html.drawing import Drawing, drawing
from respstart.model import Finding, Place, Rule, Writer
from respstart.reporters import plain, source
from respstart.reporters.picture import FINAL
from respstart.rules import RULES

DETAILED = 200  # defects that are told in full; a page of many megabytes helps nobody


@dataclass(frozen=True, slots=True)
class _Card:
    """One of the two writers, with the lines around theirs."""

    kind: str
    title: str
    writer: Writer
    lines: tuple[source.Line, ...]
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Defect:
    """What the page tells of one fingerprint."""

    group: Group
    picture: Drawing | None
    cards: tuple[_Card, ...]
    places: tuple[tuple[str, Place], ...]


def render(findings: Sequence[Mapping[str, Any]]) -> str:
    """A page of HTML. It needs the extra `html`."""
    return page(group(findings))


def page(groups: Sequence[Group], version: str | None = None) -> str:
    """The page of these groups. With a `version` it asks its own server for a later one, every second."""
    style, scripts = _asset("page.css"), [_asset("page.js"), *([_asset("live.js")] if version else [])]
    context = {
        "respstart": __version__,
        "version": version,
        "style": Markup(style),  # noqa: S704 it is a file of this package
        "scripts": [Markup(script) for script in scripts],  # noqa: S704 the same
        "policy": _policy(style, scripts, connects=bool(version)),
        "total": sum(each.count for each in groups),
        "groups": groups,
        "defects": [_defect(each) for each in groups[:DETAILED]],
        "left_out": len(groups) - DETAILED,
        "by_rule": Counter(each.title for each in groups),
        "outcomes": sorted({each.first.outcome for each in groups}),
        "rules": {rule.code: (rule, pages.html(rule)) for rule in _rules(groups)},
    }
    return _environment().get_template("page.html").render(context)


def _rules(groups: Sequence[Group]) -> list[Rule]:
    codes = sorted({each.first.rule for each in groups})
    return [RULES[code] for code in codes if code in RULES]


def _defect(group: Group) -> _Defect:
    finding = group.first
    return _Defect(group, drawing(finding), tuple(_cards(finding)), tuple(plain.other_places(finding)))


def _cards(finding: Finding) -> Iterator[_Card]:
    first, late = finding.first_writer, finding.late_writer
    yield _Card("start", "Started by", first, source.lines(first))
    if late is None:
        why = finding.late_window or "no probe saw the change"
        late = Writer(None, None, None, None, "unknown", why)
    yield _Card("late", "Changed by", late, source.lines(late), tuple(plain.elsewhere(finding)))


# ---------------------------------------------------------------------- the page
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_asset), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals |= {
        "where": where, "stacks": plain.stacks, "runs": plain.runs, "folded": plain.folded, "final": FINAL,
        "completeness": plain.completeness,
    }  # fmt: skip
    return environment


def _asset(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _policy(style: str, scripts: Sequence[str], *, connects: bool) -> str:
    """Content Security Policy, level 3: nothing but this style and these scripts (section 2.3.1, hash sources)."""
    hashes = " ".join(f"'{_hash(script)}'" for script in scripts)
    allowed = f"style-src '{_hash(style)}'; script-src {hashes}; img-src data:" + ("; connect-src 'self'" if connects else "")
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
