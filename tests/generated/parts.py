"""Pieces of source with marker comments, and the fate of a request: who is the author of its head, and what has to be found."""

from __future__ import annotations

import re
import sys
import textwrap
from dataclasses import dataclass
from string import Template

# Before Python 3.12 the line on which a value was returned is known only where there is one return.
KNOWS_RETURNS = sys.version_info >= (3, 12)

NOBODY = ""
HOLDER = "holder"  # stands for the line of whoever sends a start on that was held back
Markers = tuple[str, ...]


def fill(template: str, **values: str) -> str:
    """A template with its `$names` replaced. A name that has a line of its own stands for several lines, or for none."""
    lines = []
    for line in textwrap.dedent(template).strip("\n").splitlines():
        alone = re.fullmatch(r"( *)\$(\w+)", line)
        if alone is None:
            lines.append(Template(line).substitute(values).rstrip())
        elif values[alone[2]]:
            lines.append(textwrap.indent(values[alone[2]], alone[1]))
    return "\n".join(lines)


@dataclass(frozen=True)
class Finding:
    """What has to be found: one of the rules, with a late writer at one of the markers."""

    rules: tuple[str, ...]
    late: Markers
    kind: str


@dataclass(frozen=True)
class Fate:
    """What becomes of one request, as seen from outside of the part that was last asked; every layer may change it.

    `first` are the markers of lines that may be named as the author of the head (NOBODY: none may be; empty: nothing starts).
    `kept` are those that count when a layer holds the start back: its own line, unless the start is known as a response object's.
    `raises` tells where an exception leaves: in the call, in the stream, in close, or nowhere. `live`: the head that travels is the
    response object's own list. `cause`: the line of an exception that a framework is still to answer. `raised`: the framework has answered an exception of the endpoint. Not `certain`: it depends on who is faster, and nothing is compared.
    `elsewhere`: the application runs in another task or thread than its caller, so that two starts may be told as a race.
    """

    first: Markers
    kept: Markers = (HOLDER,)
    findings: tuple[Finding, ...] = ()
    raises: str = ""
    live: bool = False
    certain: bool = True
    raised: bool = False
    cause: str = ""
    elsewhere: bool = False
