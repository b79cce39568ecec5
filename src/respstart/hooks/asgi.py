"""Where ASGI records are born: the application's own `send` is wrapped, once per request, by a plain function.

The wrapper is an ordinary function that returns what the server's `send` returns, so that a start is captured where it is called
(also by `create_task(send(...))`), and a call costs one hop. Messages pass through by identity.
Source of the message types: ASGI HTTP & WebSocket specification 2.5.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from time import perf_counter
from types import CodeType, FrameType, MethodType
from typing import Any

from respstart.core import stack
from respstart.core.diagnosis import scope_facts_of
from respstart.core.record import Clues, LateMutation, ResponseRecord, Start, changes, is_carried, kept
from respstart.core.stack import EMPTY
from respstart.hooks import failure, length, telemetry
from respstart.hooks.binding import Binding, sender_behind, watched
from respstart.hooks.context import current, enter, leave, record_of
from respstart.hooks.guard import fault
from respstart.hooks.late import late_lines, situate
from respstart.hooks.running import task_of_now
from respstart.hooks.runtime import current_span, runtime
from respstart.hooks.sampling import leaves_out, run_left_out_async
from respstart.hooks.starting import gathered, started
from respstart.model import USUAL, Habits, Outcome

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

START, BODY = "http.response.start", "http.response.body"
_BYTES = (bytes, bytearray, memoryview)  # a body; anything else is for the server to refuse


def traced(app: App, server: str | None = None, habits: Habits = USUAL, outside: ResponseRecord | None = None) -> App:
    """An ASGI 3 application that does what `app` does, and whose responses have records (of the response `outside` of a bridge)."""

    def respstart_asgi(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if record_of(scope) is not None:
            return app(scope, receive, send)
        if runtime.choosy and outside is None and leaves_out(scope, path_of):
            return run_left_out_async(scope, app, scope, receive, send)
        record = birth(scope, server, habits=habits)
        if record is None:
            return app(scope, receive, send)
        if outside is not None:
            record.is_inside(outside)
        return run(record, app, scope, receive, send)

    return _application(respstart_asgi)


def path_of(scope: Scope) -> str | None:
    """The path of an HTTP request."""
    path: str | None = scope["path"] if scope["type"] == "http" else None
    return path


def birth(scope: Scope, server: str | None = None, framework: str | None = None, habits: Habits = USUAL) -> ResponseRecord | None:
    """A record for this request, which has none; None when it is no HTTP request."""
    try:
        if not runtime.active or scope["type"] != "http":
            return None
        record = ResponseRecord("asgi", scope, scope_facts_of, runtime.observe)
        record.server, record.habits = server, habits
        record.framework = framework
        if runtime.spans and (runtime.has_spans or runtime.modules != len(sys.modules)):
            runtime.born(record)
        record.task = task_of_now()
        return record
    except Exception as error:
        fault(error)
        return None


async def run(record: ResponseRecord, app: App, scope: Scope, receive: Receive, send: Send) -> None:
    """Run an application with its record in place, and close the record whatever happens."""
    before = enter(record)
    try:
        # A method of what it needs takes less memory for each request than a closure.
        return await app(scope, receive, MethodType(_watched_send, (record, send)))
    except Exception as error:
        failure.failed(record, error)
        raise
    finally:
        current.set(before)
        leave(record)
        finish(record)


def finish(record: ResponseRecord) -> None:
    """The application is done: length, seal, pending writes."""
    try:
        trouble = record.trouble
        if trouble is not None and trouble.dropped is not None and record.ended_at is None and not trouble.late_starts:
            failure.failed(record, trouble.dropped)
        length.check(record)
        _check_message(record)
        if record.span is not None or record.inside is not None:
            telemetry.check(record)
        record.finishes()
    except Exception as error:
        failure.unless_chosen(error)


def _check_message(record: ResponseRecord) -> None:
    """An edit of the very message that was sent, or of its header list, after the server had copied it."""
    message, start = record.message, record.start
    if message is None or start is None or record.head is None:
        return
    status, headers = message.get("status"), message.get("headers")
    if status == start.status:
        binding = watched.get(id(headers))
        if binding is not None and binding is start.binding and not binding.copies:
            return  # the response object tells of its own list itself
    pairs = kept(headers)
    head = status, pairs
    if pairs is None or head == record.head or message.get("type") != START:
        return  # (of another type: an in-process client has made its result of it, and the test that got this may edit it)
    for change in changes(record.head, head):
        mutation = LateMutation(record, change.operation, change.subject, Outcome.LOST, perf_counter())
        mutation.window = "after the start was sent, on the message it was sent with; the write itself was not seen"
        record.late(mutation)


# A coroutine function, as servers expect one: where that can be marked, a plain one, without a coroutine of its own.
if sys.version_info >= (3, 12):
    _coroutine_function = _application = inspect.markcoroutinefunction
else:
    from asyncio.coroutines import _is_coroutine  # type: ignore[attr-defined]  # nothing else can mark one yet

    def _coroutine_function(function: Any) -> Any:
        function._is_coroutine = _is_coroutine
        return function

    def _application(function: App) -> App:
        async def respstart_asgi(scope: Scope, receive: Receive, send: Send) -> None:
            return await function(scope, receive, send)

        return respstart_asgi


@_coroutine_function
def _watched_send(these: tuple[ResponseRecord, Send], message: Message) -> Awaitable[None]:
    record, send = these
    start = late = None
    try:
        kind = message.get("type") if isinstance(message, dict) else None  # anything else is for the server to refuse
        if kind == BODY and record.ended_at is None and record.start is not None:
            record.flushed = True
            body = message.get("body")
            if isinstance(body, _BYTES) and body:  # the truth of anything else is not ours to ask
                record.chunks += 1
                record.body_bytes += len(body)
                if record.promised is not None and record.body_bytes > record.promised:
                    _overflow(record, sys._getframe(1))
            if not message.get("more_body"):
                record.ended_at = perf_counter()
                if not record.start.built:
                    record.ended = stack.capture(sys._getframe(1), 4)
        elif kind == START and record.start is None:
            start = _own_start(record, message) or _first_start(record, message, sys._getframe(1))
        else:
            late = _other(record, kind, message, sys._getframe(1))
    except Exception as error:
        failure.unless_chosen(error)
    return send(message) if start is None and late is None else _send(record, send, message, start, late)


def _overflow(record: ResponseRecord, frame: FrameType) -> None:
    """The body gets longer than promised now. Where the stack of the start was not taken, this one tells of forwarders."""
    start = record.start
    if start is not None and start.binding is not None and start.made is start.binding.called:
        record.troubled().overflow = runtime.capture_start(frame, 64, runtime.asgi_body_forwards)


def _other(record: ResponseRecord, kind: Any, message: Message, frame: FrameType | None) -> LateMutation | None:
    """A message that is neither the first start nor body in its time."""
    if kind == START:
        return late_start(record, message, frame)
    if kind == BODY:
        return _late_body(record, message, frame)
    if kind in ("http.response.pathsend", "http.response.zerocopysend"):
        record.counted = False
        if kind.endswith("pathsend") or not message.get("more_body"):
            record.ends()
    return None


def _send(record: ResponseRecord, send: Send, message: Message, start: Start | None, late: LateMutation | None) -> Awaitable[None]:
    """Pass a start or a late message on. A server may refuse it at the call already, and not when it is awaited."""
    try:
        sending = send(message)
    except Exception as error:
        _refused(record, start, late, error)
        raise
    return _sent(record, sending, start, late)


async def _sent(record: ResponseRecord, sending: Awaitable[None], start: Start | None, late: LateMutation | None) -> None:
    try:
        await sending
    except Exception as error:
        _refused(record, start, late, error)
        raise
    if late is not None:
        _report(record, late)


def _refused(record: ResponseRecord, start: Start | None, late: LateMutation | None, error: Exception) -> None:
    """A start that the server refuses did not happen; what it raises at a late message is a consequence, told once with the attempt."""
    if late is not None:
        late.outcome, late.exception = Outcome.RAISED, error
        _report(record, late, error)
    elif record.start is start and not record.chunks:
        record.unstarts()


def _report(record: ResponseRecord, mutation: LateMutation, consequence: Exception | None = None) -> None:
    try:
        if consequence is not None:
            record.caused(consequence)
        record.late(mutation)
    except Exception as error:
        failure.unless_chosen(error)


# ---------------------------------------------------------------------- starts
def _own_start(record: ResponseRecord, message: Message) -> Start | None:
    """The start of the response object that is being sent: its own header list, and the head as it was rendered.

    Whatever stands between has only passed it on, so that who called the object tells as much as the stack. A middleware that decided
    on another status or other headers may be the author: that is for the stack to tell.
    """
    headers: Any = message.get("headers")
    binding = watched.get(id(headers))
    if binding is None or binding is not record.rendering or record.inner is not None or record.inside is not None:
        return None
    status: Any = message.get("status")
    head: Any = binding.rendered
    if not binding.called or (status, kept(headers)) != head:
        return None
    start = gathered(record, Start(binding.called, binding.built, status, headers, binding, message))
    start.task = task_of_now(record.task)
    record.message = message
    binding.confirmed = True
    started(record, start, head)
    return start


def _first_start(record: ResponseRecord, message: Message, frame: FrameType | None) -> Start:
    """Any other start."""
    headers = message.get("headers") or ()
    start = _relayed(record, message, headers) if record.inner else record.start_inside() if record.inside else None
    start = start or _called_here(record, message, headers, frame)
    record.message = message
    if start.binding is not None:
        start.binding.confirmed = True
    # An iterator of headers is the server's to consume: the response object behind it tells them, if there is one.
    pairs = kept(headers)
    head = (message.get("status"), pairs) if pairs is not None else getattr(start.binding, "state", None)
    started(record, start, head)
    return start


def _relayed(record: ResponseRecord, message: Message, headers: Any) -> Start | None:
    """The inner start that was forwarded here across a task, known by its message or its header list, else by what is in it."""
    for inner in reversed(record.inner or ()):
        if inner.message is message or inner.headers is headers or inner.message.get("headers") is headers:
            return inner
    if getattr(record.rendering, "relays", None) is not None:
        return record.rendering.relays  # type: ignore[no-any-return]
    for inner in reversed(record.inner or ()):
        if record.rendering in (None, inner.binding) and is_carried(inner.head, (message.get("status"), headers)):
            return inner
    return None


def _called_here(record: ResponseRecord, message: Message, headers: Any, frame: FrameType | None) -> Start:
    binding: Any = binding_behind(record, message, headers)
    if binding is not None and binding is not record.rendering:
        made = EMPTY  # a middleware kept the start of a response object, and sends it now: it is no author
    else:
        forwards = runtime.asgi_forwards if binding is None else _held_forwards(binding, (message.get("status"), headers))
        made = runtime.capture_start(frame, runtime.depth, forwards)
        binding = binding or sender_behind(record, frame)
    built = binding.built if binding is not None else EMPTY
    start = gathered(record, Start(made, built, message.get("status"), headers, binding, message))
    start.task = task_of_now()
    return start


def _held_forwards(binding: Any, head: tuple[Any, Any]) -> Callable[[FrameType], bool]:
    """Tells forwarders of a response object's start: one may have held it back until it was called with the body."""

    def forwards(frame: FrameType) -> bool:
        return runtime.asgi_forwards(frame) or (
            runtime.origins.writes(frame.f_code.co_filename)
            and runtime.asgi_body_forwards(frame)
            and is_carried(getattr(binding, "rendered", None), head, bare=True)  # it runs while that very response is sent
        )

    return forwards


