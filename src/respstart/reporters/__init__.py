"""The consumers of findings: a registry of names, each loaded when it is first needed."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from respstart.model import Evidence, Finding
    from respstart.settings import Settings

REPORTERS: dict[str, str] = {
    "callback": "respstart.reporters.callback:Callback",
    "notes": "respstart.reporters.notes:Notes",
    "jsonl": "respstart.reporters.jsonl:JsonLines",
    "otel": "respstart.reporters.otel:OpenTelemetry",
    "structlog": "respstart.reporters.structlog_:Structlog",
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


def build(settings: Settings) -> list[Reporter]:
    """The reporters that the settings ask for; none opens a file before the first finding."""
    return list(_wanted(settings))


def _wanted(settings: Settings) -> Iterator[Reporter]:
    if settings.file:
        yield make("jsonl", settings.file)
    if settings.mode == "collect":
        return
    yield make("notes")
    if settings.otel != "off":
        yield make("otel", settings.otel)
    if settings.output != "off":
        yield make("repeats", make("console", settings.output), settings.repeat_seconds)
        if settings.output == "auto":
            yield make("repeats", make("structlog"), settings.repeat_seconds)
