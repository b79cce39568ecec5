"""`respstart explain [RULE]`: the page of a rule, or the list of all."""

from __future__ import annotations

import argparse
import dataclasses
import difflib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from respstart.errors import UsageError
from respstart.model import Rule
from respstart.rules import RULES, find, page


def add(commands: Any) -> None:
    """Add the command to the subparsers of `respstart`."""
    parser = commands.add_parser("explain", help="explain a rule, or list them all", allow_abbrev=False)
    parser.add_argument("rule", nargs="?", metavar="RULE", help="a code or a slug: RS103 or late-cookie")
    parser.add_argument("--format", choices=("text", "json", "md"), default="text", help="default: text")
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Print the page, or the list.

    Raises:
        UsageError: there is no such rule; the sentence names the nearest.
    """
    if arguments.rule is None:
        print(_list(arguments.format))
    else:
        print(_page(_find(arguments.rule), arguments.format))
    return 0


def _find(name: str) -> Rule:
    rule = find(name)
    if rule is None:
        known = [text for rule in RULES.values() for text in (rule.code, rule.slug)]
        near = difflib.get_close_matches(name.upper(), known) + difflib.get_close_matches(name.lower(), known)
        hint = f"did you mean {', '.join(near)}?" if near else "`respstart explain` lists them all"
        raise UsageError(f"there is no rule {name!r}: {hint}")
    return rule


def _list(form: str) -> str:
    rules = RULES.values()
    if form == "json":
        return json.dumps([dataclasses.asdict(rule) for rule in rules], indent=2)
    if form == "md":
        return "\n".join(["| code | slug | what happened |", "|---|---|---|", *(_row(rule) for rule in rules)])
    return "\n".join(f"{rule.code}  {rule.slug:<21} {rule.summary}" for rule in rules)


def _row(rule: Rule) -> str:
    return f"| {rule.code} | {rule.slug} | {rule.summary} |"


def _page(rule: Rule, form: str) -> str:
    text = page(rule).rstrip()
    if form == "json":
        return json.dumps({**dataclasses.asdict(rule), "page": text}, indent=2)
    return text if form == "md" else "\n".join(_plain(text.splitlines()))


def _plain(lines: Iterable[str]) -> Iterator[str]:
    """Markdown for a terminal: headings underlined, code indented, no fences."""
    code = False
    for line in lines:
        if line.startswith("```"):
            code = not code
        elif code:
            yield f"    {line}".rstrip()
        elif line.startswith("#"):
            level, _, title = line.partition(" ")
            yield from (title, ("=" if level == "#" else "-") * len(title))
        else:
            yield line
