"""A finding as one log event: a name and flat fields, the same for structlog and for logging."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from respstart.reporters.escape import clean_all

if TYPE_CHECKING:
    from respstart.model import Finding, Frame, Writer

EVENT = "respstart.late_mutation"
LOGGER = "respstart"


def fields(finding: Finding) -> dict[str, Any]:
    """JSON-ready values that are safe to show. No key is one that logging refuses in `extra`, such as `name` and `message`."""
    data = finding.to_dict()
    shown: dict[str, Any] = clean_all({
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
    })
    return shown


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
