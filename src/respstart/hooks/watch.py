"""What tables may ask for beyond the generic rows: sessions, message stores, callback lists, injected responses."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from time import perf_counter
from types import FrameType
from typing import Any

from respstart.core.record import LateMutation, ResponseRecord
from respstart.core.stack import EMPTY
from respstart.hooks import failure, telemetry
from respstart.hooks.binding import Shared, bind, bind_session, built_of, native_record_of, watched
from respstart.hooks.context import current, record_of
from respstart.hooks.late import late_lines, situate, wrote
from respstart.hooks.runtime import is_servers, runtime
from respstart.integrations.rows import Args, ResponseKind, itself
from respstart.model import Outcome


def injected_here(response: Any, kind: ResponseKind) -> None:
    """Watch a response that was made to be injected from now on: it has just been constructed."""
    record = current.get()
    if record is not None and not record.finished:
        bind(record, response, kind).injected = True


# One for each way to look at an object, not one for each request.
_kind = functools.lru_cache(maxsize=None)(ResponseKind)


class LateCallbacks(list[Any]):
    """The callbacks of a response that has been through them already."""

    __slots__ = ("record",)

    record: ResponseRecord

    def append(self, callback: Any) -> None:
        super().append(callback)
        _registered(self.record, callback, sys._getframe(1))


def _registered(record: ResponseRecord, callback: Any, frame: FrameType | None) -> None:
    """A callback that will never run if the response has been started. Never fails."""
    try:
        if record.started:
            mutation = LateMutation(record, "set_callback", getattr(callback, "__name__", None), Outcome.LOST, perf_counter())
            mutation.lines = late_lines(frame)
            situate(mutation, current.get())
            record.late(mutation)
    except Exception as error:
        failure.unless_chosen(error)


class Watching:
    """`rows.Watch`, over the binding of this process."""

    def _record(self, request: Any) -> ResponseRecord | None:
        record = record_of(request) if request is not None else current.get()
        return record if record is not None and not record.finished else None

    def session(
        self, session: Any, read: Callable[[Any], dict[Any, Any] | None], token: Any = None, request: Any = None,
        parts: Callable[[Any], Args] = itself,
    ) -> None:
        record = self._record(request)
        if record is None:
            return
        bound = bind_session(record, session, _kind(read, parts))
        bound.savable, bound.token = token is not None, token

    def loaded(self, session: Any, contents: dict[Any, Any]) -> None:
        bound = watched.get(id(session))
        if bound is not None and bound.state is None and bound.holds(session):
            bound.state = dict(contents)

    def saved(self, session: Any, token: Any) -> None:
        if session is not None:
            bound = watched.get(id(session))
            candidates = [bound] if bound is not None and bound.holds(session) else []
        else:
            record = self._record(None)
            candidates = (record.bindings or []) if record is not None else []
        for bound in candidates:
            if bound.savable and bound.token == token:
                bound.changed()
                bound.record.forgives(bound)

    def store(self, owner: Any, read: Callable[[Any], tuple[Any, ...]], request: Any = None) -> None:
        record = self._record(request)
        if record is not None:
            bind(record, owner, _kind(read)).confirmed = True

    def wrote(self, owner: Any) -> None:
        bound = watched.get(id(owner))
        if bound is not None and bound.holds(owner):
            wrote(bound, sys._getframe(1))

    def body(self, body: Any) -> None:
        record = self._record(None)
        if record is not None and record.start is None:
            record.body = body

    def rendered(self, owner: Any, kind: ResponseKind, merged: Any = None, *, authored: bool = True) -> None:
        record = self._record(None)
        if record is None or record.start is not None:
            return
        built = built_of(record, merged) if authored else EMPTY
        if merged is None or id(merged) in record.built:
            bound = record.rendering = bind(record, owner, kind)
            bound.built = built
        else:
            record.rendering = Shared(record, built)  # see `render`

    def injected(self, response: Any) -> None:
        record = self._record(None)
        built = record.built.get(id(response)) if record is not None else None
        if built is not None:
            injected_here(response, built[1])

    def endpoint(self, function: Any) -> None:
        record = self._record(None)
        if record is not None:
            record.find_endpoint = lambda app, request: function

    def answered_early(self, answer: Any) -> None:
        record = self._record(None)
        if record is None:
            return
        if answer is not None:
            record.find_endpoint, record.answered_early = None, True
        if answer is None or (record.returned is not None and record.returned[2] != id(answer)):
            record.returned = None  # not what became the answer

    def registered(self, callback: Any, request: Any = None) -> None:
        record = self._record(request)
        if record is not None:
            _registered(record, callback, sys._getframe(1))

    def callbacks(self, callbacks: list[Any]) -> list[Any]:
        record = self._record(None)
        if record is None:
            return callbacks
        late = LateCallbacks(callbacks)
        late.record = record
        return late

    def logged(self, request: Any, status: int | None) -> None:
        record = native_record_of(request, request)
        if record is not None and record.protocol == "native":
            telemetry.told(record, status, "access log")

    def span(self, span: Any) -> None:
        record = self._record(None)
        if record is not None and runtime.spans and is_servers(span) and not is_servers(record.span):
            record.span = span


watching = Watching()
