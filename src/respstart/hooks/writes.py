"""Writes to watched objects: methods and attributes of response objects and sessions, as patches.

While nothing is watched, or not this object, a write costs one look-up by identity more.
"""

from __future__ import annotations

import functools
import inspect
import sys
from typing import Any

from respstart.errors import LateMutationError
from respstart.hooks import binding
from respstart.hooks.binding import watched
from respstart.hooks.guard import Probe, fault
from respstart.hooks.patching import SiteError
from respstart.integrations.rows import Mutates, Sets


def mutates(row: Mutates, original: Any, probe: Probe) -> Any:
    """A method that writes to a watched object, or to a part of one."""
    part = row.part or _itself
    if inspect.iscoroutinefunction(original):

        async def write_async(self: Any, *args: Any, **kwargs: Any) -> Any:
            bound = _bound(probe, part(self)) if watched else None
            try:
                return await original(self, *args, **kwargs)
            finally:
                if bound is not None:
                    _written(probe, bound, sys._getframe(1))

        return write_async

    if row.part is None:

        def write(self: Any, *args: Any, **kwargs: Any) -> Any:
            if id(self) not in watched:
                return original(self, *args, **kwargs)
            bound = _bound(probe, self)
            try:
                return original(self, *args, **kwargs)
            finally:
                if bound is not None:
                    _written(probe, bound, sys._getframe(1))

        return write

    def write_part(self: Any, *args: Any, **kwargs: Any) -> Any:
        bound = _bound(probe, part(self)) if watched else None
        try:
            return original(self, *args, **kwargs)
        finally:
            if bound is not None:
                _written(probe, bound, sys._getframe(1))

    return write_part


def _itself(owner: Any) -> Any:
    return owner


def _bound(probe: Probe, target: Any) -> Any:
    """The binding of an object that is about to be written to; None when it is not watched."""
    bound = watched.get(id(target))
    if bound is None or not probe.armed:
        return None
    try:
        if bound.holds(target):
            binding.about_to_write(bound)
            return bound
    except LateMutationError:
        raise  # mode `raise`, by the user's explicit choice
    except Exception as error:
        fault(error, probe)
    return None


def _written(probe: Probe, bound: Any, frame: Any) -> None:
    """A watched object has been written to."""
    try:
        binding.wrote(bound, frame)
    except LateMutationError:
        raise  # mode `raise`, by the user's explicit choice
    except Exception as error:
        fault(error, probe)


class Attribute:
    """A plain attribute of response objects whose late assignment is a write. Values stay in the instance's own dict."""

    def __init__(self, name: str, probe: Probe) -> None:
        self._name = name
        self._probe = probe

    def __set__(self, owner: Any, value: Any) -> None:
        bound = _bound(self._probe, owner) if id(owner) in watched else None
        owner.__dict__[self._name] = value
        if bound is not None:
            _written(self._probe, bound, sys._getframe(1))

    def __delete__(self, owner: Any) -> None:
        try:
            del owner.__dict__[self._name]
        except KeyError:
            raise AttributeError(self._name) from None


class DefaultedAttribute(Attribute):
    """The same where the class itself has a value, which must still be read from the class and from instances without one."""

    def __init__(self, name: str, probe: Probe, default: Any) -> None:
        super().__init__(name, probe)
        self._default = default

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        return self._default if owner is None else owner.__dict__.get(self._name, self._default)


def sets(row: Sets, original: Any, probe: Probe) -> Any:
    """A property or a plain attribute whose assignment is a write to a watched object."""
    name = row.site.rpartition(".")[2]
    if isinstance(original, property):
        setter = original.fset
        if setter is None:
            raise SiteError(row.site)

        def set_and_tell(self: Any, value: Any) -> None:
            bound = _bound(probe, self) if id(self) in watched else None
            setter(self, value)
            if bound is not None:
                _written(probe, bound, sys._getframe(1))

        functools.update_wrapper(set_and_tell, setter)
        return property(original.fget, set_and_tell, original.fdel, original.__doc__)
    return Attribute(name, probe) if original is None else DefaultedAttribute(name, probe, original)