def binding_behind(record: ResponseRecord, message: Message, headers: Any) -> Binding | None:
    """The response object behind a head: known by its header list, else the one that is being sent right now, else by what is in it."""
    binding, rendering = watched.get(id(headers)), record.rendering
    if binding is not None and binding is not rendering and binding.holds(headers):
        return binding
    return rendering or (_kept_head(record, (message.get("status"), headers)) if record.bindings else None)


def _kept_head(record: ResponseRecord, head: tuple[Any, Any]) -> Binding | None:
    """The response object whose head a middleware held back and sends on now."""
    for binding in reversed(record.bindings or ()):
        if binding.built and not binding.confirmed and is_carried(binding.rendered, head):
            return binding  # type: ignore[no-any-return]
    return None


def late_start(record: ResponseRecord, message: Message, frame: FrameType | None) -> LateMutation:
    """The attempt behind a second start; told once, wherever on its way to the server it is seen."""
    trouble = record.troubled()
    trouble.late_starts += 1
    headers = message.get("headers") or ()
    first = record.start
    resent = first is not None and (headers is first.headers or message is first.message)
    binding = binding_behind(record, message, headers)
    held = binding is not None and not resent
    made = runtime.capture_start(frame, 64, _held_forwards(binding, (message.get("status"), headers)) if held else runtime.asgi_forwards)
    clues = gathered(record, Clues(made, binding.built if binding is not None else EMPTY))
    clues.resent = resent
    if message is record.message:
        record.message = None  # what a middleware on its way has added to it once more is lost with it, and told with it
    if resent:
        clues.built = EMPTY
    error = sys.exception()
    if error is not None:
        clues.raised = failure.raise_snapshot(error)
    mutation = LateMutation(record, "start", None, Outcome.LOST, perf_counter(), clues=clues, lines=late_lines(frame))
    mutation.status = message.get("status")
    situate(mutation, current.get())
    mutation.hint = "RS202" if trouble.reentered else "RS203" if _is_racing(record, mutation) else None
    if mutation.hint == "RS202":
        mutation.clues = Clues(made=trouble.reentered)
    return mutation


