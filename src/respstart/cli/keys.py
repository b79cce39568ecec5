"""Single keys, read from the terminal without waiting for Enter."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import time
from collections.abc import Callable, Iterator

# What terminals send (ECMA-48, and xterm's application mode), and what those type whose fingers stay at home.
_NAMES = {b"\x1b[A": "up", b"\x1bOA": "up", b"k": "up", b"\x1b[B": "down", b"\x1bOB": "down", b"j": "down", b"q": "q", b"": "q"}
_WINDOWS_NAMES = {"q": "q", "k": "up", "j": "down", "\xe0H": "up", "\xe0P": "down", "\x03": "q"}

Wait = Callable[[float], str | None]
"""Waits at most that many seconds for a key: "q" (also the end of the input), "up", "down", or None for none of these."""


@contextlib.contextmanager
def keys() -> Iterator[Wait]:
    """Keys as they are pressed, while the block lasts. Where nobody can press any, only the time passes."""
    if sys.stdin is None or not sys.stdin.isatty():
        yield _pass_time
    elif sys.platform == "win32":
        yield _windows_key
    else:
        import termios
        import tty

        descriptor = sys.stdin.fileno()
        before = termios.tcgetattr(descriptor)
        tty.setcbreak(descriptor)  # Ctrl-C still interrupts
        try:
            yield lambda seconds: _key(descriptor, seconds)
        finally:
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _pass_time(seconds: float) -> None:
    time.sleep(seconds)


def _key(descriptor: int, seconds: float) -> str | None:
    readable, _, _ = select.select([descriptor], [], [], seconds)
    return _NAMES.get(os.read(descriptor, 32)) if readable else None


def _windows_key(seconds: float) -> str | None:
    import msvcrt

    end = time.monotonic() + seconds
    while not msvcrt.kbhit():  # type: ignore[attr-defined,unused-ignore]
        if time.monotonic() > end:
            return None
        time.sleep(0.02)
    pressed = msvcrt.getwch()  # type: ignore[attr-defined,unused-ignore]
    if pressed in "\x00\xe0":  # a key of two parts
        pressed = "\xe0" + msvcrt.getwch()  # type: ignore[attr-defined,unused-ignore]
    return _WINDOWS_NAMES.get(pressed)
