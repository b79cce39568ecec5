"""Findings on standard error, as plain text or as JSON."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from respstart.looking import beside_the_loop
from respstart.reporters import jsontext, plain, structlog_
from respstart.reporters.stderr import Stderr

if TYPE_CHECKING:
    from respstart.model import Evidence, Finding


class Console:
    """Writes each finding to stderr in one piece. `output`: json, plain or pretty; auto is plain, but silent beside structlog."""

    def __init__(self, output: str = "plain") -> None:
        self._output = output
        self._stderr = Stderr()

    def report(self, finding: Finding, evidence: Evidence) -> None:  # noqa: ARG002 the signature of a reporter
        """Write the finding."""
        if self._output == "json":
            self._stderr.write(jsontext.line(finding))
        elif self._output != "auto" or not structlog_.is_configured():
            self._stderr.write(plain.render(finding, current_folder(), colour=wants_colour(sys.stderr, os.environ)))

    def close(self) -> None:
        """Nothing is held."""


def wants_colour(stream: Any, environ: Mapping[str, str]) -> bool:
    """Whether to colour: NO_COLOR says no, else FORCE_COLOR (not "0") says yes, else a terminal that is not dumb does."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR", "") not in ("", "0"):
        return True
    try:
        return bool(stream.isatty()) and environ.get("TERM") != "dumb"
    except Exception:  # None, closed, or an object that only writes
        return False


def current_folder() -> str | None:
    """The current folder, which paths are shown relative to; None when it was removed."""
    try:
        with beside_the_loop():
            return os.getcwd()
    except OSError:
        return None
