"""Where a record lives: a map from environ or scope, and a context variable.

Nothing is put into environ or scope: applications print, copy and compare them. A context variable does not reach threads and timers,
and on a WSGI worker thread it would leak into the next request, so it is reset when the request ends, and never trusted for another one.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from respstart.core.record import ResponseRecord
from respstart.hooks.guard import fault

current: ContextVar[ResponseRecord | None] = ContextVar("respstart_record", default=None)
current.set(None)  # so that it is a variable of every context from the start, and not one more inside of a request

# id(scope or environ) -> its record, while the application is being called.
_by_request: dict[int, ResponseRecord] = {}


def enter(record: ResponseRecord) -> ResponseRecord | None:
    """The application is about to be called for a request; returns the record that was current before. Never fails."""
    try:
        before = current.get()
        record.key = id(record.request)
        _by_request[record.key] = record
        current.set(record)
        return before if before is None or not before.lent else None
    except Exception as error:
        fault(error)
        return None


def stay(record: ResponseRecord) -> None:
    """The application has been called, and its body will run: until then its request is still looked up by identity."""
    _by_request[record.key] = record


def leave(record: ResponseRecord) -> None:
    """The application is done: its request is not looked up by identity any more."""
    if _by_request.get(record.key) is record:  # by now it may be another request's, which is not to be missed for a moment
        del _by_request[record.key]


def record_of(request: Any) -> ResponseRecord | None:
    """The record of a scope or environ, or of one that it was copied from. Never fails."""
    record = _by_request.get(id(request))  # as `by_identity`, without a call: a request asks several times
    if record is not None and record.request is request:
        return record
    record = current.get()
    if record is None or record.finished or record.protocol == "native":
        return None
    try:
        return record if is_copy(request, record.request) else None
    except Exception as error:
        fault(error)
        return None


def by_identity(request: Any) -> ResponseRecord | None:
    """The record of this very object, while the application is being called."""
    record = _by_request.get(id(request))
    return record if record is not None and record.request is request else None


def is_copy(request: Any, original: Any) -> bool:
    """Copies share the objects inside; a request of its own brings its own, but for the client's address: all of httpx have one."""

    def shares(key: str) -> bool:
        value = request.get(key)
        return value is not None and value is original.get(key)

    if "wsgi.input" in original:
        return shares("wsgi.input")
    return shares("headers") or shares("state") or (shares("client") and shares("server"))
