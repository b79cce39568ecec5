"""The consumers of findings: a registry of names, each loaded when it is first needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from respstart.model import Evidence, Finding, Writer
    from respstart.settings import Settings

FirstWriter = Callable[[BaseException], "Writer | None"]  # of the response that an exception comes too late for
OnStart = Callable[[Callable[[Any], None]], Callable[[], None]]  # takes a callback, returns what removes it

REPORTERS: dict[str, str] = {
    "callback": "respstart.reporters.callback:Callback",
    "notes": "respstart.reporters.notes:Notes",
    "jsonl": "respstart.reporters.jsonl:JsonLines",
    "otel": "respstart.reporters.otel:OpenTelemetry",
    "counter": "respstart.reporters.otel:Counter",
    "sentry": "respstart.reporters.sentry:Sentry",
    "structlog": "respstart.reporters.structlog_:Structlog",
    "logging": "respstart.reporters.logging_:Logging",
    "console": "respstart.reporters.console:Console",
    "repeats": "respstart.reporters.repeats:Repeats",
}


class Reporter(Protocol):
    """What is told of every finding, in the thread of the late writer."""

    def report(self, finding: Finding, evidence: Evidence) -> None:
        """Tell one finding. `evidence` must not be kept: it holds live objects of the request."""

    def close(self) -> None:
        """Let go of files; nothing is reported afterwards."""


def make(name: str, *arguments: Any) -> Reporter:
    """A reporter by its name in `REPORTERS`; the arguments are those of its class."""
    module, _, attribute = REPORTERS[name].partition(":")
    reporter: Reporter = getattr(import_module(module), attribute)(*arguments)
    return reporter


def build(settings: Settings, first_writer: FirstWriter, on_start: OnStart) -> list[Reporter]:
    """The reporters that the settings ask for; none opens a file before the first finding.

    `first_writer` tells who has started the response that an exception comes too late for, `on_start` adds a callback for every start.
    """
    return list(_wanted(settings, first_writer, on_start))


def _wanted(settings: Settings, first_writer: FirstWriter, on_start: OnStart) -> Iterator[Reporter]:
    if settings.file:
        yield make("jsonl", settings.file)
    if settings.mode == "collect":
        return
    yield make("notes")
    if settings.otel != "off":
        yield make("repeats", make("otel", settings.otel), settings.repeat_seconds)
        yield make("counter")
    if settings.sentry != "off":
        yield make("repeats", make("sentry", first_writer, on_start), settings.repeat_seconds)
    if settings.output != "off":
        yield from (make("repeats", reporter, settings.repeat_seconds) for reporter in _voices(settings.output))


def _voices(output: str) -> Iterator[Reporter]:
    if output == "logging":
        yield make("logging")
        return
    yield make("console", output)
    if output == "auto":
        yield make("structlog")
