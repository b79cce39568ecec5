"""The consumers of findings: a registry of names, each loaded when it is first needed."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from respstart.budget import Budget
from respstart.reporters.stderr import Stderr

if TYPE_CHECKING:
    from respstart.model import Defect, Evidence, Finding, Writer
    from respstart.settings import Settings

FirstWriter = Callable[[BaseException], "Writer | None"]  # of the response that an exception comes too late for
WhenImported = Callable[[str, Callable[[], None]], None]  # takes the name of a module and a callback

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
_EVERY_TIME = ("jsonl", "notes", "counter")  # the others are spared what comes again and again


class Reporter(Protocol):
    """What is told of every finding, in the thread of the late writer."""

    def report(self, finding: Finding, evidence: Evidence) -> None:
        """Tell one finding. `evidence` must not be kept: it holds live objects of the request."""

    def close(self) -> None:
        """Let go of files; nothing is reported afterwards."""


class Counting(Reporter, Protocol):
    """A reporter that need not be told everything of a defect that comes again and again."""

    def repeat(self, defect: Defect, evidence: Evidence) -> bool:
        """Count one that was diagnosed before; False when it is to be reported in full, once more."""


def make(name: str, *arguments: Any, **named: Any) -> Reporter:
    """A reporter by its name in `REPORTERS`; the arguments are those of its class."""
    module, _, attribute = REPORTERS[name].partition(":")
    reporter: Reporter = getattr(import_module(module), attribute)(*arguments, **named)
    return reporter


def build(settings: Settings, first_writer: FirstWriter, when_imported: WhenImported) -> list[Reporter]:
    """The reporters that the settings ask for; none opens a file before the first finding.

    `first_writer` tells who has started the response that an exception comes too late for, `when_imported` calls back
    when a module is.
    """
    arguments = {
        "jsonl": (settings.file,), "otel": (settings.otel,), "sentry": (first_writer, when_imported), "console": (settings.output,),
    }  # fmt: skip
    made = [(name, make(name, *arguments.get(name, ()))) for name in wanted(settings)]
    budget = _budget() if settings.repeat_seconds else None
    seldom = functools.partial(make, "repeats", seconds=settings.repeat_seconds, budget=budget)
    return [reporter if name in _EVERY_TIME else seldom(reporter) for name, reporter in made]


def wanted(settings: Settings) -> Iterator[str]:
    """The names of the reporters that the settings ask for, in the order of `build`."""
    if settings.file:
        yield "jsonl"
    if settings.mode == "collect":
        return
    yield "notes"
    if settings.otel != "off":
        yield from ("otel", "counter")
    if settings.sentry != "off":
        yield "sentry"
    if settings.output == "logging":
        yield "logging"
    elif settings.output != "off":
        yield "console"
    if settings.output == "auto":
        yield "structlog"


def _budget() -> Budget:
    """Of a flood of different findings a hundred are shown, and then one a second: nobody reads more. Files get more."""
    stderr = Stderr()
    return Budget(lambda text: stderr.write(f"respstart: {text}\n"), "findings to show", burst=100, per_second=1)
