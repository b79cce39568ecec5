"""`sys.monitoring` (Python 3.12+): one tool id, and local events on single code objects only. Before 3.12 nothing can be watched."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import CodeType
from typing import Any

_TOOL_NAME = "respstart"
_CANDIDATES = (4, 3)  # 0, 1, 2 and 5 are the debugger's, coverage's, the profiler's and the optimizer's (sys.monitoring docs)

_tool: int | None = None
_callbacks: dict[str, Callable[..., Any]] = {}
_watched: dict[int, tuple[CodeType, int]] = {}


def claim(callbacks: dict[str, Callable[..., Any]]) -> str | None:
    """Get a tool id, and register a callback for each kind of event; returns why that was not possible, or None."""
    global _tool
    if sys.version_info < (3, 12):
        return "Python before 3.12 has no sys.monitoring: return lines are known only for functions with one return"
    for tool in _CANDIDATES:
        if sys.monitoring.get_tool(tool) is None:
            sys.monitoring.use_tool_id(tool, _TOOL_NAME)
            _callbacks.update(callbacks)
            for name, callback in callbacks.items():
                sys.monitoring.register_callback(tool, getattr(sys.monitoring.events, name), callback)
            _tool = tool
            return None
    return "other tools own the monitoring ids: return lines are known only for functions with one return"


def release() -> None:
    """Give the tool id back, with every local event."""
    global _tool
    if sys.version_info >= (3, 12) and _tool is not None:
        for code, _ in _watched.values():
            sys.monitoring.set_local_events(_tool, code, sys.monitoring.events.NO_EVENTS)
        for name in _callbacks:
            sys.monitoring.register_callback(_tool, getattr(sys.monitoring.events, name), None)
        sys.monitoring.free_tool_id(_tool)
    _callbacks.clear()
    _watched.clear()
    _tool = None


def can_watch() -> bool:
    """Whether a tool id was to be had."""
    return _tool is not None


def watch(code: CodeType, *names: str) -> None:
    """Have these events of a code object told, beside those that are told already."""
    _, events = _watched.get(id(code), (code, 0))
    _set(code, events | _events(names))


def unwatch(code: CodeType, *names: str) -> None:
    """Have these events of a code object told no more."""
    _, events = _watched.get(id(code), (code, 0))
    _set(code, events & ~_events(names))


def _events(names: tuple[str, ...]) -> int:
    return sum(getattr(sys.monitoring.events, name) for name in names) if sys.version_info >= (3, 12) else 0


def _set(code: CodeType, events: int) -> None:
    if sys.version_info >= (3, 12) and _tool is not None:
        sys.monitoring.set_local_events(_tool, code, events)
        if events:
            _watched[id(code)] = code, events
        else:
            _watched.pop(id(code), None)
