"""Findings as records of logging's logger `respstart`, for the handlers that the application has."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from respstart.reporters.escape import clean
from respstart.reporters.event import EVENT, LOGGER, fields

if TYPE_CHECKING:
    from respstart.model import Evidence, Finding

_LEVELS = {"error": logging.ERROR, "warning": logging.WARNING, "info": logging.INFO}
_MESSAGE_LIMIT = 1000


class Logging:
    """Logs each finding at its own level: one line for people, the fields as `extra`, and as its place the late writer."""

    def report(self, finding: Finding, evidence: Evidence) -> None:  # noqa: ARG002 the signature of a reporter
        """Log the finding, unless the logger is set to a higher level."""
        logger, level = logging.getLogger(LOGGER), _LEVELS[finding.level]
        if logger.isEnabledFor(level):
            logger.handle(_record(logger, level, finding))

    def close(self) -> None:
        """Nothing is held."""


def _record(logger: logging.Logger, level: int, finding: Finding) -> logging.LogRecord:
    """A record whose place is not ours: `pathname`, `lineno` and `funcName` name the late writer, or nobody in logging's own words."""
    file, line, function = "(unknown file)", 0, "(unknown function)"
    writer = finding.late_writer
    if writer is not None and writer.file is not None and writer.line is not None:
        file, line, function = clean(writer.file), writer.line, clean(writer.function or function)
    record = logger.makeRecord(LOGGER, level, file, line, _message(finding), (), None, function)
    for key, value in {"event_name": EVENT, **fields(finding)}.items():
        record.__dict__.setdefault(key, value)  # what the application's own factory of records has set stays
    return record


def _message(finding: Finding) -> str:
    writer = finding.late_writer
    changed = f"; changed by {writer.file}:{writer.line} ({writer.function})" if writer is not None and writer.file is not None else ""
    return clean(f"{finding.rule} {finding.name}: {finding.message}{changed}", _MESSAGE_LIMIT)
