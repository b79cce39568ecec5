"""The line on which an endpoint returned, through `sys.monitoring` (Python 3.12+): local events on the endpoint's own code only.

Before 3.12, or when other tools own every monitoring id, attribution falls back to the only return of the function, or its def.
"""

from __future__ import annotations

import gc
import inspect
from collections.abc import Callable
from types import AsyncGeneratorType, CodeType, GeneratorType
from typing import Any

from respstart.core.attribution import functions_of
from respstart.hooks import failure, follow, monitoring
from respstart.hooks.context import current
from respstart.hooks.guard import fault
from respstart.hooks.runtime import runtime
from respstart.hooks.starting import return_watched


def switch_on() -> str | None:
    """Begin to watch; returns why that is not possible, or None."""
    return monitoring.claim({"PY_RETURN": _returned, "LINE": follow.on_line, "CALL": follow.on_call})


def switch_off() -> None:
    """Watch nothing any more."""
    monitoring.release()
    follow.forget()
    return_watched.clear()


def arm(functions: Any) -> None:
    """Watch where a user function, or each of a list of them, returns; decorators are looked through."""
    if functions is None or not monitoring.can_watch():
        return
    try:
        for function in functions if isinstance(functions, list) else [functions]:
            for code in functions_of(function):
                if id(code) not in return_watched and runtime.origins.is_user(code.co_filename):
                    return_watched[id(code)] = code
                    if not code.co_flags & (inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR):  # what these return is no answer
                        monitoring.watch(code, "PY_RETURN")
    except Exception as error:
        fault(error)


def arm_existing(kinds: list[tuple[type, Callable[[Any], list[Any]]]]) -> None:
    """Arm what was registered before respstart was installed: one walk for all kinds of objects that have functions."""
    if not kinds or not monitoring.can_watch():
        return
    of_type: dict[type, list[Callable[[Any], list[Any]]]] = {}
    for candidate in gc.get_objects():
        # Not isinstance: that asks `__class__`, and a lazy object of the application would come to life.
        found = of_type.get(type(candidate))
        if found is None:
            found = of_type[type(candidate)] = [functions for kind, functions in kinds if issubclass(type(candidate), kind)]
        for functions in found:
            arm(functions(candidate))


_GENERATORS = (GeneratorType, AsyncGeneratorType)


def _code_of(generator: GeneratorType[Any, Any, Any] | AsyncGeneratorType[Any, Any]) -> int:
    return id(generator.gi_code if isinstance(generator, GeneratorType) else generator.ag_code)


def _returned(code: CodeType, offset: int, value: object) -> None:
    """Keep the first return of this very value: a decorator that passes it on did not write it.

    Also when the request is over: a view that goes on behind a middleware that gave up starts a second response in the end.
    """
    try:
        if follow.followers:
            follow.on_return(code)
        record = current.get()
        if record is None or id(code) not in return_watched:
            return
        if isinstance(value, _GENERATORS) and _code_of(value) in return_watched:
            record.generated = True  # a decorator passes on the endpoint's own generator
            return
        returned = record.returned
        if returned is None or returned[2] != id(value):
            record.returned = (code, offset, id(value))
    except Exception as error:  # it would be raised in the function that returns
        failure.unless_chosen(error)
