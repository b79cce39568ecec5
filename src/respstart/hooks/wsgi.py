"""Where WSGI records are born: the application's own `start_response` is wrapped, once per request, by a plain function.

What the application returns is passed on by identity wherever the server could tell the difference: lists, tuples, whatever has a
length, and file wrappers. Only a raw iterator without `__len__` is wrapped, because nothing else can see its chunks, its
exceptions and its end; `close` is forwarded. The real `write` is returned. Source: PEP 3333.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from time import perf_counter
from types import FrameType, MethodType
from typing import Any

from respstart.core import stack
from respstart.core.diagnosis import request_facts_of
from respstart.core.record import Clues, LateMutation, ResponseRecord, Start, is_carried, kept
from respstart.core.stack import EMPTY, Line
from respstart.hooks import failure, length, telemetry
from respstart.hooks.binding import Binding, watched
from respstart.hooks.context import current, enter, leave, record_of, stay
from respstart.hooks.guard import fault
from respstart.hooks.late import late_lines, situate
from respstart.hooks.runtime import runtime
from respstart.hooks.sampling import leaves_out, run_left_out
from respstart.hooks.starting import gathered, started
from respstart.model import Habits, Outcome

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
App = Callable[[Environ, StartResponse], Any]

# A server that we do not know may keep the caller's header list.
UNKNOWN = Habits(keeps_list=True)


def traced(app: App, server: str | None = None, habits: Habits = UNKNOWN, outside: ResponseRecord | None = None) -> App:
    """A WSGI application that does what `app` does, and whose responses have records (of the response `outside` of a bridge)."""

    def respstart_wsgi(environ: Environ, start_response: StartResponse) -> Any:
        if record_of(environ) is not None:
            return app(environ, start_response)
        if runtime.choosy and outside is None and leaves_out(environ, path_of):
            return run_left_out(environ, app, environ, start_response)
        record = birth(environ, server, habits=habits)
        if record is None:
            return app(environ, start_response)
        if outside is not None:
            record.is_inside(outside)
        return run(record, app, environ, start_response)

    return respstart_wsgi


def path_of(environ: Environ) -> str:
    """The path of a request, which an application mounted at the root need not have."""
    path: str = environ.get("PATH_INFO", "")
    return path


def birth(environ: Environ, server: str | None = None, framework: str | None = None, habits: Habits = UNKNOWN) -> ResponseRecord | None:
    """A record for this request, which has none; None while respstart is switched off."""
    try:
        if not runtime.active:
            return None
        record = ResponseRecord("wsgi", environ, request_facts_of, runtime.observe)
        record.server, record.habits = server, habits
        record.framework = framework
        if runtime.spans and (runtime.has_spans or runtime.modules != len(sys.modules)):
            runtime.born(record)
        return record
    except Exception as error:
        fault(error)
        return None


def run(record: ResponseRecord, app: App, environ: Environ, start_response: StartResponse) -> Any:
    """Call an application with its record in place; the record ends with the iterable, or at once when that is a sequence."""
    before = enter(record)
    try:
        result = app(environ, observed(record, start_response))
    except Exception as error:
        failure.failed(record, error, head_left)
        finish(record)
        raise
    finally:
        leave(record)
        current.set(before)
    try:
        return _watch(record, environ, result)
    except Exception as error:
        failure.unless_chosen(error)
        return result


def _watch(record: ResponseRecord, environ: Environ, result: Any) -> Any:
    plain = None if _is_the_callers(record, result) else _plain_chunks(record, environ, result)
    record.rendered = None
    if plain is not None:
        _sequence(record, [len(chunk) for chunk in plain if chunk])
        body: Any = PlainBody(record, result)
        record.held = id(body)
        return body
    wrapper = environ.get("wsgi.file_wrapper")
    if hasattr(type(result), "__len__"):
        chunks = kept(result)
        if chunks is not None:
            # Anything else is for the server to refuse.
            _sequence(record, [len(chunk) for chunk in chunks if isinstance(chunk, bytes) and chunk])
        finish(record)
        return result
    is_iterable = hasattr(type(result), "__iter__") or hasattr(type(result), "__getitem__")  # anything else is for the server to refuse
    if not is_iterable or (isinstance(wrapper, type) and isinstance(result, wrapper)):
        record.counted = False
        finish(record)
        return result
    if isinstance(result, Body) or _is_the_callers(record, result):
        record.ends_with = id(result)
        record.weakens(result)
        return result
    if record.habits.open_until == "return":
        record.flushed = True
        _freeze_list(record)
    body = Chunks(record, result, ends=not _has_close(result)) if hasattr(type(result), "__next__") else Body(record, result)
    record.held = id(body)
    stay(record)
    return body


def _is_the_callers(record: ResponseRecord, result: Any) -> bool:
    """No server that we know: a response object belongs to whoever called the framework, and its close is its end."""
    return record.server is None and id(result) in watched


def _plain_chunks(record: ResponseRecord, environ: Environ, result: Any) -> tuple[bytes, ...] | None:
    """All chunks of a response object's own body, where they are known: nothing runs and nothing can fail between them."""
    start = record.start
    binding = start.binding if start is not None else None
    if start is None or type(binding) is not Binding or binding.kind.chunks is None or start.status in length.NO_BODY:
        return None
    owner = binding.target()
    if owner is None or (result is not record.rendered and result is not owner) or environ.get("REQUEST_METHOD") == "HEAD":
        return None
    return binding.kind.chunks(owner)


