"""Frameworks with a server of their own, that speak neither WSGI nor ASGI: aiohttp, Tornado, Sanic.

A record is born where the framework handles a request. Its request is the framework's own object; facts come from the methods that
write heads and bodies.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from time import perf_counter
from types import FrameType
from typing import Any

from respstart.core import stack
from respstart.core.diagnosis import facts_of
from respstart.core.record import Clues, LateMutation, ResponseRecord, Start
from respstart.core.stack import EMPTY
from respstart.hooks import failure, length, telemetry
from respstart.hooks.binding import Binding, built_of, native_record_of, render, watched
from respstart.hooks.context import current, enter, leave
from respstart.hooks.guard import fault
from respstart.hooks.late import late_lines, situate
from respstart.hooks.running import task_of_now
from respstart.hooks.runtime import runtime
from respstart.hooks.starting import gathered, started
from respstart.integrations.rows import Discards, Handles, Refuses, Starts, Writes
from respstart.model import Outcome


def birth(args: tuple[Any, ...], row: Handles, framework: str) -> ResponseRecord | None:
    """A record for the request among these arguments; None while respstart is switched off."""
    try:
        if not runtime.active:
            return None
        request = row.request(args)
        facts = row.facts
        record = ResponseRecord("native", request, lambda request: facts_of(*facts(request)), runtime.observe)
        record.server = record.framework = framework
        record.task = task_of_now()
        record.find_endpoint = lambda app, request: row.endpoint(request)
        record.has_left = row.left
        if row.response is not None:
            record.provided = request, row.response
        if runtime.spans:
            runtime.born(record)
        return record
    except Exception as error:
        fault(error)
        return None


async def run(record: ResponseRecord, handling: Callable[[], Awaitable[Any]]) -> Any:
    """Let a framework handle a request with its record in place."""
    before = enter(record)
    try:
        return await handling()
    except Exception as error:
        failure.failed(record, error)  # nothing can be answered any more, even where the head has not left yet
        raise
    finally:
        current.set(before)
        leave(record)
        finish(record)


def watched_handler(record: ResponseRecord, handler: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """The application itself: what it raises, unless it is an answer that the framework sends, is late after the start."""

    async def respstart_handler(*args: Any, **kwargs: Any) -> Any:
        try:
            return await handler(*args, **kwargs)
        except Exception as error:
            if failure.wanted_status(error) is None:
                failure.failed(record, error, head_has_left)
            raise

    return respstart_handler


def head_has_left(record: ResponseRecord) -> bool:
    """Whether the head that was written has left: one that waits for its body can still be replaced by that of an error page."""
    return record.finished or record.has_left is None or record.has_left(record.request)


def finish(record: ResponseRecord) -> None:
    """The request has been handled: length, seal, pending writes. Never fails."""
    try:
        length.check(record)
        if record.span is not None or record.inside is not None:
            telemetry.check(record)
        record.finishes()
    except Exception as error:
        failure.unless_chosen(error)


# ---------------------------------------------------------------------- heads
def head_is_put_together(response: Any, row: Any) -> None:
    """What of a response can still be changed from now on is judged by the head that will be written."""
    record = native_record_of(row.request(response), response)
    if record is not None and not record.finished and record.start is None:
        record.rendering = render(record, response, row.kind)


def head_is_written(response: Any, row: Starts, frame: FrameType | None) -> LateMutation | None:
    """The head of a response goes out now; a second one for the same request is an attempt, told once its fate is known."""
    record = native_record_of(row.request(response), response)
    if record is None:
        return None
    if record.protocol != "native":  # behind another server: what is sent there starts the response
        record.rendering = render(record, response, row.kind)
        return None
    if record.start is not None:
        if head_has_left(record):
            return _second(record, response, row, frame)
        _replaced(record, record.start)
    binding = record.rendering
    if record.provided is None or record.provided[0] is not response:
        binding = render(record, response, row.kind)
        binding.confirmed = True
    made = runtime.capture_start(frame, runtime.depth, runtime.native_forwards)
    head = row.sent(response) if row.sent is not None else row.kind.head(response)
    if isinstance(binding, Binding):
        binding.state = row.kind.head(response)  # what was changed since it was put together, and was not seen, is in it
    start = gathered(record, Start(made, binding.built if binding is not None else EMPTY, head[0], (), binding))
    start.task = task_of_now()
    started(record, start, head)
    return None


def _replaced(record: ResponseRecord, start: Start) -> None:
    """The head that was written first has never left: the client gets this one in its place, and nothing of the other response."""
    if start.binding is not None:
        start.binding.confirmed = False
    record.unstarts()


def _second(record: ResponseRecord, response: Any, row: Starts, frame: FrameType | None) -> LateMutation:
    binding = render(record, response, row.kind)
    clues = gathered(record, Clues(runtime.capture_start(frame, 64, runtime.native_forwards), binding.built))
    error = sys.exception()
    if error is not None:
        clues.raised = failure.raise_snapshot(error)
        record.caused(error)
    record.troubled().late_starts += 1
    corrupted = row.corrupts(response)
    mutation = LateMutation(record, "start", None, Outcome.CORRUPTED if corrupted else Outcome.LOST, perf_counter(), clues=clues)
    mutation.lines, mutation.status = late_lines(frame), row.kind.head(response)[0]
    if corrupted and record.ended_at is None:
        mutation.hint, record.complete = "RS204", False
    situate(mutation, current.get())
    return mutation


def discarded(request: Any, row: Discards, frame: FrameType) -> None:
    """A second answer is thrown away by the framework, whose own line is no attempt: its author is who built or returned it."""
    response, record = row.response(request, frame), native_record_of(request, None)
    if response is None or record is None:
        return
    clues = gathered(record, Clues(built=built_of(record, response)))
    mutation = LateMutation(record, "start", None, Outcome.LOST, perf_counter(), clues=clues)
    situate(mutation, current.get())
    record.troubled().discarded = mutation


# ---------------------------------------------------------------------- bodies
def body_is_given(args: tuple[Any, ...], kwargs: dict[str, Any], row: Writes, frame: FrameType | None) -> ResponseRecord | None:
    """Bytes are given to a response; returns the record if the body ends with them."""
    record = native_record_of(row.request(args), args[0])
    if record is None or record.protocol != "native" or record.ended_at is not None:
        return None
    size = row.size(args)
    if size is None:
        record.counted = False
    elif size:
        record.chunks += 1
        record.body_bytes += size
    if not row.last(args, kwargs):
        return None
    record.ends(stack.capture(frame, 8))
    return record


# ---------------------------------------------------------------------- refusals
def refusal_of(owner: Any, row: Refuses, frame: FrameType | None) -> LateMutation | None:
    """The attempt behind a call that will be refused if it comes too late."""
    record = native_record_of(owner, owner)
    if record is None or record.start is None or (row.operation == "body" and record.ended_at is None):
        return None
    if row.operation == "set_status" and id(owner) not in watched:
        return None  # another response than the one that was sent: it is refused for another reason
    if row.silent and frame is not None and (stack.is_border(frame.f_code) or _is_known(record, sys.exception())):
        return None  # the framework's own answer to an exception, which is told by itself
    outcome = Outcome.LOST if row.silent else Outcome.RAISED
    mutation = LateMutation(record, row.operation, None, outcome, perf_counter(), lines=late_lines(frame), hint=row.rule)
    if row.operation == "start":
        mutation.clues = Clues(made=runtime.capture_start(frame, 64, runtime.native_forwards))
    situate(mutation, current.get())
    return mutation


def _is_known(record: ResponseRecord, error: BaseException | None) -> bool:
    if error is None:
        return False
    return record.has_reported("error", None) or record.is_consequence(error) or failure.client_left(error)


def refused(owner: Any, row: Refuses, mutation: LateMutation | None, error: Exception, frame: FrameType | None) -> None:
    """The framework has refused it: what comes of the exception is a consequence. Never fails."""
    try:
        mutation = _wrong_length(owner, error, frame) if row.length(error) else mutation
    except Exception as own:
        fault(own)
    if mutation is None:
        return
    record = mutation.record
    mutation.exception = error
    if not failure.client_left(error):
        tell(mutation)
    record.caused(error)


def _wrong_length(owner: Any, error: Exception, frame: FrameType | None) -> LateMutation | None:
    """The attempt behind a framework's complaint that the body has not the length that the head promises."""
    record = native_record_of(owner, owner)
    if record is None:
        return None
    mutation = LateMutation(record, "length", None, Outcome.RAISED, perf_counter(), lines=late_lines(frame), detail=str(error))
    record.complete = False
    situate(mutation, current.get())
    return mutation


def tell(mutation: LateMutation | None) -> None:
    """Report an attempt, if there was one. Never fails."""
    if mutation is None:
        return
    try:
        mutation.record.late(mutation)
    except Exception as error:
        failure.unless_chosen(error)
