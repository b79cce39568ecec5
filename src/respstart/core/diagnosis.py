"""From a late mutation and its record to a finding: the rule, the two writers, the sentence, the fingerprint."""

from __future__ import annotations

import dataclasses
import weakref
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

from respstart.core import stack
from respstart.core.attribution import Attribution, fingerprint_parts, functions_of, is_application
from respstart.core.record import Clues, LateMutation, RequestFacts, ResponseRecord, thread_name
from respstart.core.stack import Line, Snapshot
from respstart.model import (
    Basis,
    ExceptionInfo,
    Finding,
    Frame,
    Outcome,
    Place,
    RequestInfo,
    ResponseInfo,
    Rule,
    Stacks,
    TrailEntry,
    Whereabouts,
    Writer,
)
from respstart.rules import RULES

_BY_OPERATION = {
    "set_header": "RS101",
    "set_status": "RS102",
    "set_cookie": "RS103",
    "set_session": "RS104",
    "set_callback": "RS105",
    "start": "RS201",
    "body": "RS301",
    "length": "RS302",
    "never_started": "RS303",
    "telemetry": "RS501",
}

# The endpoint made a response of its own, rather than returning a value that the framework turns into one.
_OWN_ANSWER = (Basis.EXPLICIT, Basis.BUILT)

_WHAT = {
    "set_header": "header {subject} was changed",
    "set_status": "the status was changed",
    "set_cookie": "cookie {subject} was changed",
    "set_session": "session key {subject} was changed",
    "set_callback": "a callback for the response was registered",
    "start": "a second response was started",
    "body": "body bytes were sent",
    "length": "the body did not have the promised length",
    "never_started": "body bytes came",
    "error": "{exception} was raised",
    "telemetry": "the {subject} told another status",
}

_DEED = {"error": "it raised the exception", "body": "it sent the bytes", "RS106": "it changed an object that was not sent"}

_EFFECT = {
    Outcome.LOST: "the client never got it",
    Outcome.RAISED: "the server refused it",
    Outcome.DROPPED: "the answer to it was thrown away",
    Outcome.CORRUPTED: "the client got the bytes of two responses",
    Outcome.TRUNCATED: "the client has a cut answer",
}


def rule_of(mutation: LateMutation) -> Rule:
    """The most specific rule that tells a late mutation."""
    if mutation.hint:
        return RULES[mutation.hint]
    if mutation.operation != "error":
        return RULES[_BY_OPERATION[mutation.operation]]
    if mutation.wants is not None and 300 <= mutation.wants < 400:
        return RULES["RS403"]
    if mutation.in_background:
        return RULES["RS404"]
    return RULES["RS402" if mutation.handler or mutation.wants is not None else "RS401"]


def diagnose(mutation: LateMutation, attribution: Attribution, max_frames: int = 32) -> Finding | None:
    """The finding of a late mutation; None when nobody but the framework itself took part in it."""
    record = mutation.record
    start = record.start
    clues: Clues | None = start
    _see_second_call(mutation, clues, attribution)
    rule = rule_of(mutation)
    first, passed = attribution.start_writer(clues) if clues else (_nobody(), ())
    late = _late_writer(mutation, attribution)
    if late is None and mutation.operation.startswith("set_") and attribution.is_the_frameworks_own(mutation.lines):
        return None
    if rule.code == "RS106" and (first.basis not in _OWN_ANSWER or (clues is not None and clues.raised)):
        return None  # merged, or the answer to an error: the injected response was not shadowed by the endpoint
    first, late = _told_apart(first, late, clues, mutation, attribution)
    at_ms = round(record.elapsed(mutation.at), 3) if start else None
    request = _request(record)
    return Finding(
        rule=rule.code,
        name=rule.slug,
        level=rule.level,
        outcome=str(mutation.outcome),
        message=_message(mutation, rule, first, at_ms),
        operation="redirect" if rule.code == "RS403" else mutation.operation,
        subject=mutation.subject,
        request=request,
        response=_response(mutation),
        first_writer=first,
        late_writer=late,
        fix=rule.fix,
        fingerprint=_fingerprint(rule, mutation, first, late),
        elapsed_ms=at_ms,
        late_window=None if late else mutation.window,
        built_at=_place(attribution, clues.built) if clues else None,
        returned_at=_returned_place(clues),
        ended_at=_place(attribution, record.ended),
        endpoint=_endpoint_place(clues),
        raised_at=_place(attribution, clues.raised) if clues else None,
        started_in=Whereabouts(thread_name(start.thread), _task_name(start.task), _place(attribution, start.created)) if start else None,
        late_in=_late_in(mutation, _place(attribution, mutation.created)),
        trail=_trail(record),
        stacks=Stacks(
            start=_frames(attribution, stack.lines(clues.made), max_frames) if clues else (),
            built=_frames(attribution, stack.lines(clues.built), max_frames) if clues else (),
            late=_frames(attribution, mutation.lines or (stack.lines(mutation.clues.made) if mutation.clues else ()), max_frames),
        ),
        exception=describe(mutation.exception),
        passed_over=passed,
        timestamp=_timestamp(mutation.at),
    )


