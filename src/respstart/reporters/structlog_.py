"""Findings as events of the user's own structlog configuration; never one of ours."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from respstart.reporters.escape import clean_all

if TYPE_CHECKING:
    from respstart.model import Evidence, Finding, Frame, Writer

EVENT = "respstart.late_mutation"


def is_configured() -> bool:
    """Whether the application has configured structlog; asked without importing it."""
    ask = getattr(sys.modules.get("structlog"), "is_configured", None)
    return ask is not None and bool(ask())


class Structlog:
    """Logs each finding with the logger `respstart`, if structlog is configured (else it would print to stdout)."""

    def report(self, finding: Finding, evidence: Evidence) -> None:  # noqa: ARG002 the signature of a reporter
        """Log the finding at its own level."""
        if not is_configured():
            return
        getattr(_logger(), finding.level)(EVENT, **clean_all(_fields(finding)))

    def close(self) -> None:
        """Nothing is held."""


def _logger() -> Any:
    import structlog

    asynchronous = structlog.get_config()["wrapper_class"] is structlog.stdlib.AsyncBoundLogger
    # An asynchronous logger needs a running loop and gives coroutines that nobody would await here.
    wrapper = structlog.stdlib.BoundLogger if asynchronous else None
    return structlog.wrap_logger(None, wrapper_class=wrapper, logger_factory_args=("respstart",))


def _fields(finding: Finding) -> dict[str, Any]:
    # Not `name` and not `message`: logging refuses them in `extra`, where structlog may put our keys.
    data = finding.to_dict()
    return {
        "rule": finding.rule,
        "rule_name": finding.name,
        "outcome": finding.outcome,
        "operation": finding.operation,
        "subject": finding.subject,
        "summary": finding.summary,
        "elapsed_ms": finding.elapsed_ms,
        "fingerprint": finding.fingerprint,
        "seen": finding.seen,
        "request": data["request"],
        "status": finding.response.status,
        "started_by": _writer(finding.first_writer, finding.stacks.start or finding.stacks.built),
        "changed_by": _writer(finding.late_writer, finding.stacks.late) if finding.late_writer else None,
        "fix": finding.fix,
        "trace_id": finding.trace_id,
        "span_id": finding.span_id,
        "schema": finding.schema,
    }


def _writer(writer: Writer, stack: tuple[Frame, ...]) -> dict[str, Any]:
    return {
        "file": writer.file,
        "line": writer.line,
        "function": writer.function,
        "basis": str(writer.basis),
        "stack": [
            {"filename": frame.filename, "lineno": frame.lineno, "name": frame.name, "line": frame.line, "in_app": frame.in_app}
            for frame in stack
        ],
    }
