"""Standard error, written in one piece, and left alone for ever once it is broken."""

from __future__ import annotations

import sys


class Stderr:
    """The `sys.stderr` of the moment. A stream that failed is never tried again; one that replaces it is."""

    def __init__(self) -> None:
        self._broken: object = None

    def write(self, text: str) -> None:
        """Write the text at once. Never raises: what cannot be written is dropped."""
        stream = sys.stderr
        if stream is None or stream is self._broken:
            return
        try:
            encoding = getattr(stream, "encoding", None) or "utf-8"
            stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
            stream.flush()
        except RuntimeError:  # a write inside a write, from a signal handler or a finaliser: only this text is lost
            return
        except Exception:
            self._broken = stream