def _timestamp(at: float) -> str:
    """The date and time (RFC 3339, UTC) of a moment of `perf_counter`."""
    moment = datetime.now(UTC) - timedelta(seconds=perf_counter() - at)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _see_second_call(mutation: LateMutation, clues: Clues | None, attribution: Attribution) -> None:
    """Two starts by one application, called from two lines of one function: a middleware ran it twice."""
    if mutation.operation != "start" or mutation.hint or clues is None or mutation.clues is None:
        return
    before, after = attribution.callers(clues.made), attribution.callers(mutation.clues.made)
    for number, (one, other) in enumerate(zip(before, after, strict=False)):
        if (one.code, one.lineno) != (other.code, other.lineno):
            if number and one.code is other.code and is_application(before[number - 1].code):
                mutation.hint, mutation.lines, mutation.clues = "RS202", (other,), None
            return


def _nobody() -> Writer:
    return Writer(None, None, None, None, "unknown", "the response was never started")


def _late_writer(mutation: LateMutation, attribution: Attribution) -> Writer | None:
    if mutation.clues is not None:
        writer, _ = attribution.start_writer(mutation.clues)
        return writer if writer.file else attribution.bringer(mutation.lines)
    return attribution.late_writer(mutation.lines, _DEED.get(mutation.hint or mutation.operation, "it made the late change"))


def _told_apart(
    first: Writer, late: Writer | None, clues: Clues | None, mutation: LateMutation, attribution: Attribution
) -> tuple[Writer, Writer | None]:
    """Where both writers are one line (a shared helper), say beside each which caller makes the difference."""
    if late is None or clues is None or mutation.clues is None or (first.file, first.line) != (late.file, late.line):
        return first, late
    before = attribution.callers(clues.made or clues.built)
    after = attribution.callers(mutation.clues.made or mutation.clues.built)
    for one, other in zip(before, after, strict=False):
        if (one.code, one.lineno) != (other.code, other.lineno):
            return _via(first, one), _via(late, other)
    return first, late


def _via(writer: Writer, line: Line) -> Writer:
    return dataclasses.replace(writer, reason=f"{writer.reason}, called from {line.filename}:{line.lineno} {line.function}")


# ---------------------------------------------------------------------- the parts of a finding
def _message(mutation: LateMutation, rule: Rule, first: Writer, at_ms: float | None) -> str:
    raised = mutation.cause or mutation.exception
    what = _WHAT[mutation.operation].format(subject=mutation.subject, exception=type(raised).__name__ if raised else "an exception")
    if mutation.operation == "never_started":
        return f"{what} before any start: {mutation.detail or 'the server has no head to send'}"
    if rule.code == "RS106":
        what += " on a response object that was never sent"
        return f"{what}: the response that was started by {_where(first)} is another one"
    if rule.code == "RS302":
        return f"{what} ({mutation.detail}): the head was fixed by {_where(first)}"
    if rule.code == "RS501":
        return f"{what} ({mutation.detail}): the response was started by {_where(first)}"
    effect = mutation.detail or _EFFECT[mutation.outcome]
    if at_ms is not None and at_ms < 0:  # a middleware kept the head
        return f"{what} after the head had been made that was sent {-at_ms:.1f} ms later, by {_where(first)}: {effect}"
    when = f"{at_ms:.1f} ms after" if at_ms is not None else "after"
    return f"{what} {when} the response had been started by {_where(first)}: {effect}"


def _where(writer: Writer) -> str:
    return f"{writer.file}:{writer.line} ({writer.function})" if writer.file else "code that could not be named"


def _request(record: ResponseRecord) -> RequestInfo:
    facts = record.describe()
    request_id = facts.id or _generated_id(record)
    return RequestInfo(record.protocol, facts.method, facts.path, facts.route, request_id, record.server, record.framework)


_ids: weakref.WeakKeyDictionary[ResponseRecord, str] = weakref.WeakKeyDictionary()


def _generated_id(record: ResponseRecord) -> str:
    import uuid  # here, as hashlib below: not every process that switches respstart on has a finding

    return _ids.setdefault(record, uuid.uuid4().hex[:16])


def facts_of(method: str, path: str, identifier: Any, route: str | None) -> RequestFacts:
    """What a finding says of a request that is a framework's own object."""
    return RequestFacts(method, path, _safe_id(identifier), route)


