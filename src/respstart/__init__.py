"""respstart: which line of your code started the HTTP response, when something later came too late.

    import respstart
    respstart.install()

Everything here loads lazily: importing respstart imports no framework, no OpenTelemetry and no structlog.

PYTEST_DONT_REWRITE: with RESPSTART=1 this module is there before pytest, which would warn that it comes too late to rewrite it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from respstart.model import Finding, Writer
    from respstart.tracer import Installation

__version__ = "0.1.0"

__all__ = ["asgi", "current", "explain", "install", "on_finding", "on_start", "tracing", "uninstall", "wsgi"]


def install(**settings: Any) -> Installation:
    """Switch respstart on for this process; idempotent. Returns a handle with `.active`, `.problem` and `.uninstall()`.

    Settings: `mode`, `output`, `file`, `otel`, `sentry`, `select`, `ignore`, `sample`, `max_frames`, `in_app`, `excluded_urls`,
    `repeat_seconds`; the same names as in `[tool.respstart]` and, in capitals with RESPSTART_ before them, the environment.
    """
    from respstart import tracer

    return tracer.install(**settings)


def uninstall() -> None:
    """Switch respstart off and restore every patched attribute to the original object."""
    from respstart import tracer

    tracer.uninstall()


@contextmanager
def tracing(**settings: Any) -> Iterator[Installation]:
    """Switch respstart on for a block; left as it was when it was on before."""
    from respstart import tracer

    before = tracer.active()
    installation = tracer.install(**settings)
    try:
        yield installation
    finally:
        if not before:
            tracer.uninstall()


class LiveRecord:
    """The response of the request that is being answered, as far as it has come."""

    __slots__ = ("_record",)

    def __init__(self, record: Any) -> None:
        self._record = record

    @property
    def started(self) -> bool:
        """Whether the server has accepted a start, after which status and headers are final."""
        return self._record.start is not None

    @property
    def status(self) -> int | None:
        """The status that was sent; None before the start."""
        return self._record.start.status if self._record.start else None

    @property
    def first_writer(self) -> Writer | None:
        """Who started the response; None before the start. Computed when asked for."""
        if self._record.start is None:
            return None
        from respstart import tracer

        return tracer.attribution().start_writer(self._record.start)[0]


def current() -> LiveRecord | None:
    """The live record of the request that is being answered here: the `HasStarted` that WSGI and ASGI lack. None elsewhere."""
    import sys

    context = sys.modules.get("respstart.hooks.context")
    record = context.current.get() if context is not None else None
    return LiveRecord(record) if record is not None and not record.finished else None


def on_start(callback: Callable[[LiveRecord], None]) -> Callable[[], None]:
    """Call `callback(record)` whenever a response starts; returns a function that removes the callback."""
    from respstart import tracer

    return tracer.add_on_start(lambda record: callback(LiveRecord(record)))


def on_finding(callback: Callable[[Finding], None]) -> Callable[[], None]:
    """Call `callback(finding)` for every finding; returns a function that removes the callback."""
    from respstart import reporters, tracer

    return tracer.add_reporter(reporters.make("callback", callback))


def asgi(app: Any) -> Any:
    """An ASGI application that does what `app` does, traced without any monkeypatching."""
    from respstart import tracer
    from respstart.hooks import asgi as hooks

    tracer.watch_applications()
    return hooks.traced(app)


def wsgi(app: Any) -> Any:
    """A WSGI application that does what `app` does, traced without any monkeypatching."""
    from respstart import tracer
    from respstart.hooks import wsgi as hooks

    tracer.watch_applications()
    return hooks.traced(app)


def explain(rule: str) -> str:
    """The page of a rule, by code or slug, as Markdown. Raises KeyError for a name that is no rule."""
    from respstart import rules

    found = rules.find(rule)
    if found is None:
        raise KeyError(rule)
    return rules.page(found)
