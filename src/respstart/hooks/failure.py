"""Exceptions that come after the start: told once, with the line that raised them, and never caught."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from types import CodeType, FrameType
from typing import Any

from respstart.core import stack
from respstart.core.record import LateMutation, ResponseRecord, family
from respstart.core.stack import Snapshot
from respstart.errors import LateMutationError
from respstart.hooks import length
from respstart.hooks.context import current
from respstart.hooks.guard import fault
from respstart.hooks.late import situate
from respstart.hooks.runtime import runtime
from respstart.model import Outcome

# Code whose frame in a traceback tells whether an error handler answered in vain: id(code) -> look at its locals.
_handlers: dict[int, tuple[CodeType, Callable[[dict[str, Any]], bool]]] = {}

# Exceptions that are an answer by themselves: "module:Class" -> its HTTP status.
_answers: dict[str, Callable[[Any], int | None]] = {}

# Exceptions that tell of a client that went away, by name: their modules need not be imported.
_CLIENT_LEFT = frozenset((
    "ClientDisconnect", "ClientDisconnected", "ClientDisconnectedError", "RequestAborted", "ConnectionResetError", "BrokenPipeError",
    "EndOfStream", "ClosedResourceError", "BrokenResourceError", "StreamClosedError",
))  # fmt: skip


def add_handler(code: CodeType, handled: Callable[[dict[str, Any]], bool]) -> None:
    """Know one more place where an error handler runs although nothing can be sent."""
    _handlers[id(code)] = (code, handled)


def add_answer(name: str, status: Callable[[Any], int | None]) -> None:
    """Know one more exception class that wants to be an answer."""
    _answers[name] = status


def unless_chosen(error: Exception) -> None:
    """A failure of respstart is counted; the one exception that the user asked for (mode `raise`) passes."""
    if isinstance(error, LateMutationError):
        raise error
    fault(error)


def failed(
    record: ResponseRecord,
    error: Exception,
    is_late: Callable[[ResponseRecord], bool] = lambda record: True,
    *,
    handled: bool = False,
    terminated: bool = False,
) -> None:
    """An exception left the application. It is late when the head had left before. Never fails.

    `handled` tells that an error handler has answered it in vain, `terminated` that the framework ends the body all the same.
    """
    try:
        if record.started and runtime.active and not isinstance(error, LateMutationError) and is_late(record):
            _report(record, error, handled=handled, terminated=terminated)
    except Exception as own:
        unless_chosen(own)


def _report(record: ResponseRecord, error: Exception, *, handled: bool, terminated: bool) -> None:
    if record.is_consequence(error) or client_left(error):
        return
    cause, snapshot = original(error)
    by_server = is_raised_by_server(snapshot)
    length.check(record, error if by_server else None)
    if by_server or (record.trouble is not None and record.trouble.reported and not _raised_by_user(snapshot)):
        return  # a complaint about what has been, or will be, told by the attempt itself
    swallowed = record.layered > 0 and record.inner is not None and not record.inner_ended
    over = record.ended_at is not None and not swallowed
    answered = record.habits.answers and not over and not record.flushed
    outcome = Outcome.DROPPED if over or answered else Outcome.TRUNCATED
    mutation = LateMutation(record, "error", None, outcome, perf_counter(), lines=tuple(stack.lines(snapshot)), exception=error)
    mutation.cause, mutation.wants = cause, wanted_status(cause)
    mutation.status = mutation.wants or 500  # RFC 9110, section 15.6.1: the server met an unexpected condition
    mutation.handler = handled or any(_handler_ran(member) for member in family(error))
    mutation.in_background = over
    situate(mutation, current.get())
    if answered:
        mutation.detail = "the server sent an error page of its own instead"
    elif not over:
        ended = terminated or record.ended_at is not None or (record.habits.hides_cuts and record.promised is None)
        record.complete = "looks complete" if ended else False
        mutation.detail = "the client has a cut answer" + (" that looks complete" if ended else "")
    record.late(mutation)


def comes_late(record: ResponseRecord, error: BaseException) -> bool:
    """Whether an exception that leaves the application now would be late: the head cannot be replaced, and is no answer to it."""
    is_final = record.started and (record.flushed or record.protocol == "asgi")
    return is_final and not record.is_consequence(error) and not client_left(error)


def client_left(error: BaseException) -> bool:
    """Whether an exception comes of a client that went away."""
    return any(kind.__name__ in _CLIENT_LEFT for member in family(error) for kind in type(member).__mro__)


def original(error: BaseException) -> tuple[BaseException, Snapshot]:
    """What user code, or else a server, raised behind groups and the framework's follow-up errors, and the frames it passed."""
    members = [(member, stack.capture_raise(member.__traceback__)) for member in family(error)]
    for raised_by in (_raised_by_user, is_raised_by_server):
        for member, snapshot in members:
            if not isinstance(member, BaseExceptionGroup) and raised_by(snapshot):
                return member, snapshot
    return members[0]


def is_raised_by_server(snapshot: Snapshot) -> bool:
    """Whether a server raised an exception, at a call that was made to it."""
    for line in stack.lines(snapshot):
        kind = runtime.origins.of(line.filename).kind
        if kind in ("user", "framework"):
            return False
        if kind == "server":
            return True
    return False


def raise_snapshot(error: BaseException) -> Snapshot:
    """The frames from the raise of the original exception outward."""
    return original(error)[1]


def _raised_by_user(snapshot: Snapshot) -> bool:
    for line in stack.lines(snapshot):
        kind = runtime.origins.of(line.filename).kind
        if kind == "user":
            return True
        if kind == "server" or stack.is_border(line.code):
            return False
    return False


def wanted_status(error: BaseException) -> int | None:
    """The status an exception wanted to answer with; None when it is no answer."""
    for kind in type(error).__mro__:
        status = _answers.get(f"{kind.__module__}:{kind.__qualname__}")
        if status is not None:
            return status(error)
    return None


def _handler_ran(error: BaseException) -> bool:
    traceback = error.__traceback__
    while traceback is not None:
        frame: FrameType = traceback.tb_frame
        entry = _handlers.get(id(frame.f_code))
        if entry is not None and entry[1](frame.f_locals):
            return True
        traceback = traceback.tb_next
    return False