def request_facts_of(environ: dict[str, Any]) -> RequestFacts:
    """What a finding says of a WSGI request. Source: PEP 3333, environ variables."""
    path = str(environ.get("SCRIPT_NAME") or "") + str(environ.get("PATH_INFO") or "")
    return RequestFacts(str(environ.get("REQUEST_METHOD", "")), _native(path), _safe_id(environ.get("HTTP_X_REQUEST_ID")))


def scope_facts_of(scope: dict[str, Any]) -> RequestFacts:
    """What a finding says of an ASGI request. Source: ASGI HTTP specification, connection scope."""
    found = None
    for name, value in scope.get("headers") or ():
        if bytes(name).lower() == b"x-request-id":
            found = bytes(value).decode("latin-1")
            break
    route = getattr(scope.get("route"), "path", None)
    method, path = str(scope.get("method", "")), str(scope.get("path", ""))
    return RequestFacts(method, path, _safe_id(found), route if isinstance(route, str) else None)


def _native(text: str) -> str:
    return text.encode("latin-1", "replace").decode("utf-8", "replace")


def _safe_id(value: Any) -> str | None:
    """An X-Request-ID of at most 128 safe characters; anything else counts as none."""
    text = str(value) if value is not None else ""
    safe = 0 < len(text) <= 128 and all(character.isalnum() or character in "-_.:+/=@" for character in text)
    return text if safe and text.isascii() else None


def _response(mutation: LateMutation) -> ResponseInfo:
    record = mutation.record
    status, pairs = record.sent or (record.start.status if record.start else None, ())
    if mutation.outcome is Outcome.TRUNCATED:
        complete: bool | str = record.complete if record.complete is not True else False
    else:
        over = record.ended_at is not None or record.complete is not True
        complete = record.complete if over else mutation.operation.startswith("set_")
    status = status if isinstance(status, int) else None  # an application may have tried anything
    return ResponseInfo(status, tuple(name for name, _ in pairs), record.body_bytes, record.chunks, complete)


def _fingerprint(rule: Rule, mutation: LateMutation, first: Writer, late: Writer | None) -> str:
    import hashlib

    text = "|".join([rule.code, mutation.subject or "", *fingerprint_parts((first, late))])
    return hashlib.sha1(text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()[:8]


def _line_place(line: Line | None) -> Place | None:
    return Place(line.filename, line.lineno, line.function) if line else None


def _place(attribution: Attribution, snapshot: Snapshot) -> Place | None:
    found = attribution.callers(snapshot)
    return _line_place(found[0]) if found else None


def _returned_place(clues: Clues | None) -> Place | None:
    if clues is None or clues.returned is None:
        return None
    code, lasti = clues.returned
    return _line_place(Line(code, stack.line_of(code, lasti)))


def _endpoint_place(clues: Clues | None) -> Place | None:
    codes = functions_of(clues.endpoint) if clues else []
    return _line_place(stack.definition(codes[0])) if codes else None


def _task_name(task: tuple[int, str] | None) -> str | None:
    return task[1] if task else None


def _late_in(mutation: LateMutation, created_at: Place | None) -> dict[str, Any] | None:
    if not mutation.thread:
        return None
    where: dict[str, Any] = {"thread": thread_name(mutation.thread), "task": _task_name(mutation.task), "created_at": created_at}
    if mutation.other is not None:
        where["request"] = {"method": mutation.other.method, "path": mutation.other.path, "id": mutation.other.id}
    return where


def _trail(record: ResponseRecord) -> tuple[TrailEntry, ...]:
    steps = [(record.born_at, "request", "")]
    if record.start:
        steps.append((record.start.at, "started", "status and headers are final from here"))
    if record.ended_at is not None:
        steps.append((record.ended_at, "end", f"{record.chunks} chunks, {record.body_bytes} bytes"))
    steps += record.trouble.trail if record.trouble is not None else ()
    steps.sort(key=lambda step: step[0])
    return tuple(TrailEntry(round((at - record.born_at) * 1000, 3), event, None, detail) for at, event, detail in steps)


def _frames(attribution: Attribution, lines: Iterable[Line], limit: int) -> tuple[Frame, ...]:
    found = [
        Frame(line.filename, line.lineno, line.function, line.source, attribution.origins.is_user(line.filename))
        for line, _ in zip(lines, range(limit), strict=False)
    ]
    return tuple(reversed(found))


def describe(exception: BaseException | None) -> ExceptionInfo | None:
    """What a finding says of an exception."""
    if exception is None:
        return None
    kind = type(exception)
    try:
        text = str(exception)
    except Exception:
        text = ""
    return ExceptionInfo(f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins."), text[:500])
