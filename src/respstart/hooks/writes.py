"""Writes to watched objects: methods and attributes of response objects and sessions, as patches.

While nothing is watched, or not this object, a write costs one look-up by identity more.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from respstart.errors import LateMutationError
from respstart.hooks import binding, follow, late, starting
from respstart.hooks.binding import watched
from respstart.hooks.guard import Probe, fault
from respstart.hooks.patching import SiteError
from respstart.hooks.runtime import runtime
from respstart.integrations.rows import Fills, HandsOut, Mutates, Mutators, Sets

Assigns = Callable[[Any, Any], None]


def mutates(row: Mutates, original: Any, probe: Probe) -> Any:
    """A method that writes to a watched object, or to a part of one."""
    part = row.part or _itself
    return _async_method(part, original, probe) if inspect.iscoroutinefunction(original) else _method(part, original, probe)


def _async_method(part: Callable[[Any], Any], original: Any, probe: Probe) -> Any:
    async def write_async(self: Any, *args: Any, **kwargs: Any) -> Any:
        bound = _bound(probe, part, self, sys._getframe(1)) if watched else None
        try:
            return await original(self, *args, **kwargs)
        finally:
            if bound is not None:
                _written(probe, bound, sys._getframe(1))

    return write_async


def _method(part: Callable[[Any], Any], original: Any, probe: Probe) -> Any:
    def write_watched(frame: FrameType, self: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        bound = _outermost(_bound(probe, part, self, frame))
        try:
            return original(self, *args, **kwargs)
        finally:
            if bound is not None:
                _written(probe, bound, frame)

    by_part = part is not _itself
    # This one is called by the interpreter itself, always in the same way: a fixed signature saves packing and unpacking.
    if getattr(original, "__name__", "") == "__setitem__":

        def write_item(self: Any, key: Any, value: Any) -> Any:
            if watched if by_part else id(self) in watched:
                return write_watched(sys._getframe(1), self, (key, value), {})
            return original(self, key, value)

        return write_item

    def write(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        if watched if by_part else id(self) in watched:
            return write_watched(sys._getframe(1), self, args, kwargs)
        return original(self, *args, **kwargs)

    return write


def mutators(row: Mutators, original: Any, probe: Probe) -> Any:
    """A decorator that makes methods which write to a watched object."""

    def make(function: Any) -> Any:
        method = original(function)
        return functools.update_wrapper(mutates(Mutates(str(row.site), (), row.part), method, probe), method)

    return make


def _itself(owner: Any) -> Any:
    return owner


def _bound(probe: Probe, part: Callable[[Any], Any], owner: Any, frame: FrameType) -> Any:
    """The binding of the part of `owner` that is about to be written to; None when it is not watched, or still being made."""
    try:
        target = part(owner)
        bound = watched.get(id(target))
        if bound is None or (bound.injected and id(frame.f_code) in binding.injectors):
            return None
        if probe.armed and bound.holds(target):
            late.about_to_write(bound)
            return bound
    except LateMutationError:
        raise  # mode `raise`, by the user's explicit choice
    except Exception as error:
        fault(error, probe)
    return None


def _outermost(bound: Any) -> Any:
    """The binding unless it is in the middle of a write already: what a method does by several others is one write."""
    if bound is None or bound.writing:
        return None
    bound.writing = True
    return bound


def _written(probe: Probe, bound: Any, frame: Any) -> None:
    """A watched object has been written to."""
    bound.writing = False
    try:
        late.wrote(bound, frame)
    except LateMutationError:
        raise  # mode `raise`, by the user's explicit choice
    except Exception as error:
        fault(error, probe)


def sets(row: Sets, original: Any, probe: Probe) -> Any:
    """An attribute whose assignment is a write to a watched object."""
    part = row.part or _itself

    def assign(assigns: Assigns, owner: Any, value: Any) -> None:
        bound = _bound(probe, part, owner, sys._getframe(2)) if watched else None
        assigns(owner, value)
        if bound is not None:
            _written(probe, bound, sys._getframe(2))

    return _attribute(row.site, original, assign, only_watched=row.part is None)


def fills(row: Fills, original: Any, probe: Probe) -> Any:
    """An attribute or a method by which a provided response is given its body."""

    def filled(args: tuple[Any, ...], frame: Any) -> None:
        try:
            starting.filled_here(row.owner(args), frame)
        except Exception as error:
            fault(error, probe)

    def assign(assigns: Assigns, owner: Any, value: Any) -> None:
        if value is not None and probe.armed:
            filled((owner,), sys._getframe(2))
        assigns(owner, value)

    def fill(self: Any, *args: Any, **kwargs: Any) -> Any:
        if probe.armed:
            filled((self, *args), sys._getframe(1))
        return original(self, *args, **kwargs)

    return fill if inspect.isfunction(original) else _attribute(row.site, original, assign)


def hands_out(row: HandsOut, original: Any, probe: Probe) -> Any:
    """A property or slot that hands out a part of a watched object whose writes cannot be seen."""
    if not hasattr(type(original), "__set__"):
        raise SiteError(row.site)
    part = row.part or _itself
    getter: Any = original.fget if isinstance(original, property) else original.__get__

    def get_and_tell(self: Any) -> Any:
        if watched:
            _taken(probe, part, self, sys._getframe(1))
        return getter(self)

    if isinstance(original, property):
        functools.update_wrapper(get_and_tell, getter)
        return property(get_and_tell, original.fset, original.fdel, original.__doc__)
    return property(get_and_tell, original.__set__, original.__delete__)


def _taken(probe: Probe, part: Callable[[Any], Any], owner: Any, frame: Any) -> None:
    """A part of an object is handed out. Only those who write there matter: frameworks read, and so do we."""
    try:
        bound = _bound(probe, part, owner, frame) if runtime.origins.writes(frame.f_code.co_filename) else None
        if bound is not None:
            follow.follow(bound, frame)
    except LateMutationError:
        raise  # mode `raise`, by the user's explicit choice
    except Exception as error:
        fault(error, probe)


def _attribute(site: str, original: Any, assign: Callable[[Assigns, Any, Any], None], *, only_watched: bool = False) -> Any:
    """A descriptor in the place of `original` (a property, a slot, a default, or None) whose assignments go through `assign`.

    With `only_watched`, those to an object that is not watched need not.
    """
    if hasattr(type(original), "__set__"):
        if isinstance(original, property) and original.fset is None:
            raise SiteError(site)
        # A property must stay one (its functions are public), and a slot may become one.
        setter: Any = original.fset if isinstance(original, property) else original.__set__
        getter = original.fget if isinstance(original, property) else original.__get__
        deleter = original.fdel if isinstance(original, property) else original.__delete__

        def set_and_tell(self: Any, value: Any) -> None:
            if only_watched and id(self) not in watched:
                setter(self, value)
            else:
                assign(setter, self, value)

        functools.update_wrapper(set_and_tell, setter)
        return property(getter, set_and_tell, deleter, original.__doc__)
    name = site.rpartition(".")[2]
    return (
        Attribute(name, assign, only_watched) if original is None else DefaultedAttribute(name, assign, only_watched, original)
    )


class Attribute:
    """A plain attribute of response objects. Values stay in the instance's own dict."""

    __slots__ = ("_assign", "_name", "_only_watched")

    def __init__(self, name: str, assign: Callable[[Assigns, Any, Any], None], only_watched: bool) -> None:
        self._name = name
        self._assign = assign
        self._only_watched = only_watched

    def _assigns(self, owner: Any, value: Any) -> None:
        owner.__dict__[self._name] = value

    def __set__(self, owner: Any, value: Any) -> None:
        if self._only_watched and id(owner) not in watched:
            owner.__dict__[self._name] = value
        else:
            self._assign(self._assigns, owner, value)

    def __delete__(self, owner: Any) -> None:
        try:
            del owner.__dict__[self._name]
        except KeyError:
            raise AttributeError(self._name) from None


class DefaultedAttribute(Attribute):
    """The same where the class itself has a value, which must still be read from the class and from instances without one."""

    __slots__ = ("_default",)

    def __init__(self, name: str, assign: Callable[[Assigns, Any, Any], None], only_watched: bool, default: Any) -> None:
        super().__init__(name, assign, only_watched)
        self._default = default

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        return self._default if owner is None else owner.__dict__.get(self._name, self._default)