def _sequence(record: ResponseRecord, sizes: list[int]) -> None:
    """The whole body is known: chunks of so many bytes."""
    record.chunks, record.body_bytes = len(sizes), sum(sizes)
    if sizes:
        if record.start is None:
            _never_started(record, ())
        record.flushed = True
        record.ends()
        if record.promised is not None and record.body_bytes > record.promised:
            _overflow(record, record.promised, None)


def finish(record: ResponseRecord) -> None:
    """The response is done: length, header list, seal, pending writes. Never fails."""
    try:
        if record.finished:
            return
        leave(record)
        length.check(record)
        _check_list(record)
        if record.span is not None or record.inside is not None:
            telemetry.check(record)
        record.finishes()
    except Exception as error:
        failure.unless_chosen(error)


class Body:
    """The application's raw iterable on its way to the server. `iter` is called on it when the server does, and not before.

    Its response object is held as long as the server holds this: often nothing else keeps it alive, and the seal looks at it after the
    last chunk.
    """

    __slots__ = ("_iterable", "_record")

    def __init__(self, record: ResponseRecord, iterable: Any) -> None:
        self._record = record
        self._iterable = iterable

    def __del__(self) -> None:
        self._iterable = None
        if self._record.held == id(self):
            try:
                leave(self._record)
                self._record.releases()
            except Exception as error:
                fault(error)

    def __iter__(self) -> Iterator[bytes]:
        return Chunks(self._record, iter(self._iterable), ends=not _has_close(self._iterable))

    def __getattr__(self, name: str) -> Any:
        # What the iterable has is to be had here too: servers ask for `close` (PEP 3333), `read`, `fileno`; and what it has not, is not.
        if name.startswith("_"):
            raise AttributeError(name)
        attribute = getattr(self._iterable, name)
        return attribute if name != "close" else partial(self._closing, attribute)

    def _closing(self, close: Callable[[], Any]) -> Any:
        """Close the iterable, whose code runs now for its request, and end the record."""
        before = current.get()
        if before is self._record and before.lent:
            before = None
        current.set(self._record)
        self._record.lent = False
        try:
            return close()
        except Exception as error:
            failure.failed(self._record, error, _is_committed)
            raise
        finally:
            try:
                finish(self._record)
            finally:
                current.set(before)


class PlainBody(Body):
    """The same for an iterable whose chunks are known: the server is given its iterator itself, and no chunk costs anything."""

    __slots__ = ()

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._iterable)

    def __next__(self) -> bytes:
        chunk: bytes = next(self._iterable)
        return chunk

    def close(self) -> Any:
        """As the iterable's own, which it has: response objects do."""
        return self._closing(self._iterable.close)


