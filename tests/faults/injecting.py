"""Which functions of respstart are reached, found by running; and how one is made to raise, wherever its name was imported to."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from types import CodeType, FunctionType
from typing import Any, TypeVar

import respstart

Key = TypeVar("Key", bound=Hashable)
_FOLDER = os.path.dirname(os.path.abspath(respstart.__file__)) + os.sep
_PARTS = tuple(_FOLDER + part for part in ("hooks", "core", "integrations", "reporters", "budget.py", "tracer.py", "looking.py", "model.py"))


def reached(runs: Mapping[Key, Callable[[], Any]]) -> dict[FunctionType, list[Key]]:
    """Every function that the runs call inside of respstart, and by which of them, but for those made per patch or request (they are the hooks)."""
    callers: dict[CodeType, list[Key]] = {}
    for key, run in runs.items():
        for code in _codes(run):
            callers.setdefault(code, []).append(key)
    found = {each.__code__: each for each in gc.get_objects() if type(each) is FunctionType and each.__code__ in callers}
    functions = sorted((each for code, each in found.items() if not code.co_freevars), key=name_of)
    return {each: callers[each.__code__] for each in functions}


def _codes(run: Callable[[], Any]) -> set[CodeType]:
    codes: set[CodeType] = set()

    def note(frame: Any, event: str, argument: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(_PARTS):
            codes.add(frame.f_code)

    before = sys.getprofile()
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(before)
        threading.setprofile(None)
    return codes


def name_of(function: FunctionType) -> str:
    """Module and qualified name."""
    return f"{function.__module__.removeprefix('respstart.')}:{function.__qualname__}@{function.__code__.co_firstlineno}"


@contextmanager
def raising(function: FunctionType, error: type[BaseException]) -> Iterator[None]:
    """The function raises `error` whenever it is called."""
    made: dict[str, Any] = {}
    exec(f"def explode(*args, **kwargs):\n    raise {error.__name__}('inside respstart')", made)
    before = function.__code__
    function.__code__ = made["explode"].__code__.replace(co_filename=before.co_filename, co_name=before.co_name)
    try:
        yield
    finally:
        function.__code__ = before
