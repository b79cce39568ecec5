"""Rows of a table as patches: applied when their module is imported, undone exactly. The only file that imports wrapt.

Class attributes are replaced by plain functions, never by proxies, and never classes or objects. Undo restores the identical
original where our function still stands in the slot; under a foreign wrapper it is spliced out or, failing that, left disarmed.
"""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import wrapt

from respstart.hooks.guard import Probe, fault
from respstart.hooks.wrapping import as_coroutine_function
from respstart.model import ProbeStatus

_ABSENT = object()


class SiteError(LookupError):
    """A site does not exist in the installed version."""


def split(site: str) -> tuple[str, str]:
    """`"module:path"` as module and dotted path."""
    module, _, path = site.partition(":")
    return module, path


def holder_of(site: str) -> tuple[Any, str]:
    """The object that has the attribute a site names, and the attribute's name; raises SiteError when it is not there."""
    module, path = split(site)
    *outer, name = path.split(".")
    holder: Any = sys.modules[module]
    for part in outer:
        holder = vars(holder).get(part, _ABSENT)
        if holder is _ABSENT:
            raise SiteError(site)
    return _as_it_was_defined(holder, module, ".".join(outer)), name


def _as_it_was_defined(holder: Any, module: str, path: str) -> Any:
    """The class itself where another tool has put a subclass in its place: instances that were made before are the class's own."""
    bases = holder.__mro__ if isinstance(holder, type) else ()
    return next((base for base in bases if (base.__module__, base.__qualname__) == (module, path)), holder)


def code_of(site: str) -> types.CodeType:
    """The code object that a site names; `.<locals>.` steps into a function's nested functions. Raises SiteError."""
    module, path = split(site)
    outer, *nested = path.split(".<locals>.")
    holder, name = holder_of(f"{module}:{outer}")
    target = vars(holder).get(name, _ABSENT)
    target = getattr(target, "__func__", target)
    while hasattr(target, "__wrapped__"):
        target = target.__wrapped__
    code = getattr(target, "__code__", None)
    if code is None:
        raise SiteError(site)
    for part in nested:
        code = next((const for const in code.co_consts if isinstance(const, types.CodeType) and const.co_name == part), None)
        if code is None:
            raise SiteError(site)
    return code


@dataclass(slots=True, eq=False)
class Patch:
    """One replaced attribute: what was there, what we put there, and how to take it away again."""

    probe: Probe
    holder: Any
    name: str
    original: Any
    ours: Any
    absent: bool

    def undo(self) -> str:
        """Take our function out; returns what had to be done if it was not simply there."""
        self.probe.armed = False
        current = vars(self.holder).get(self.name, _ABSENT)
        if current is self.ours:
            if self.absent:
                delattr(self.holder, self.name)
            else:
                setattr(self.holder, self.name, self.original)
            return ""
        return self._splice(current)

    def _splice(self, outer: Any) -> str:
        """A wrapt wrapper was put on ours by somebody else: let it wrap the original instead."""
        for _ in range(16):
            inner = getattr(outer, "__wrapped__", None) if isinstance(outer, (wrapt.ObjectProxy, wrapt.FunctionWrapper)) else None
            if inner is None:
                return "another wrapper is on top of it; left in place, switched off"
            if inner is self.ours:
                outer.__wrapped__ = self.original
                return "spliced out from under another wrapper"
            outer = inner
        return "left in place, switched off"


def _inherited_from_c(holder: Any, name: str) -> Any:
    """A method that a class has from one that is written in C, which cannot be patched itself; None for any other."""
    for base in holder.__mro__ if isinstance(holder, type) else ():
        if name in vars(base):
            method = vars(base)[name]
            return method if base is not object and isinstance(method, _METHODS_IN_C) else None
    return None


def _as_it_is_called(original: Any) -> Any:
    """A method; where another tool has put an object that is called like one, a function that binds it, as looking it up does."""
    if type(original).__module__ == "builtins" or not callable(original) or not hasattr(type(original), "__get__"):
        return original

    def bound(self: Any, *args: Any, **kwargs: Any) -> Any:
        return original.__get__(self, type(self))(*args, **kwargs)

    return functools.update_wrapper(as_coroutine_function(original, bound), original)


_METHODS_IN_C = (types.MethodDescriptorType, types.WrapperDescriptorType)

Make = Callable[[Any, Probe], Any]


def replace(site: str, probe: Probe, make: Make, *, may_be_absent: bool = False) -> Patch:
    """Put `make(original, probe)` where `site` points to. Raises SiteError when nothing is there and something must be."""
    holder, name = holder_of(site)
    original = vars(holder).get(name, _ABSENT)
    absent = original is _ABSENT
    if absent:
        original = _inherited_from_c(holder, name)
        if original is None and not may_be_absent:
            raise SiteError(site)
    ours = make(_as_it_is_called(original) if isinstance(holder, type) else original, probe)
    if isinstance(ours, types.FunctionType) and callable(original):
        functools.update_wrapper(ours, original)
    if isinstance(ours, property):
        ours.__set_name__(holder, getattr(original, "__name__", name))  # type: ignore[attr-defined]  # its errors tell it
    setattr(holder, name, ours)
    return Patch(probe, holder, name, original, ours, absent)


class Patcher:
    """Applies groups of steps as their modules are imported, and undoes them all, last first."""

    def __init__(self) -> None:
        self.patches: list[Patch] = []
        self.statuses: dict[tuple[str, str, str], ProbeStatus] = {}
        self.rows: list[Any] = []  # what has been applied, so that nothing is wrapped twice because two tables say so
        self.existing: list[tuple[type, Callable[[Any], list[Any]]]] = []  # kinds of objects that may have been made before
        self._live = True
        self.came_late = False  # whether the module that is being patched was imported, and used perhaps, before

    def when_imported(self, module: str, apply: Callable[[], None]) -> None:
        """Call `apply` once `module` is imported (now, if it is). It must not raise: an exception would break the user's import."""

        def hook(_: Any) -> None:
            if not self._live:
                return
            try:
                apply()
            except Exception as error:
                fault(error)

        if module in sys.modules and not _is_being_imported(sys.modules[module]):
            self.came_late = True
            hook(None)
            self.came_late = False
        else:
            wrapt.register_post_import_hook(hook, module)

    def note(self, probe: Probe, state: Any, reason: str = "") -> None:
        """Remember what became of a probe, for `doctor`."""
        key = (probe.integration, probe.kind, probe.site)
        self.statuses[key] = ProbeStatus(*key, state, reason)

    def undo(self) -> None:
        """Take every patch away again, last first."""
        self._live = False
        for patch in reversed(self.patches):
            self.note(patch.probe, "removed", patch.undo())
        self.patches.clear()


def _is_being_imported(module: types.ModuleType) -> bool:
    return bool(getattr(getattr(module, "__spec__", None), "_initializing", False))


