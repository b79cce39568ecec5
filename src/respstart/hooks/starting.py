"""A response is started: the evidence for its author is gathered, and what goes out with it is watched from now on."""

from __future__ import annotations

import inspect
import sys
from collections import defaultdict
from types import CodeType, FrameType
from typing import Any, TypeVar

from respstart.core import stack
from respstart.core.attribution import functions_of
from respstart.core.record import Clues, ResponseRecord, Start, family
from respstart.hooks import length
from respstart.hooks.binding import bind, bind_session, watched
from respstart.hooks.context import current
from respstart.hooks.running import created_here
from respstart.hooks.runtime import runtime
from respstart.integrations.rows import Keeps, ResponseKind

Evidence = TypeVar("Evidence", bound=Clues)

# Sessions that lie under a key of scope, environ or a framework's own request, by protocol (or framework) and key.
kept_sessions: defaultdict[str, dict[str, Keeps]] = defaultdict(dict)

# Code of endpoints whose return is watched, by id: one that has not been seen to return has not answered.
return_watched: dict[int, CodeType] = {}


def provided_here(response: Any, kind: ResponseKind) -> None:
    """Remember the response object that the framework made for this request; its head goes out with the start."""
    record = current.get()
    if record is not None and not record.finished:
        record.provided = response, kind


def filled_here(response: Any, frame: FrameType | None) -> None:
    """Remember who attached the body to a provided response."""
    record = current.get()
    if record is not None and not record.finished:
        record.filled = id(response), stack.capture(frame, 16)


def _bind_session(record: ResponseRecord, session: Any, row: Keeps) -> None:
    """Watch a session of scope or environ, whose cookie is in the head."""
    known = watched.get(id(record.request))
    if known is None or known.record is not record:  # else the framework has told itself when the cookie was decided
        bind_session(record, session, row.kind).savable = row.savable(session, record.request)


def started(record: ResponseRecord, start: Start, head: tuple[Any, tuple[Any, ...]] | None) -> None:
    """A response has been started: what waited for its head is judged, and what goes out with it is watched."""
    if start.thread != record.thread or start.task != record.task:
        start.created = created_here()
    record.start = start
    length.keep_head(record, head)
    if record.trouble is not None:
        record.judges(final=False)
    if runtime.on_start or (runtime.has_spans and record.span is None):
        runtime.started(record)
    if record.provided is not None and record.rendering is None:
        bind(record, *record.provided).confirmed = True
        record.provided = None  # from now on the binding holds it, weakly if possible
    # A framework's own request need not be a mapping at all.
    kept = kept_sessions.get(record.protocol if record.protocol != "native" else record.framework or "")
    if kept is not None:
        for key, row in kept.items():
            session = record.request.get(key)
            if session is not None:
                _bind_session(record, session, row)
    error = sys.exception()
    if error is not None:  # a start that is made while an exception is handled answers it: raised on afterwards, it is not late
        record.answered = family(error)
        if record.outside is not None:  # a bridge may raise it once more
            record.outside.answered = record.answered


def gathered(record: ResponseRecord, clues: Evidence) -> Evidence:
    """The evidence for a head that is being started now, with what the record has seen before the start."""
    returned = record.returned
    endpoint = record.endpoint
    if record.start is not None:  # the evidence for a second head is only what came after the first
        first = record.start
        returned = None if returned is not None and first.returned == returned[:2] else returned
        # Where returns are not watched, the endpoint may have returned this one.
        endpoint = record.find_endpoint(record.app, record.request) if not return_watched and record.find_endpoint is not None else None
    elif returned is None and record.find_endpoint is not None and not _is_users(endpoint):
        endpoint = record.find_endpoint(record.app, record.request)
        if endpoint is not None and not record.generated and any(_would_have_returned(code) for code in functions_of(endpoint)):
            endpoint = None  # it was not called, or raised: the framework answered
    if record.filled is not None and record.provided is not None and record.filled[0] == id(record.provided[0]):
        clues.built = clues.built or record.filled[1]
    clues.raised = record.raised
    clues.endpoint = endpoint
    if returned is not None:
        clues.returned = returned[:2]
    if record.body is not None:
        clues.yielded = stack.capture_suspended(record.body)
    return clues


def _is_users(endpoint: Any) -> bool:
    """A view that is a framework's own only stands for the user function that it asks: that is no evidence."""
    return endpoint is not None and any(runtime.origins.is_user(code.co_filename) for code in functions_of(endpoint))


def _would_have_returned(code: CodeType) -> bool:
    return id(code) in return_watched and not code.co_flags & (inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR)
