"""Findings for OpenTelemetry, by its API alone and only where the application itself uses it.

A span that has ended must not be called any more: the SDK drops the call and warns. So a finding goes to the span of the request
while that records, and afterwards to a new span under it and, where there is a logger provider, to the log. What is not sampled
has no reader: such a finding goes to the log alone. Queues, batches and retries are the SDK's.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from respstart.reporters.escape import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from respstart.model import Defect, Evidence, Finding, Frame, Writer

EVENT = "respstart.late_mutation"
_SCOPE = "respstart"
_PATH_LIMIT = 1000


class OpenTelemetry:
    """Tells findings to the signals of `signal`: auto, span, log or both."""

    def __init__(self, signal: str) -> None:
        self._signal = signal

    def report(self, finding: Finding, evidence: Evidence) -> None:
        """Tell one finding; nothing happens where the application has not imported OpenTelemetry."""
        if "opentelemetry.trace" in sys.modules:
            self._tell(finding, evidence.span)

    def close(self) -> None:
        """Nothing is held."""

    def _tell(self, finding: Finding, span: Any) -> None:
        attributes = _attributes(finding)
        on_request = self._signal != "log" and _add_event(span, attributes)
        if self._signal != "log" and not on_request:
            _follow_up(span, attributes)
        if self._signal in ("log", "both") or (self._signal == "auto" and not on_request):
            _log(finding, span, attributes)


class Counter:
    """Counts every finding in the metric `respstart.findings`, by rule and outcome."""

    def __init__(self) -> None:
        self._counter: Any = None

    def report(self, finding: Finding, evidence: Evidence) -> None:  # noqa: ARG002 the signature of a reporter
        """Count one finding; nothing happens where the application has not imported OpenTelemetry."""
        self._count(finding)

    def repeat(self, defect: Defect, evidence: Evidence) -> bool:  # noqa: ARG002 the signature of a reporter
        """Count one more."""
        self._count(defect)
        return True

    def close(self) -> None:
        """Nothing is held."""

    def _count(self, counted: Finding | Defect) -> None:
        if "opentelemetry.metrics" not in sys.modules:
            return
        from opentelemetry import metrics

        if self._counter is None:
            meter = metrics.get_meter(_SCOPE)
            self._counter = meter.create_counter("respstart.findings", "{finding}", "Late mutations of started responses")
        self._counter.add(1, {"respstart.rule": counted.rule, "respstart.outcome": str(counted.outcome)})


def _add_event(span: Any, attributes: dict[str, Any]) -> bool:
    """Whether the event was put on a span that will be exported."""
    if span is None or not span.is_recording():
        return False
    span.add_event(EVENT, attributes)
    return _is_sampled(span)


def _follow_up(span: Any, attributes: dict[str, Any]) -> None:
    """A span of its own under the ended one, with a link to it."""
    from opentelemetry import trace

    if not _is_valid(span) or not _is_sampled(span):
        return
    link = trace.Link(span.get_span_context(), {"respstart.link": "response_start"})
    tracer = trace.get_tracer(_SCOPE)
    tracer.start_span(EVENT, _context_of(span), trace.SpanKind.INTERNAL, attributes, [link]).end()


def _log(finding: Finding, span: Any, attributes: dict[str, Any]) -> None:
    if "opentelemetry._logs" not in sys.modules:  # then the application has set no logger provider either
        return
    from opentelemetry import _logs

    provider = _logs.get_logger_provider()
    if type(provider).__name__ in ("ProxyLoggerProvider", "NoOpLoggerProvider"):
        return
    severity, text = {
        "error": (_logs.SeverityNumber.ERROR, "ERROR"),
        "warning": (_logs.SeverityNumber.WARN, "WARN"),
        "info": (_logs.SeverityNumber.INFO, "INFO"),
    }[finding.level]
    with suppress(TypeError):  # an API from before `emit` took keywords: it has no event names, so no log of ours
        provider.get_logger(_SCOPE).emit(
            context=_context_of(span),
            severity_number=severity,
            severity_text=text,
            body=clean(finding.message),
            attributes=attributes,
            event_name=EVENT,
        )


def _is_valid(span: Any) -> bool:
    return span is not None and bool(span.get_span_context().is_valid)


def _is_sampled(span: Any) -> bool:
    return bool(span.get_span_context().trace_flags.sampled)


def _context_of(span: Any) -> Any:
    """The context of the request's span and nothing else: what is current now may belong to another request."""
    from opentelemetry import trace
    from opentelemetry.context import Context

    return trace.set_span_in_context(span if _is_valid(span) else trace.INVALID_SPAN, Context())


# ---------------------------------------------------------------------- attributes
def _attributes(finding: Finding) -> dict[str, Any]:
    """Flat, without None. The bulky ones first: when there are too many, SDKs drop the oldest."""
    stacks = {
        "respstart.first_writer.code.stacktrace": _stacktrace(finding.stacks.start or finding.stacks.built),
        "code.stacktrace": _stacktrace(finding.stacks.late),
    }
    values = {key: clean(value, _PATH_LIMIT) if isinstance(value, str) else value for key, value in _values(finding)}
    return {key: value for key, value in (stacks | values).items() if value not in (None, "")}


def _values(finding: Finding) -> Iterator[tuple[str, Any]]:
    yield from _place("respstart.first_writer.", finding.first_writer)
    yield from _place("", finding.late_writer)
    if finding.exception:
        yield "exception.type", finding.exception.type
        yield "exception.message", finding.exception.message
    yield "http.response.status_code", finding.response.status
    yield "respstart.elapsed_ms", finding.elapsed_ms
    yield "respstart.seen", finding.seen
    yield "respstart.fingerprint", finding.fingerprint
    yield "respstart.basis", str(finding.first_writer.basis)
    yield "respstart.subject", finding.subject
    yield "respstart.operation", finding.operation
    yield "respstart.outcome", str(finding.outcome)
    yield "respstart.name", finding.name
    yield "respstart.rule", finding.rule


def _place(prefix: str, writer: Writer | None) -> Iterator[tuple[str, Any]]:
    if writer is not None and writer.file is not None:
        yield f"{prefix}code.file.path", writer.file
        yield f"{prefix}code.line.number", writer.line
        yield f"{prefix}code.function.name", writer.function


def _stacktrace(stack: tuple[Frame, ...]) -> str:
    """In the form of `traceback.format_stack`, most recent call last."""
    return "".join(
        f'  File "{clean(frame.filename, _PATH_LIMIT)}", line {frame.lineno}, in {clean(frame.name)}\n    {clean(frame.line)}\n'
        for frame in stack
    )
