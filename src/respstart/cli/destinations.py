"""Where findings go with the settings in force, in words."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from respstart import reporters
from respstart.reporters.console import wants_picture
from respstart.reporters.terminal import examined
from respstart.settings import Settings


@dataclass(frozen=True, slots=True)
class Destination:
    """One reporter, by its name in `REPORTERS`, and what it does, for people."""

    reporter: str
    title: str
    what: str


def destinations(chosen: Settings) -> Iterator[Destination]:
    """One for each reporter that the settings ask for, in the order of `reporters.build`."""
    for name in reporters.wanted(chosen):
        title, what = _TOLD[name]
        yield Destination(name, title, what(chosen))


def _file(chosen: Settings) -> str:
    return f"one line of JSON each in {Path(chosen.file or '').absolute()}"


def _terminal(chosen: Settings) -> str:
    if chosen.output == "json":
        return "one line of JSON each on stderr"
    if chosen.output == "plain":
        return "a list on stderr"
    if importlib.util.find_spec("rich") is None:
        return "a list on stderr; for a picture: python -m pip install 'respstart[pretty]'"
    form = "picture" if wants_picture(chosen.output, examined(sys.stderr, os.environ), os.environ) else "list"
    where = "on a terminal" if chosen.output == "auto" else "where there is room"
    return f"a {form} on stderr as it is here; a picture {where} from 100 columns on"


def _telemetry(chosen: Settings) -> str:
    if importlib.util.find_spec("opentelemetry.sdk") is None:
        return "nowhere: OpenTelemetry's SDK is not installed"
    return f"where your application has switched it on (otel={chosen.otel})"


_TOLD: dict[str, tuple[str, Callable[[Settings], str]]] = {
    "jsonl": ("file", _file),
    "notes": ("exceptions", lambda chosen: "a note on the one that took part"),
    "otel": ("OpenTelemetry", _telemetry),
    "counter": ("metrics", lambda chosen: "OpenTelemetry's counter `respstart.findings`, by rule and outcome"),
    "sentry": ("Sentry", lambda chosen: "where your application has switched it on"),
    "console": ("terminal", _terminal),
    "structlog": ("structlog", lambda chosen: "where your application has configured it; the terminal is silent then"),
    "logging": ("logging", lambda chosen: "the logger `respstart`"),
}
