"""Text from outside (paths, header names, messages) made safe to show in a terminal or a log."""

from __future__ import annotations

import re
from typing import Any

TEXT_LIMIT = 500

# C0, DEL and C1 (ANSI sequences begin in there), bidi controls, line and paragraph separators, BOM, surrogates.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def clean(text: str, limit: int = TEXT_LIMIT) -> str:
    r"""The text on one line of at most `limit` characters; what could steer a terminal or forge a line is \xNN or \uNNNN."""
    shown = _UNSAFE.sub(_visible, text[: limit + 1])
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


def clean_all(value: Any, limit: int = TEXT_LIMIT) -> Any:
    """Dicts, lists and tuples with every string in them cleaned; anything else as it is."""
    if isinstance(value, str):
        return clean(value, limit)
    if isinstance(value, dict):
        return {key: clean_all(item, limit) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean_all(item, limit) for item in value]
    return value


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
