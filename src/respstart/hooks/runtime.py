"""What the hooks share while respstart is on: the switch, the classification of files, and who is told of late mutations."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

from respstart.core import stack
from respstart.core.attribution import asgi_forwarder, native_forwarder, wsgi_forwarder
from respstart.core.origin import Origins
from respstart.core.record import LateMutation, ResponseRecord
from respstart.core.stack import EMPTY, Snapshot, capture_start
from respstart.hooks.guard import fault

Forwards = Callable[[FrameType], bool]


def _never(frame: FrameType) -> bool:
    return False


@dataclass(slots=True)
class Runtime:
    """One per process; every hook looks here, and only here, for what it needs of the tracer."""

    active: bool = False
    origins: Origins = field(default_factory=Origins)
    observer: Callable[[LateMutation], None] = lambda mutation: None
    asgi_forwards: Forwards = _never
    asgi_body_forwards: Forwards = _never
    wsgi_forwards: Forwards = _never
    native_forwards: Forwards = _never
    on_start: tuple[Callable[[ResponseRecord], None], ...] = ()
    sample: float = 1.0
    excluded: tuple[re.Pattern[str], ...] = ()
    choosy: bool = False  # whether some requests are left out
    spans: bool = False  # whether spans are wanted
    has_spans: bool = False  # whether there are any: an implementation that makes them has been imported
    modules: int = 0  # how many modules there were when that was last asked: it is asked again when there are more
    depth: int = 24
    relays: bool = False  # whether any middleware has been seen behind which messages cross to another task

    def capture_start(self, frame: FrameType | None, limit: int, forwards: Forwards) -> Snapshot:
        """The stack of a start, with forwarders marked."""
        if frame is not None and stack.borders.get(id(frame.f_code)) is False:  # an application: by far the most frequent case
            return frame.f_code, frame.f_lasti
        snapshot = capture_start(frame, limit, self.origins.asks, forwards)
        return across(snapshot) if called_from.get() else snapshot

    def configure(self, origins: Origins) -> None:
        """Use one classification of files for the forwarders of every protocol."""
        self.origins = origins
        self.asgi_forwards = asgi_forwarder(origins)
        self.asgi_body_forwards = asgi_forwarder(origins, "http.response.body")
        self.wsgi_forwards = wsgi_forwarder(origins)
        self.native_forwards = native_forwarder(origins)

    def observe(self, mutation: LateMutation) -> None:
        """Tell the tracer of a late mutation. In mode `raise` its error passes, by explicit choice of the user."""
        self.observer(mutation)

    def born(self, record: ResponseRecord) -> None:
        """Remember the request's span where a middleware outside has started it already."""
        self.modules = len(sys.modules)
        trace = sys.modules.get("opentelemetry.trace")
        # Its API, which frameworks import as well, makes no spans: its implementations do.
        self.has_spans = trace is not None and len(trace.Span.__subclasses__()) > _IN_THE_API
        span = current_span() if self.has_spans else None
        if span is not None and is_servers(span) and span.is_recording():  # one that has ended was left behind by another request
            record.span, record.outer_span = span, True

    def started(self, record: ResponseRecord) -> None:
        """Remember the span of the moment if no server's is known, and tell the observers of starts."""
        if self.has_spans and record.span is None:
            record.span = current_span()
        for callback in self.on_start:
            try:
                callback(record)
            except Exception as error:
                fault(error)


runtime = Runtime()

# Where the code that runs now was called from, in another thread or task that waits for it. Not a frame: tasks keep contexts.
called_from: ContextVar[Snapshot] = ContextVar("respstart_called_from", default=EMPTY)


def call_from(frame: FrameType) -> Snapshot:
    """What runs next in another thread or task is called from `frame`; returns what was true before. Never fails."""
    before = called_from.get()
    try:
        called_from.set(across(stack.capture(frame, 16)))
    except Exception as error:
        fault(error)
    return before


def across(snapshot: Snapshot) -> Snapshot:
    """A stack that ends where its thread or task begins, continued with the stack of the caller that waits for it."""
    outer = called_from.get()
    if not outer or not snapshot:
        return snapshot
    last = snapshot[-2]
    assert isinstance(last, CodeType)
    if stack.is_root(last):
        return snapshot[:-2] + outer
    return snapshot if stack.is_border(last) else snapshot + outer


def is_servers(span: Any) -> bool:
    """Whether a span is of the kind SERVER, which those of requests are and those of their parts are not."""
    return getattr(getattr(span, "kind", None), "name", None) == "SERVER"


def current_span() -> Any:
    """The valid current span, or None."""
    try:
        span = sys.modules["opentelemetry.trace"].get_current_span()
        return span if span.get_span_context().is_valid else None
    except Exception as error:
        fault(error)
        return None


_IN_THE_API = 1  # the span that records nothing
