"""Which requests are traced: a share of them (`sample`), and none whose path is excluded. Each is decided on once, where it is met first.

What a request that is left out costs is what makes respstart cheap on a busy staging: a look at each layer, and nothing is remembered.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from respstart.core.record import ResponseRecord
from respstart.hooks.context import current, is_copy
from respstart.hooks.guard import fault
from respstart.hooks.runtime import runtime


class _LeftOut:
    """A request that is left out (scope, environ, or the arguments of a framework's own), until it is over.

    Contexts that were inherited from it (of tasks, timers, the server's own callbacks) live on, and know then that it is.
    """

    __slots__ = ("request",)

    def __init__(self, request: Any) -> None:
        self.request = request


_left_out: ContextVar[_LeftOut | None] = ContextVar("respstart_left_out", default=None)


def leaves_out(request: Any, path: Callable[[Any], str | None]) -> bool:
    """Whether a request that has no record yet is to have none; `path` tells its path, None of what is no HTTP request. Never fails."""
    try:
        where = path(request) if runtime.active else None
        if where is None:
            return False
        left_out = _left_out.get()
        known = left_out.request if left_out is not None else None
        if known is not None and (known is request or (isinstance(known, dict) and is_copy(request, known))):
            return True
        if runtime.sample < 1.0 and random.random() >= runtime.sample:  # noqa: S311 - a choice of requests, not a secret
            return True
        return any(pattern.search(where) for pattern in runtime.excluded)
    except Exception as error:
        fault(error)
        return False


def is_left_out() -> bool:
    """Whether code of a request that is left out runs here: what it makes need not be remembered."""
    left_out = _left_out.get()
    return left_out is not None and left_out.request is not None


def run_left_out(request: Any, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Make a call for a request that is left out."""
    before = _begin(request)
    try:
        return call(*args, **kwargs)
    finally:
        _end(before)


async def run_left_out_async(request: Any, call: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> Any:
    """The same for a coroutine function."""
    before = _begin(request)
    try:
        return await call(*args, **kwargs)
    finally:
        _end(before)


_Before = tuple[_LeftOut | None, ResponseRecord | None]


def _begin(request: Any) -> _Before:
    before = _left_out.get(), current.get()
    _left_out.set(_LeftOut(request))
    if before[1] is not None:  # asked within another request: what it does is not that one's
        current.set(None)
    return before


def _end(before: _Before) -> None:
    here = _left_out.get()
    if here is not None:
        here.request = None
    _left_out.set(before[0])
    if before[1] is not None:
        current.set(before[1])