class Chunks(Body):
    """The same for an iterator. `ends` tells that nobody will call `close`, so that the last chunk is the end."""

    __slots__ = ("_ends", "_next")

    def __init__(self, record: ResponseRecord, iterator: Any, *, ends: bool) -> None:
        super().__init__(record, iterator)
        self._next = iterator.__next__
        self._ends = ends

    def __del__(self) -> None:
        self._next = None
        if self._record.lent and current.get() is self._record:  # nobody has closed it
            current.set(None)
        super().__del__()

    def __iter__(self) -> Iterator[bytes]:
        iterator = iter(self._iterable)  # nearly always the same; an application may give another one, and the server iterates over that
        return self if iterator is self._iterable else Chunks(self._record, iterator, ends=self._ends)

    def __next__(self) -> bytes:
        record = self._record
        if record.chunks == 1 and not record.frozen:
            _head_is_out(record)
        before = current.get()
        if before is not record:
            current.set(record)
        elif record.lent:
            before = None
        record.lent = False  # the application's generator runs now, and only now
        try:
            chunk: bytes = self._next()
        except StopIteration:
            current.set(before)
            _no_more(record)
            if self._ends:
                finish(record)
            raise
        except BaseException as error:
            _breaks_off(record, error, before)
            raise
        # To set a context variable costs more than all the rest here: where nobody else's code is interrupted, it stays for the next chunk.
        if before is None:
            record.lent = True
        else:
            current.set(before)
        if isinstance(chunk, bytes) and chunk:  # anything else is for the server to refuse
            record.chunks += 1
            record.body_bytes += len(chunk)
            if record.chunks == 1 or (record.promised is not None and record.body_bytes > record.promised):
                _chunk(record, self._iterable)
        return chunk


def _breaks_off(record: ResponseRecord, error: BaseException, before: ResponseRecord | None) -> None:
    """The body has raised. Whatever comes of that, none of its code runs now."""
    try:
        if isinstance(error, Exception):
            failure.failed(record, error, _is_committed)
    finally:
        current.set(before)


def _no_more(record: ResponseRecord) -> None:
    """The body is exhausted. Never fails."""
    try:
        if record.ended_at is None:
            record.ends()
    except Exception as error:
        fault(error)


def _has_close(iterable: Any) -> bool:
    """Whether the server will find a `close` to call. A question that fails is the server's to ask, and to suffer from."""
    try:
        return hasattr(iterable, "close")
    except Exception:
        return True


def _chunk(record: ResponseRecord, body: Any) -> None:
    """The first chunk has come, or one by which the body is too long. Never fails."""
    try:
        if record.chunks == 1:
            if record.start is None:
                _never_started(record, tuple(stack.lines(stack.capture_suspended(body))))
            record.flushed = True
        if record.promised is not None and record.body_bytes > record.promised:
            _overflow(record, record.promised, body)
    except Exception as error:
        failure.unless_chosen(error)


# ---------------------------------------------------------------------- starts
def observed(record: ResponseRecord, start_response: StartResponse) -> StartResponse:
    """The server's `start_response`, watched."""
    return MethodType(_watched_start, (record, start_response))


def _watched_start(these: tuple[ResponseRecord, StartResponse], status: Any, headers: Any, *rest: Any, **named: Any) -> Any:
    record, start_response = these
    late, before = None, record.start
    exc_info = rest[0] if rest else named.get("exc_info")
    try:
        late = _start(record, status, headers, exc_info, sys._getframe(1))
    except Exception as error:
        failure.unless_chosen(error)
    try:
        result = start_response(status, headers, *rest, **named)
    except Exception as error:
        try:
            _refused(record, late, error, status, before is not None and error is _answered(exc_info))
        except Exception as own:
            failure.unless_chosen(own)
        raise
    record.write = result
    if late is not None:
        _tell(record, late)
    return result


def _start(record: ResponseRecord, status: Any, headers: Any, exc_info: Any, frame: FrameType | None) -> LateMutation | None:
    error = _answered(exc_info) if exc_info is not None else None
    if record.start is not None:
        if exc_info is None or not _is_open(record):
            return _second(record, status, headers, frame) if error is None else _answer_in_vain(record, status, error)
        if error is not None and _failed_instead(error, status):
            _tell(record, _answer_in_vain(record, status, error))
    inner = _kept_call(record, status, headers) if record.inner else None
    if inner is None and record.inside is not None:
        inner = record.start_inside()
    if inner is not None:
        binding = inner.binding
        start = Start(EMPTY, EMPTY, _code_of(status), headers, binding)
        start.carries(inner)
    else:
        binding = record.rendering
        # Where a response object calls us itself, nobody stands between: who called it tells as much as the stack.
        own = binding is not None and binding.called and frame is not None and frame.f_code is binding.sender
        made = binding.called if own else runtime.capture_start(frame, runtime.depth, runtime.wsgi_forwards)
        built = binding.built if binding is not None else EMPTY
        start = gathered(record, Start(made, built, _code_of(status), headers, binding))
    if binding is not None:
        binding.confirmed = True
    if inner is not None and isinstance(record.rendering, Binding) and is_carried(record.rendering.state, (status, headers)):
        record.rendering.confirmed = True  # a middleware made it of the head from inside: that goes out with it
    if error is not None and not start.built:
        start.raised = failure.raise_snapshot(error)
    if record.start is None and record.flushed:
        _never_started(record, late_lines(frame), start)
    pairs = kept(headers)
    started(record, start, (status, pairs) if pairs is not None else None)
    return None


