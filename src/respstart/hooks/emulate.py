"""Test clients that call a framework's handler without any server: Django's never calls start_response or send.

The response object itself is handed to the test, so that a late header is visible there and lost in production. The start is the
moment in which a real handler would copy the head; writes count only while framework or generator code runs, because what a test
does to its result is no attempt to change a response.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from respstart.core.record import ResponseRecord, Start
from respstart.core.stack import EMPTY
from respstart.hooks import asgi, failure, wsgi
from respstart.hooks.binding import Binding, watched
from respstart.hooks.context import current, leave, record_of
from respstart.hooks.guard import fault
from respstart.hooks.running import task_of_now
from respstart.hooks.starting import gathered, started

DJANGO_TEST_CLIENT = "django test client"


def birth(request: Any, protocol: str) -> ResponseRecord | None:
    """A record for a request that has no server; None when it has one already."""
    if record_of(request) is not None:
        return None
    if protocol == "asgi":
        return asgi.birth(request, DJANGO_TEST_CLIENT)
    record = wsgi.birth(request, DJANGO_TEST_CLIENT)
    if record is not None:
        record.weak = True  # a test need not close its response
    return record


def returned(record: ResponseRecord, before: ResponseRecord | None, error: Exception | None = None) -> None:
    """The handler is done: what comes now is the test's own code, until the body is iterated."""
    record.paused = True
    leave(record)
    current.set(before)
    if error is not None:
        wsgi.finish(record)


def start(record: ResponseRecord, binding: Binding, response: Any) -> None:
    """The head would be copied now."""
    head = binding.kind.head(response)
    binding.confirmed = True
    start = gathered(record, Start(EMPTY, binding.built, head[0], (), binding))
    start.task = task_of_now()
    started(record, start, head)
    if not getattr(response, "streaming", False):
        record.body_bytes, record.counted = len(response.content), False
        record.ends()


def closed(response: Any) -> None:
    """The response is closed: its record is done."""
    try:
        bound = watched.get(id(response))
        if bound is not None and (bound.record.server == DJANGO_TEST_CLIENT or bound.record.ends_with == id(response)):
            wsgi.finish(bound.record)
    except Exception as error:
        fault(error)


def iterated(iterable: Any) -> Iterator[Any]:
    """The body of a streaming response, as the test iterates over it."""
    record = current.get()
    return iterable if record is None else _iterate(record, iterable)


def _iterate(record: ResponseRecord, iterable: Any) -> Iterator[Any]:
    iterator = iter(iterable)
    while True:
        _resumes(record)
        try:
            chunk = next(iterator)
        except StopIteration:
            return
        except Exception as error:
            failure.failed(record, error)
            raise
        finally:
            record.paused = True
        _count(record, chunk)
        yield chunk


def aiterated(iterable: Any) -> AsyncIterator[Any]:
    """The same for an asynchronous body."""
    record = current.get()
    return iterable if record is None else _aiterate(record, iterable)


async def _aiterate(record: ResponseRecord, iterable: Any) -> AsyncIterator[Any]:
    iterator = aiter(iterable)
    while True:
        _resumes(record)
        try:
            chunk = await anext(iterator)
        except StopAsyncIteration:
            return
        except Exception as error:
            failure.failed(record, error)
            raise
        finally:
            record.paused = True
        _count(record, chunk)
        yield chunk


def _resumes(record: ResponseRecord) -> None:
    """The body is asked for its next chunk. Never fails."""
    try:
        record.resumes()
    except Exception as error:
        fault(error)


def _count(record: ResponseRecord, chunk: Any) -> None:
    """A chunk has been read. Never fails."""
    record.chunks += 1
    if isinstance(chunk, bytes):
        record.body_bytes += len(chunk)