def _is_racing(record: ResponseRecord, mutation: LateMutation) -> bool:
    """Whether a task that user code set going answers beside the one that has: not the request's own, and not a framework's."""
    first = record.start
    if first is None or mutation.task in (None, record.task, first.task):
        return False
    root = _code_of_task()
    inside = [line for line in mutation.lines if line.code is root] or mutation.lines[-1:]
    number = mutation.lines.index(inside[-1]) if inside else -1
    for line in reversed(mutation.lines[: number + 1]):
        origin = runtime.origins.of(line.filename)
        if origin.kind not in ("stdlib", "respstart") and origin.package != "anyio":
            return origin.kind == "user"
    return False


def _code_of_task() -> CodeType | None:
    """The code of the coroutine that the running task was made of."""
    asyncio = sys.modules.get("asyncio")
    task = asyncio.current_task() if asyncio is not None else None
    return getattr(task.get_coro(), "cr_code", None) if task is not None else None


# ---------------------------------------------------------------------- bodies
def _late_body(record: ResponseRecord, message: Message, frame: FrameType | None) -> LateMutation | None:
    if record.late_starts:
        return None  # the body of a second response: told with its start
    late = runtime.capture_start(frame, 64, runtime.asgi_body_forwards)
    operation = "body" if record.started else "never_started"
    # To end once more loses nothing, unless the server refuses it.
    body = message.get("body")
    outcome = Outcome.LOST if (isinstance(body, _BYTES) and body) or not record.started else Outcome.HARMLESS
    mutation = LateMutation(record, operation, None, outcome, perf_counter(), clues=Clues(made=late))
    situate(mutation, current.get())
    return mutation