def _kept_call(record: ResponseRecord, status: Any, headers: Any) -> Start | None:
    """The framework's own call that a middleware kept and makes again now: the middleware is no author."""
    kept_calls = record.inner or []
    if kept_calls and kept_calls[-1].binding is record.rendering:
        return None  # it is being made, and passed on at once
    for inner in reversed(kept_calls):
        if inner.headers is headers or is_carried(inner.head, (status, headers)):
            return inner if inner.binding is not record.rendering else None  # an application mounted below may have made one like it
    return None


def _code_of(status: Any) -> int | None:
    """The number in a status line. Source: PEP 3333, the `status` argument."""
    code = _codes.get(status) if type(status) is str else None
    if code is None and isinstance(status, str):  # anything else is for the server to refuse
        status = str.__str__(status)
        code = int(status[:3]) if status[:3].isdigit() else None
        if code is not None and len(_codes) < _MOST_CODES:
            _codes[status] = code
    return code


_MOST_CODES = 256
_codes: dict[str, int] = {}  # status lines that have been seen


def _second(record: ResponseRecord, status: Any, headers: Any, frame: FrameType | None) -> LateMutation:
    made = runtime.capture_start(frame, 64, runtime.wsgi_forwards)
    binding = record.rendering
    clues = gathered(record, Clues(made, binding.built if binding is not None else EMPTY))
    error = sys.exception()
    if error is not None:
        clues.raised = failure.raise_snapshot(error)
        record.caused(error)
    trouble = record.troubled()
    trouble.late_starts += 1
    mutation = LateMutation(record, "start", None, Outcome.LOST, perf_counter(), clues=clues, lines=late_lines(frame))
    if record.habits.replaces and _is_open(record):
        mutation.detail = "the server put it in the place of the first, which the client never got"
    mutation.status = _code_of(status)
    situate(mutation, current.get())
    if trouble.reentered:
        mutation.hint, mutation.clues = "RS202", Clues(made=trouble.reentered)
    elif record.start is not None and mutation.thread != record.start.thread and not record.finished:
        mutation.hint = "RS203"
    return mutation


def _failed_instead(error: BaseException, status: Any) -> bool:
    """Whether an exception that is an answer (a redirect) came so late that the client gets a server error in its place."""
    wanted = failure.wanted_status(error)
    return wanted is not None and wanted < 500 and str(status).startswith("5")


def _answered(exc_info: Any) -> BaseException | None:
    """The exception that a start answers. Applications also pass `sys.exc_info()` where none is handled, and stranger things."""
    error = exc_info[1] if isinstance(exc_info, tuple) and len(exc_info) == 3 else None
    return error if isinstance(error, BaseException) else None


def _answer_in_vain(record: ResponseRecord, status: Any, error: BaseException) -> LateMutation:
    """An error handler answers by the book (exc_info) after the head has left: the server raises the exception again."""
    mutation = LateMutation(record, "error", None, Outcome.DROPPED, perf_counter(), exception=error, handler=True)
    mutation.lines = tuple(stack.lines(failure.raise_snapshot(error)))
    mutation.wants, mutation.status = failure.wanted_status(error), _code_of(status)
    record.caused(error)
    return mutation


def _refused(record: ResponseRecord, late: LateMutation | None, error: Exception, status: Any, raised_again: bool) -> None:
    """The server did not take a start. `raised_again`: it raised the exception that a start after another was to answer."""
    if late is None and raised_again:
        # PEP 3333: because the head had left, by `write()` perhaps, unseen by us.
        late = _answer_in_vain(record, status, error)
    if late is None:
        if record.chunks == 0:
            record.unstarts()
        return
    if late.operation == "start":
        late.outcome, late.exception = Outcome.RAISED, error
    record.caused(error)
    _tell(record, late)


