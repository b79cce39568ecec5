"""Places in a text made clickable: file:// links in the form that terminals know (OSC 8).

Not the links of rich: each takes a number from `random`, whose sequence belongs to the application.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from respstart.model import Finding, Frame, Place, Writer
from respstart.reporters.plain import localised


def linked(text: str, finding: Finding, root: str | None) -> str:
    """The text, in which each `path:line` of the finding leads to its file; the summary, its last line, is left for `grep`."""
    addresses = {f"{localised(place, root).file}:{place.line}": address for place in _places(finding) if (address := _address(place.file))}
    if not addresses:
        return text
    report, last_line, summary = text.rpartition("\nSUMMARY: ")
    # Not in the middle of a longer path or of a longer number.
    pattern = rf"(?<![\w./\\-])(?:{'|'.join(map(re.escape, addresses))})(?!\d)"
    return re.sub(pattern, lambda found: f"\x1b]8;;{addresses[found[0]]}\x1b\\{found[0]}\x1b]8;;\x1b\\", report) + last_line + summary


def _places(value: Any) -> Iterator[Place]:
    """Every place in a finding."""
    if isinstance(value, Frame):
        yield Place(value.filename, value.lineno, value.name)
    elif isinstance(value, Place):
        yield value
    elif isinstance(value, Writer):
        if value.file and value.line:
            yield Place(value.file, value.line, "")
    elif isinstance(value, tuple | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _places(item)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from _places(getattr(value, field.name))


def _address(file: str) -> str | None:
    try:
        return Path(file).as_uri()
    except ValueError:  # no absolute path, such as <string>
        return None
