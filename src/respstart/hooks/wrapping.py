"""What most wrappers of row kinds are made of: the original, and a look before or after it, inside a guard."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from respstart.errors import LateMutationError
from respstart.hooks.guard import Probe, fault


def as_coroutine_function(original: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that returns what a coroutine function returns must be one itself: frameworks and servers ask."""
    if not inspect.iscoroutinefunction(original):
        return function

    async def coroutine_function(*args: Any, **kwargs: Any) -> Any:
        return await function(*args, **kwargs)

    return coroutine_function


def passing_on(original: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    """In the place of a coroutine function a plain one that returns its coroutine, where it can be marked: one less for each call."""
    if _mark is None or not inspect.iscoroutinefunction(original):
        return as_coroutine_function(original, function)
    marked: Callable[..., Any] = _mark(function)
    return marked


def passing_on_application(original: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    """The same for an ASGI application's `__call__`, by whose parameters its frames are known."""
    if _mark is not None or not inspect.iscoroutinefunction(original):
        return passing_on(original, function)

    async def pass_on(self: Any, scope: Any, receive: Any, send: Any) -> Any:
        return await function(self, scope, receive, send)

    return pass_on


_mark: Callable[[Any], Any] | None = getattr(inspect, "markcoroutinefunction", None)  # from Python 3.12 on


def before(original: Any, probe: Probe, call: Callable[[Any, Any], None]) -> Any:
    """The original, after `call(args, kwargs)` has had a look."""

    def before(*args: Any, **kwargs: Any) -> Any:
        if probe.armed:
            try:
                call(args, kwargs)
            except Exception as error:
                fault(error, probe)
        return original(*args, **kwargs)

    return as_coroutine_function(original, before)


def _unless_chosen(error: Exception, probe: Probe) -> None:
    if isinstance(error, LateMutationError):
        raise error  # mode `raise`, by the user's explicit choice
    fault(error, probe)


def with_result(original: Any, probe: Probe, call: Callable[[Any, Any], None]) -> Any:
    """The original, and `call(args, result)` once it has returned."""

    if inspect.iscoroutinefunction(original):

        async def after_async(*args: Any, **kwargs: Any) -> Any:
            result = await original(*args, **kwargs)
            if probe.armed:
                try:
                    call(args, result)
                except Exception as error:
                    _unless_chosen(error, probe)
            return result

        return after_async

    def after(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        if probe.armed:
            try:
                call(args, result)
            except Exception as error:
                _unless_chosen(error, probe)
        return result

    return after