def layer(record: ResponseRecord, send: Send) -> Send:
    """The `send` of an inner layer behind which messages cross to another task: keeps where a start was really made."""
    first: Start | None = None

    @_coroutine_function
    def respstart_layer_send(message: Message) -> Awaitable[None]:
        nonlocal first
        late = None
        try:
            kind = message.get("type") if isinstance(message, dict) else None
            if kind == START:
                frame = sys._getframe(1)
                if first is not None and record.started:
                    # What a middleware has thrown away and answered itself may be followed by anything.
                    late = late_start(record, message, frame) if _is_relayed(record.start, first) else None
                else:
                    if record.inner is None:
                        record.inner = []
                    headers = message.get("headers") or ()
                    first = _called_here(record, message, headers, frame)
                    pairs = kept(headers)
                    first.head = (message.get("status"), pairs) if pairs is not None else None
                    record.inner.append(first)
            elif kind == BODY and record.inner_ended and first is not None and _is_relayed(record.start, first):
                late = _late_body(record, message, sys._getframe(1))
            elif kind == BODY and not message.get("more_body"):
                record.inner_ended = True
        except Exception as error:
            failure.unless_chosen(error)
        return send(message) if late is None else _send(record, send, message, None, late)

    return respstart_layer_send


def _is_relayed(start: Start | None, inner: Start) -> bool:
    """Whether a start is an inner one that was carried on."""
    return start is not None and (start is inner or getattr(start.binding, "relays", None) is inner)


def remember_span(record: ResponseRecord) -> None:
    """Keep the span that is current where a response is rendered: nearer to the application than any wrapper of `send`."""
    if runtime.has_spans and record.span is None:
        record.span = current_span()
