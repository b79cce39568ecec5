"""Which requests are traced: a share of them (`sample`), and none whose path is excluded. Each is decided on once, where it is met first.

What a request that is left out costs is what makes respstart cheap on a busy staging: a look at each layer, and nothing is remembered.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from respstart.hooks.context import is_copy
from respstart.hooks.guard import fault
from respstart.hooks.runtime import runtime

# The request that is left out here: scope, environ or a framework's own.
_left_out: ContextVar[Any] = ContextVar("respstart_left_out", default=None)


def leaves_out(request: Any, path: Callable[[Any], str | None]) -> bool:
    """Whether a request that has no record yet is to have none; `path` tells its path, None of what is no HTTP request. Never fails."""
    try:
        where = path(request) if runtime.active else None
        if where is None:
            return False
        known = _left_out.get()  # perhaps of another request: contexts are inherited by whatever is started in them
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
    return _left_out.get() is not None


def left_out(request: Any, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Make a call for a request that is left out."""
    before = _left_out.get()
    _left_out.set(request)
    try:
        return call(*args, **kwargs)
    finally:
        _left_out.set(before)


async def left_out_async(request: Any, call: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> Any:
    """The same for a coroutine function."""
    before = _left_out.get()
    _left_out.set(request)
    try:
        return await call(*args, **kwargs)
    finally:
        _left_out.set(before)