def head_left(record: ResponseRecord) -> bool:
    """Whether the head has left: seen by a chunk, else told by the server object behind the `write` that it gave us."""
    if record.flushed:
        return True
    server = getattr(record.write, "__self__", None)
    return bool(getattr(server, "headers_sent", False) or getattr(server, "wrote_header", False))


def _is_open(record: ResponseRecord) -> bool:
    """Whether the server would still send another head than the one that it has."""
    return not (record.finished if record.habits.open_until == "end" else head_left(record))


def _is_committed(record: ResponseRecord) -> bool:
    """Whether an exception of the body comes too late for an error page of the server's."""
    return record.habits.sends_anyway or head_left(record)


def _tell(record: ResponseRecord, late: LateMutation) -> None:
    try:
        record.late(late)
    except Exception as error:
        failure.unless_chosen(error)


# ---------------------------------------------------------------------- header lists
def _head_is_out(record: ResponseRecord) -> None:
    """The server has sent the head with the first chunk, and asks for the second now. Never fails."""
    try:
        # A server may read the whole body of a HEAD request first, and edit the list only then: it says so.
        sent = getattr(getattr(record.write, "__self__", None), "headers_sent", True)
        if sent and record.habits.open_until != "end":
            _freeze_list(record)
    except Exception as error:
        failure.unless_chosen(error)


def _freeze_list(record: ResponseRecord) -> None:
    """The head has just left: on a server that keeps the list, what is in it at this moment is what was sent (its own edits, too)."""
    record.frozen = True
    if record.habits.keeps_list and record.start is not None and record.head is not None:
        headers = tuple(record.start.headers)
        if headers != record.head[1]:
            length.keep_head(record, (record.head[0], headers))


def _check_list(record: ResponseRecord) -> None:
    """An edit of the very list that was given to start_response, after the server had copied it."""
    start = record.start
    if start is None or record.head is None or not isinstance(start.headers, list):
        return
    if not record.frozen:
        _freeze_list(record)
        if record.habits.keeps_list:
            return
    if kept(start.headers) in (None, record.head[1]):
        return
    from respstart.core.record import changes

    for change in changes(record.head, (record.head[0], start.headers)):
        mutation = LateMutation(record, change.operation, change.subject, Outcome.LOST, perf_counter())
        mutation.window = "after start_response was called, on the header list it was called with; the write itself was not seen"
        record.late(mutation)


# ---------------------------------------------------------------------- bodies
def _overflow(record: ResponseRecord, promised: int, body: Any) -> None:
    """The body gets longer than promised now, while the generator still stands on the line that gave the chunk."""
    if record.late_starts or length.has_no_body(record):
        return
    body = body if record.body is None else record.body  # the framework's wrapper is around the one that it has looked into
    user = tuple(line for line in stack.lines(stack.capture_suspended(body)) if runtime.origins.is_user(line.filename))
    length.report(record, promised, None if user else record.start, user)


def _never_started(record: ResponseRecord, lines: tuple[Line, ...], clues: Clues | None = None) -> None:
    """Body bytes before any start; with `clues` of the start that came after the server had made a head of its own."""
    detail = "the server made a head of its own" if record.habits.open_until == "return" else ""
    record.late(LateMutation(record, "never_started", None, Outcome.LOST, perf_counter(), clues=clues, lines=lines, detail=detail))


def remember_inner(record: ResponseRecord, start_response: StartResponse) -> StartResponse:
    """The `start_response` that a framework is given by a middleware: remembers which response object is behind which header list.

    Never fails.
    """
    if type(start_response) is MethodType and start_response.__func__ in _OURS:
        these: Any = start_response.__self__
        if these[0] is record:
            return start_response  # what the framework calls it with is what the server gets, or is remembered already
    return MethodType(_inner_start, (record, start_response))


def _inner_start(these: tuple[ResponseRecord, StartResponse], status: Any, headers: Any, *rest: Any, **named: Any) -> Any:
    record, start_response = these
    try:
        binding = record.rendering
        if binding is not None:
            if record.inner is None:
                record.inner = []
            start = gathered(record, Start(EMPTY, binding.built, None, headers, binding))
            pairs = kept(headers)
            start.head = (status, pairs) if pairs is not None else None
            record.inner.append(start)
    except Exception as error:
        failure.unless_chosen(error)
    return start_response(status, headers, *rest, **named)


_OURS = (_watched_start, _inner_start)
