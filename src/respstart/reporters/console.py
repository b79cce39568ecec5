"""Findings on standard error: as a picture, as plain text or as JSON."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from respstart.looking import beside_the_loop
from respstart.reporters import jsontext, plain, structlog_
from respstart.reporters.links import linked
from respstart.reporters.stderr import Stderr
from respstart.reporters.terminal import WIDE, Terminal, examined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from respstart.model import Evidence, Finding

_NO_RICH = "respstart: output=pretty needs rich: python -m pip install 'respstart[pretty]'\n"


class Console:
    """Writes each finding to stderr in one piece.

    `output` is json, plain, pretty (the picture, where there is room) or auto: the picture on a wide terminal, else plain, and
    silent beside structlog.
    """

    def __init__(self, output: str = "plain") -> None:
        self._output = output
        self._stderr = Stderr()
        self._draws = True  # until drawing has failed

    def report(self, finding: Finding, evidence: Evidence) -> None:  # noqa: ARG002 the signature of a reporter
        """Write the finding."""
        if self._output == "json":
            self._stderr.write(jsontext.line(finding))
        elif self._output != "auto" or not structlog_.is_configured():
            self._stderr.write(self._text(finding))

    def close(self) -> None:
        """Nothing is held."""

    def _text(self, finding: Finding) -> str:
        root, terminal = current_folder(), examined(sys.stderr, os.environ)
        text = self._picture(finding, root, terminal) if self._draws and wants_picture(self._output, terminal, os.environ) else ""
        text = text or plain.render(finding, root, colour=terminal.colour)
        return linked(text, finding, root) if terminal.links else text

    def _picture(self, finding: Finding, root: str | None, terminal: Terminal) -> str:
        """The picture; empty, now and from now on, when it cannot be drawn."""
        try:
            with beside_the_loop():
                from respstart.reporters import pretty
            return pretty.render(finding, root, terminal)
        except Exception as error:
            self._draws = False
            if isinstance(error, ImportError) and self._output == "pretty":
                self._stderr.write(_NO_RICH)
            return ""


def wants_picture(output: str, terminal: Terminal, environ: Mapping[str, str]) -> bool:
    """Whether there is room for the picture, and somebody to look at it: a log, a file or a CI server gets the list only."""
    if output == "auto":
        return terminal.is_terminal and terminal.width >= WIDE and not environ.get("CI") and environ.get("TERM") != "dumb"
    return output == "pretty" and terminal.width >= WIDE


def current_folder() -> str | None:
    """The current folder, which paths are shown relative to; None when it was removed."""
    try:
        with beside_the_loop():
            return os.getcwd()
    except OSError:
        return None
