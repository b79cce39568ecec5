"""`respstart doctor`: is it on, why or why not, what became of every hook, and where findings go."""

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
from respstart.cli.destinations import destinations
from respstart.errors import SettingsError
from respstart.integrations.versions import judged
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
class _Version:
    """An installed version, and how it stands to those that were tried."""

    version: str
    judgement: str


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
    versions: dict[str, _Version]
    limits: dict[str, tuple[str, ...]]
    hooks: _Hooks
    findings: dict[str, str]
    settings: tuple[_SettingRow, ...]


def add(commands: Any) -> None:
    """Add the command to the subparsers of `respstart`."""
    parser = commands.add_parser("doctor", help="tell whether respstart is on, and what it can hook here", allow_abbrev=False)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--hooks", action="store_true", help="name every hook, also those that are applied")
    parser.add_argument("--self-test", action="store_true", help="make a late change here, and show what comes out and where")
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Print the report; 2 when respstart cannot be switched on or does not pass its test, 1 when a hook failed, else 0.

    Raises:
        SettingsError: a setting has a value that is not allowed, and the test was asked for.
    """
    if arguments.self_test:
        return _test(as_json=arguments.json)
    report = _examine()
    print(json.dumps(dataclasses.asdict(report), indent=2) if arguments.json else "\n".join(_lines(report, every_hook=arguments.hooks)))
    if report.problem:
        return 2
    return int(any(probe.state in ("failed", "disarmed") for probe in report.hooks.probes))


def _test(*, as_json: bool) -> int:
    from respstart.cli import self_test

    result = self_test.run(settings.load({}))
    print(json.dumps(dataclasses.asdict(result), indent=2) if as_json else "\n".join(result.lines()))
    return 0 if result.passed else 2


def _examine() -> _Report:
    on, why = _switch()
    try:
        rows, findings, problem = tuple(_settings()), _destinations(settings.load({})), None
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
    """Whether this environment switches respstart on, and the way, or what to do."""
    value = os.environ.get("RESPSTART")
    if value is None:
        return False, "RESPSTART is not set; set RESPSTART=1, use `respstart run CMD`, or call respstart.install()"
    on = settings.switched_on(os.environ)
    if on and "respstart.autostart" not in sys.modules:
        return False, f"RESPSTART={value}, but this Python has not read the start-up file; install respstart in it with pip"
    return on, f"RESPSTART={value}" + (", through the start-up file" if on else "")


def _settings() -> Iterator[_SettingRow]:
    default, with_file, effective = settings.Settings(), settings.load({}, {}), settings.load({}, os.environ)
    for row in settings.help_rows():
        if os.environ.get(row.variable, "").strip():
            source = row.variable
        else:
            source = "default" if getattr(with_file, row.name) == getattr(default, row.name) else "pyproject.toml"
        yield _SettingRow(row.name, getattr(effective, row.name), source)


def _destinations(chosen: settings.Settings) -> dict[str, str]:
    return {each.title: each.what for each in destinations(chosen)}


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


def _versions() -> dict[str, _Version]:
    """The installed ones of the distributions that the tables are about."""
    versions = {}
    for name in sorted({table.distribution for table in integrations.load_all() if table.distribution}):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            version = importlib.metadata.version(name)
            versions[name] = _Version(version, judged(name, version))
    return versions


def _lines(report: _Report, *, every_hook: bool) -> Iterator[str]:
    yield f"respstart {report.respstart} on Python {report.python} ({report.executable})"
    yield ""
    yield f"Switched {'on' if report.on else 'off'}: {report.why}"
    yield "Start-up file " + _STARTUP[report.startup_file]
    if report.problem:
        yield f"Cannot be switched on: {report.problem}"
    yield ""
    tried = ", ".join(f"{name} {each.version}" for name, each in report.versions.items() if each.judgement == "tried")
    others = {name: each for name, each in report.versions.items() if each.judgement != "tried"}
    if tried or not others:
        yield textwrap.fill(f"Installed and tried: {tried or 'no framework or server'}", 100, subsequent_indent="  ")
    yield from (f"Installed: {name} {each.version}, {each.judgement}" for name, each in others.items())
    yield from (f"  {module} cannot be imported: {reason}" for module, reason in report.hooks.failures.items())
    yield from (f"  {note}" for note in report.hooks.notes)
    yield ""
    yield "Hooks"
    yield from _probe_lines(report.hooks.probes, every_hook=every_hook)
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


def _probe_lines(probes: tuple[ProbeStatus, ...], *, every_hook: bool) -> Iterator[str]:
    """One line for each integration, and below it every hook, or every one that is neither applied nor waiting for its module."""
    for integration in dict.fromkeys(probe.integration for probe in probes):
        group = [probe for probe in probes if probe.integration == integration]
        counts = Counter(probe.state for probe in group)
        yield f"  {integration:<15} {', '.join(f'{count} {state}' for state, count in counts.most_common())}"
        for probe in group:
            if every_hook or probe.state not in ("applied", "waiting"):
                yield f"    {probe.state}: {probe.site} ({probe.kind}){': ' if probe.reason else ''}{probe.reason}"


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) or "-" if isinstance(value, tuple) else "-" if value is None else str(value)
