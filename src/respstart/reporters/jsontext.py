"""A finding as one line of JSON that any reader accepts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from respstart.model import Finding

_LIMIT = 10_000


def line(finding: Finding) -> str:
    """The finding as one line of JSON in ASCII, with the newline; strings of more than 10,000 characters are cut."""
    return json.dumps(readable(finding.to_dict())) + "\n"


def readable(value: Any) -> Any:
    """Without lone surrogates, which JSON can spell but strict readers refuse; they are shown as text. Long strings are cut."""
    if isinstance(value, str):
        cut = value if len(value) <= _LIMIT else f"{value[: _LIMIT - 1]}…"
        return cut.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {key: readable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [readable(item) for item in value]
    return value
