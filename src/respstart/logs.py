"""The first writer on the victim's own log line, for structlog and for logging.

A line is about a late mutation when the exception that it logs took part in a finding. No other line is touched.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

from respstart.reporters.escape import clean
from respstart.reporters.notes import noted_finding

_KEY = "first_writer"


def add_first_writer(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor for structlog: adds `first_writer` ("file:line function") to an event whose `exc_info` took part in a finding.

    It has to stand before the processor that renders `exc_info`.
    """
    writer = _first_writer(event.get("exc_info"))
    if writer:
        event.setdefault(_KEY, writer)
    return event


class FirstWriterFilter(logging.Filter):
    """A filter for handlers of logging: gives every record `first_writer` ("file:line function"), mostly an empty text.

    It drops no record. Every record has the attribute, so that a format may name it.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Set the attribute; always true."""
        if not getattr(record, _KEY, ""):
            setattr(record, _KEY, _first_writer(record.exc_info))
        return True


def _first_writer(exc_info: Any) -> str:
    """From an exception, a triple with one, or true for the one that is being handled: as in logging and in structlog."""
    error = exc_info[1] if isinstance(exc_info, tuple) and len(exc_info) == 3 else sys.exception() if exc_info is True else exc_info
    finding = noted_finding(error) if isinstance(error, BaseException) else None
    if finding is None or finding.first_writer.file is None:
        return ""
    writer = finding.first_writer
    return clean(f"{writer.file}:{writer.line} {writer.function}")
