"""What the stream that findings are written to can show."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WIDE = 100  # columns from which on there is room for the picture
_NO_TERMINAL = 120
_SYMBOLS = "│─━┃┄◀▶◆●✗❱╭╮╰╯…"
_WINDOWS = os.name == "nt"
_PLAIN_TERMINALS = ("dumb", "linux")  # they would show the escape sequences of links as text


@dataclass(frozen=True, slots=True)
class Terminal:
    """`width` in columns; whether it is a terminal at all, and whether to use colour, links (OSC 8) and symbols beyond ASCII."""

    width: int
    is_terminal: bool
    colour: bool
    links: bool
    symbols: bool


def examined(stream: Any, environ: Mapping[str, str]) -> Terminal:
    """What `stream` can show. Never raises: the stream may be None, closed, or an object that only writes."""
    is_terminal = _is_terminal(stream)
    modern = environ.get("TERM") not in _PLAIN_TERMINALS and not _is_old_windows(environ)
    return Terminal(
        width=_width(stream, environ) if is_terminal else _columns(environ) or _NO_TERMINAL,
        is_terminal=is_terminal,
        colour=wants_colour(stream, environ),
        links=is_terminal and modern,
        symbols=_can_encode(stream) and not (is_terminal and _is_old_windows(environ)),
    )


def wants_colour(stream: Any, environ: Mapping[str, str]) -> bool:
    """Whether to colour: NO_COLOR says no, else FORCE_COLOR (not "0") says yes, else a terminal that is not dumb does."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR", "") not in ("", "0"):
        return True
    return _is_terminal(stream) and environ.get("TERM") != "dumb"


def _is_terminal(stream: Any) -> bool:
    try:
        return bool(stream.isatty())
    except Exception:  # None, closed, or an object that only writes
        return False


def _width(stream: Any, environ: Mapping[str, str]) -> int:
    """As `shutil.get_terminal_size`, which asks stdout; 80 where nobody knows."""
    try:
        return _columns(environ) or os.get_terminal_size(stream.fileno()).columns or 80
    except Exception:
        return 80


def _columns(environ: Mapping[str, str]) -> int:
    text = environ.get("COLUMNS", "")
    return int(text) if text.isascii() and text.isdecimal() else 0


def _can_encode(stream: Any) -> bool:
    try:
        _SYMBOLS.encode(getattr(stream, "encoding", None) or "utf-8")
    except Exception:  # an unknown encoding, or one without these characters
        return False
    return True


def _is_old_windows(environ: Mapping[str, str]) -> bool:
    """The console of Windows before Windows Terminal: its fonts have few symbols, and links are shown as text."""
    return _WINDOWS and not environ.get("WT_SESSION")
