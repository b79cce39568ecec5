"""The lines around a writer's, where its file is still what it was."""

from __future__ import annotations

import textwrap
import tokenize
from dataclasses import dataclass
from pathlib import Path

from respstart.looking import beside_the_loop
from respstart.model import Writer
from respstart.reporters.escape import clean

_WIDTH = 200
_LARGEST = 2_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Line:
    """One line of code; `hit` is the writer's own."""

    number: int | None
    text: str
    hit: bool


def lines(writer: Writer, around: int = 3) -> tuple[Line, ...]:
    """The writer's line with that many lines before and after it.

    The file is read only if it is Python code and its line is still the one that the finding tells; the report may be made
    on another machine, or after an edit. Otherwise it is the line of the finding alone; empty when that is not known either.
    """
    if not writer.source or writer.file is None or writer.line is None:
        return ()
    with beside_the_loop():
        text = _text(writer.file)
    if not 0 < writer.line <= len(text) or text[writer.line - 1].strip() != writer.source.strip():
        return (Line(writer.line, clean(writer.source.strip(), _WIDTH), hit=True),)
    first, last = max(writer.line - around, 1), min(writer.line + around, len(text))
    while not text[first - 1]:
        first += 1
    while not text[last - 1]:
        last -= 1
    excerpt = textwrap.dedent("\n".join(text[first - 1 : last])).split("\n")
    return tuple(Line(number, clean(line, _WIDTH), number == writer.line) for number, line in enumerate(excerpt, first))


def _text(file: str) -> tuple[str, ...]:
    path = Path(file)
    try:
        if path.suffix != ".py" or not path.is_file() or path.stat().st_size > _LARGEST:
            return ()
        with tokenize.open(path) as stream:
            return tuple(line.expandtabs(4).rstrip() for line in stream.read().split("\n"))
    except (OSError, SyntaxError, ValueError):
        return ()
