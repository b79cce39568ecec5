"""The line on which an endpoint returned, through `sys.monitoring` (Python 3.12+): local events on the endpoint's own code only.

Before 3.12, or when other tools own every monitoring id, attribution falls back to the only return of the function, or its def.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from types import CodeType
from typing import Any

from respstart.core.attribution import functions_of
from respstart.hooks.binding import current, return_watched
from respstart.hooks.guard import fault
from respstart.hooks.runtime import runtime

_TOOL_NAME = "respstart"
_CANDIDATES = (4, 3)  # 0, 1, 2 and 5 are the debugger's, coverage's, the profiler's and the optimizer's (sys.monitoring docs)

_tool: int | None = None


def switch_on() -> str | None:
    """Claim a monitoring id; returns why that was not possible, or None."""
    global _tool
    if sys.version_info < (3, 12):
        return "Python before 3.12 has no sys.monitoring: return lines are known only for functions with one return"
    for tool in _CANDIDATES:
        if sys.monitoring.get_tool(tool) is None:
            sys.monitoring.use_tool_id(tool, _TOOL_NAME)
            sys.monitoring.register_callback(tool, sys.monitoring.events.PY_RETURN, _returned)
            _tool = tool
            return None
    return "other tools own the monitoring ids: return lines are known only for functions with one return"


def switch_off() -> None:
    """Give the monitoring id back, with every local event."""
    global _tool
    if sys.version_info >= (3, 12) and _tool is not None:
        for code in return_watched.values():
            sys.monitoring.set_local_events(_tool, code, sys.monitoring.events.NO_EVENTS)
        sys.monitoring.register_callback(_tool, sys.monitoring.events.PY_RETURN, None)
        sys.monitoring.free_tool_id(_tool)
    return_watched.clear()
    _tool = None


def arm(functions: Any) -> None:
    """Watch where a user function, or each of a list of them, returns; decorators are looked through."""
    if sys.version_info < (3, 12) or _tool is None or functions is None:
        return
    try:
        for function in functions if isinstance(functions, list) else [functions]:
            for code in functions_of(function):
                if id(code) not in return_watched and runtime.origins.is_user(code.co_filename):
                    return_watched[id(code)] = code
                    sys.monitoring.set_local_events(_tool, code, sys.monitoring.events.PY_RETURN)
    except Exception as error:
        fault(error)


def arm_existing(kind: type, functions: Callable[[Any], list[Any]]) -> None:
    """Arm what was registered before respstart was installed."""
    for candidate in gc.get_objects():
        # Not isinstance: that asks `__class__`, and a lazy object of the application would come to life.
        if issubclass(type(candidate), kind):
            arm(functions(candidate))


def _returned(code: CodeType, offset: int, value: object) -> None:
    """Keep the first return of this very value: a decorator that passes it on did not write it.

    Also when the request is over: a view that goes on behind a middleware that gave up starts a second response in the end.
    """
    record = current.get()
    if record is None:
        return
    returned = record.returned
    if returned is None or returned[2] != id(value):
        record.returned = (code, offset, id(value))
