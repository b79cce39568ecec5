"""`respstart doctor`: is it on, why or why not, and what became of every hook."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import importlib
import importlib.metadata
import io
import json
import os
import platform
import sys
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from respstart import __version__, integrations, settings
from respstart.cli import startup
from respstart.errors import SettingsError
from respstart.model import ProbeStatus

_STARTUP = {
    True: "active: RESPSTART=1 reaches this Python",
    False: "not active: RESPSTART=1 does not reach this Python; install respstart in it with pip",
}


@dataclass(frozen=True, slots=True)
class _SettingRow:
    """A setting, its value, and where it came from."""

    name: str
    value: Any
    source: str


@dataclass(frozen=True, slots=True)
class _Hooks:
    """What became of an installation in this process: `failures` are modules that are there and cannot be imported, and why."""

    problem: str | None = None
    notes: tuple[str, ...] = ()
    failures: dict[str, str] = field(default_factory=dict)
    probes: tuple[ProbeStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class _Report:
    """All that doctor tells. `on` is about this environment; `problem` is why respstart cannot be switched on at all.

    `limits` are what cannot be detected in what is installed, by the names of the tables; `findings` tells where they go.
    """

    respstart: str
    python: str
    executable: str
    on: bool
    why: str
    startup_file: bool
    problem: str | None
    versions: dict[str, str]
    limits: dict[str, tuple[str, ...]]
    hooks: _Hooks
    findings: dict[str, str]
    settings: tuple[_SettingRow, ...]


def add(commands: Any) -> None:
    """Add the command to the subparsers of `respstart`."""
    parser = commands.add_parser("doctor", help="tell whether respstart is on, and what it can hook here", allow_abbrev=False)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Print the report; 2 when respstart cannot be switched on, 1 when a hook failed, else 0."""
    report = _examine()
    print(json.dumps(dataclasses.asdict(report), indent=2) if arguments.json else "\n".join(_lines(report)))
    if report.problem:
        return 2
    return int(any(probe.state in ("failed", "disarmed") for probe in report.hooks.probes))


def _examine() -> _Report:
    on, why = _switch()
    try:
        rows, findings, problem = tuple(_settings()), dict(_destinations(settings.load({}))), None
    except SettingsError as error:
        rows, findings, problem = (), {}, str(error)
    hooks = _Hooks(problem) if problem else _hooks()
    versions = _versions()
    limits = {table.name: table.limits for table in integrations.load_all() if table.limits and table.distribution in versions}
    return _Report(
        __version__, platform.python_version(), sys.executable, on, why, startup.is_active(sys.executable), hooks.problem,
        versions, limits, hooks, findings, rows,
    )


def _switch() -> tuple[bool, str]:
    value = os.environ.get("RESPSTART")
    if value is None:
        return False, "RESPSTART is not set; set RESPSTART=1, use `respstart run CMD`, or call respstart.install()"
    return settings.switched_on(os.environ), f"RESPSTART={value}"


def _settings() -> Iterator[_SettingRow]:
    default, with_file, effective = settings.Settings(), settings.load({}, {}), settings.load({}, os.environ)
    for row in settings.help_rows():
        if os.environ.get(row.variable, "").strip():
            source = row.variable
        else:
            source = "default" if getattr(with_file, row.name) == getattr(default, row.name) else "pyproject.toml"
        yield _SettingRow(row.name, getattr(effective, row.name), source)


_OUTPUTS = {
    "auto": ("terminal", "your structlog where it is configured, else plain text on stderr"),
    "pretty": ("terminal", "on stderr"),
    "plain": ("terminal", "plain text on stderr"),
    "json": ("terminal", "one line of JSON on stderr"),
    "logging": ("logging", "the logger `respstart`"),
}


def _destinations(chosen: settings.Settings) -> Iterator[tuple[str, str]]:
    """Where findings go with these settings: a name and what happens there."""
    if chosen.file:
        yield "file", f"one line of JSON in {chosen.file}"
    if chosen.mode == "collect":
        return
    if chosen.output in _OUTPUTS:
        yield _OUTPUTS[chosen.output]
    yield "exceptions", "a note on the one that took part"
    if chosen.otel != "off":
        yield "OpenTelemetry", "where your application has switched it on"
    if chosen.sentry != "off":
        yield "Sentry", "where your application has switched it on"


def _hooks() -> _Hooks:
    """Install here, import what is installed of the modules that the tables name, and look at every hook."""
    import respstart
    from respstart import tracer

    was_active = tracer.active()
    installation = respstart.install(output="off", otel="off")
    try:
        failures = _import_all({probe.site.partition(":")[0] for probe in tracer.probes()})
        return _Hooks(installation.problem, tracer.notes(), failures, tracer.probes())
    finally:
        if not was_active:
            installation.uninstall()


def _import_all(modules: Iterable[str]) -> dict[str, str]:
    """Import every module, quietly; returns those that are there and cannot be imported, with the reason."""
    failures = {}
    for module in sorted(modules):
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            try:
                importlib.import_module(module)
            except ModuleNotFoundError:
                continue
            except Exception as error:
                failures[module] = textwrap.shorten(f"{type(error).__name__}: {error}", 120)
    return failures


def _versions() -> dict[str, str]:
    """The installed ones of the distributions that the tables are about, and their versions."""
    versions = {}
    for name in sorted({table.distribution for table in integrations.load_all() if table.distribution}):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    return versions


def _lines(report: _Report) -> Iterator[str]:
    yield f"respstart {report.respstart} on Python {report.python} ({report.executable})"
    yield ""
    yield f"Switched {'on' if report.on else 'off'}: {report.why}"
    yield "Start-up file " + _STARTUP[report.startup_file]
    if report.problem:
        yield f"Cannot be switched on: {report.problem}"
    yield ""
    versions = ", ".join(f"{name} {version}" for name, version in report.versions.items())
    yield textwrap.fill(f"Installed: {versions or 'no framework or server'}", 100, subsequent_indent="  ")
    yield from (f"  {module} cannot be imported: {reason}" for module, reason in report.hooks.failures.items())
    yield from (f"  {note}" for note in report.hooks.notes)
    yield ""
    yield "Hooks"
    yield from _probe_lines(report.hooks.probes)
    yield ""
    if report.limits:
        yield "What cannot be detected"
        for name, limits in report.limits.items():
            yield from (textwrap.fill(f"  {name:<15} {limit}", 100, subsequent_indent=" " * 18) for limit in limits)
        yield ""
    if report.findings:
        yield "Findings go to"
        yield from (f"  {name:<15} {what}" for name, what in report.findings.items())
        yield ""
    yield "Settings"
    yield from (f"  {row.name:<15} {_shown(row.value):<12} {row.source}" for row in report.settings)


def _probe_lines(probes: tuple[ProbeStatus, ...]) -> Iterator[str]:
    """One line for each integration, and below it every hook that is neither applied nor waiting for its module."""
    for integration in dict.fromkeys(probe.integration for probe in probes):
        group = [probe for probe in probes if probe.integration == integration]
        counts = Counter(probe.state for probe in group)
        yield f"  {integration:<15} {', '.join(f'{count} {state}' for state, count in counts.most_common())}"
        for probe in group:
            if probe.state not in ("applied", "waiting"):
                yield f"    {probe.state}: {probe.site} ({probe.kind}){': ' if probe.reason else ''}{probe.reason}"


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) or "-" if isinstance(value, tuple) else "-" if value is None else str(value)
