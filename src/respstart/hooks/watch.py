"""What tables may ask for beyond the generic rows: sessions, message stores, callback lists, injected responses."""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import perf_counter
from types import CodeType
from typing import Any

from respstart.core.record import LateMutation, ResponseRecord
from respstart.hooks import binding, failure, wsgi
from respstart.hooks.binding import KEY, bind, current, late_lines, situate, watched
from respstart.integrations.rows import ResponseKind
from respstart.model import Outcome

# Code that makes response objects for user code to change (see rows.Injects), by id.
_injectors: dict[int, CodeType] = {}


def add_injector(code: CodeType) -> None:
    """Know one more place that makes responses to be injected."""
    _injectors[id(code)] = code


def is_injector(code: CodeType) -> bool:
    """Whether responses built by `code` are made to be injected."""
    return id(code) in _injectors


def injected_here(response: Any, kind: ResponseKind) -> None:
    """Watch a response that was made to be injected from now on: it has just been constructed."""
    record = current.get()
    if record is not None and not record.finished:
        bind(record, response, kind.parts, kind.head).injected = True


def itself(owner: Any) -> tuple[Any, ...]:
    """A session, or a store, is its own only part."""
    return (owner,)


class LateCallbacks(list[Any]):
    """The callbacks of a response that has been through them already."""

    def __init__(self, callbacks: list[Any], record: ResponseRecord) -> None:
        super().__init__(callbacks)
        self._record = record

    def append(self, callback: Any) -> None:
        super().append(callback)
        try:
            if self._record.started:
                mutation = LateMutation(self._record, "set_callback", getattr(callback, "__name__", None), Outcome.LOST, perf_counter())
                mutation.lines = late_lines(sys._getframe(1))
                situate(mutation, current.get())
                self._record.late(mutation)
        except Exception as error:
            failure.unless_chosen(error)


class Watching:
    """`rows.Watch`, over the binding of this process."""

    def _record(self, request: Any) -> ResponseRecord | None:
        record = request.get(KEY) if request is not None else current.get()
        return record if isinstance(record, ResponseRecord) and not record.finished else None

    def session(self, session: Any, read: Callable[[Any], dict[Any, Any]], savable: bool = False, request: Any = None) -> None:
        record = self._record(request)
        if record is not None:
            bound = bind(record, session, itself, read)
            bound.savable, bound.confirmed = savable, True

    def saved(self, session: Any) -> None:
        bound = watched.get(id(session))
        if bound is not None and bound.savable and bound.holds(session):
            bound.changed()
            bound.record.forgives(bound)

    def messages(self, storage: Any, read: Callable[[Any], tuple[Any, ...]], request: Any = None) -> None:
        record = self._record(request)
        if record is not None:
            bind(record, storage, itself, read).confirmed = True

    def callbacks(self, callbacks: list[Any]) -> list[Any]:
        record = self._record(None)
        return callbacks if record is None else LateCallbacks(callbacks, record)

    def closes(self, response: Any) -> None:
        bound = watched.get(id(response))
        if bound is not None and bound.holds(response) and bound.record.server == binding.DJANGO_TEST_CLIENT:
            wsgi.finish(bound.record)


watching = Watching()
