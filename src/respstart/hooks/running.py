"""What runs now: which task, and where the task, timer, job or thread was created.

The latter is recorded only when it is asked for, because it costs a little at each creation.
"""

from __future__ import annotations

import sys
import threading
from types import CodeType, FrameType
from typing import Any

from respstart.core import stack
from respstart.core.stack import EMPTY, Snapshot
from respstart.hooks.guard import fault
from respstart.hooks.identity import ByIdentity

_LIMIT = 24

_created: ByIdentity[Snapshot] = ByIdentity()

# Code that runs what was created, by id, with the name of the local that holds it.
_runners: dict[int, tuple[CodeType, str]] = {}


def task_now() -> Any:
    """The running asyncio task; None outside of one (and under trio)."""
    try:
        return _current_task()
    except RuntimeError:
        return None


def task_of_now(known: tuple[int, str] | None = None) -> tuple[int, str] | None:
    """Identity and name of the running asyncio task, which is perhaps the `known` one; None outside of one (and under trio)."""
    try:
        task = _current_task()
    except RuntimeError:
        return None
    if task is None:
        return None
    return known if known is not None and known[0] == id(task) else (id(task), task.get_name())


def _current_task() -> Any:
    # asyncio is imported by whoever runs a loop, never by us; from then on its own function stands here.
    global _current_task
    asyncio = sys.modules.get("asyncio")
    current_task = getattr(asyncio, "current_task", None)
    if current_task is None:
        return None
    _current_task = current_task
    return current_task()


def remember_creation(thing: Any, frame: FrameType | None) -> None:
    """Remember who created something that will run later or elsewhere. Never fails."""
    try:
        _created.remember(thing, stack.capture(frame, _LIMIT))
    except Exception as error:
        fault(error)


def add_runner(code: CodeType, local: str) -> None:
    """Know code that runs what was created, which it has in a local variable."""
    _runners[id(code)] = code, local


def forget_creations() -> None:
    """Respstart is switched off."""
    _created.clear()
    _runners.clear()


def created_here() -> Snapshot:
    """Where what runs now was created: the task, else the timer or the job of an executor, else the thread; empty if it is not known."""
    if not _runners:
        return EMPTY
    task = task_now()
    if task is not None:
        return _created.get(task) or EMPTY
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        runner = _runners.get(id(frame.f_code))
        thing = frame.f_locals.get(runner[1]) if runner is not None else None
        found = _created.get(getattr(thing, "future", thing)) if thing is not None else None
        if found:
            return found
        frame = frame.f_back
    return _created.get(threading.current_thread()) or EMPTY
