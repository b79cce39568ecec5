"""The settings: one table, read from `install(...)`, the environment and `pyproject.toml`, in this order of precedence."""

from __future__ import annotations

import functools
import math
import os
import re
import reprlib
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from respstart.errors import SettingsError

Mode = Literal["observe", "raise", "collect"]
Output = Literal["auto", "pretty", "plain", "json", "logging", "off"]
Signal = Literal["auto", "span", "log", "both", "off"]

_TRUE = frozenset({"1", "true", "yes", "on", "y", "t"})
_FALSE = frozenset({"0", "false", "no", "off", "n", "f", ""})
_PREFIX = "RESPSTART_"


@dataclass(frozen=True, slots=True)
class Settings:
    """What `install` was asked for. `select` and `ignore` are prefixes of rule codes, `repeat_seconds` is in seconds."""

    mode: Mode = "observe"
    output: Output = "auto"
    file: str | None = None
    otel: Signal = "auto"
    sentry: Literal["auto", "off"] = "auto"
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    sample: float = 1.0
    max_frames: int = 32
    in_app: tuple[str, ...] = ()
    excluded_urls: tuple[str, ...] = ()
    repeat_seconds: float = 60.0
    trace_tasks: bool = False


class HelpRow(NamedTuple):
    """One setting, for the documentation and for `doctor`. `default` is what an empty environment gives, as text."""

    name: str
    variable: str
    default: str
    allowed: str
    help: str


def load(overrides: Mapping[str, object], environ: Mapping[str, str] = os.environ, start: Path | None = None) -> Settings:
    """The settings in force: `overrides`, else the environment, else `[tool.respstart]`, else the defaults.

    `start` is the folder from which `pyproject.toml` is looked for, upward; None is the current one. An empty variable is unset.

    Raises:
        SettingsError: a setting does not exist, or has a value that is not allowed.
    """
    chosen: dict[str, Any] = {}
    path, table = _table_of(start)
    chosen.update(_checked(key, value, f"{key!a} in [tool.respstart] of {path}", _ROWS) for key, value in table.items())
    variables = ((name, text) for name, text in environ.items() if name.startswith(_PREFIX) and text.strip())
    chosen.update(_checked(name, text, name, _BY_VARIABLE) for name, text in variables)
    chosen.update(_checked(name, value, name, _ROWS) for name, value in overrides.items())
    return Settings(**chosen)


def switched_on(environ: Mapping[str, str]) -> bool:
    """Whether RESPSTART asks for respstart. A value that is neither true nor false means off, and is said once on stderr."""
    value = environ.get("RESPSTART", "")
    word = value.strip().lower()
    if word not in _TRUE | _FALSE:
        _complain(value)
    return word in _TRUE


def help_rows() -> tuple[HelpRow, ...]:
    """Every setting with its variable, its default, what is allowed and what it does, in the order of `Settings`."""
    default = Settings()
    rows = _BY_VARIABLE.items()
    return tuple(HelpRow(row.name, name, as_text(getattr(default, row.name)), row.allowed, row.help) for name, row in rows)


def as_text(value: object) -> str:
    """The value of a setting as the environment would give it."""
    return ",".join(value) if isinstance(value, tuple) else "" if value is None else str(value)


@functools.cache
def _complain(value: str) -> None:
    with suppress(Exception):  # a closed stderr is no reason to stop somebody's program
        sys.stderr.write(f"respstart: RESPSTART={value[:40]!a} is neither on (1, true, yes) nor off (0, false, no); stays off\n")


def _table_of(start: Path | None) -> tuple[Path | None, dict[str, object]]:
    """The nearest `pyproject.toml` that can be read and has our table, and that table."""
    for path in _candidates(start):
        try:
            content = path.read_bytes().decode()
        except (OSError, ValueError):
            continue
        table = _parsed(content).get("respstart")
        if isinstance(table, dict):
            return path, table
    return None, {}


def _candidates(start: Path | None) -> Iterable[Path]:
    try:
        folder = (start or Path()).absolute()
    except OSError:  # the current folder was removed
        return ()
    return (parent / "pyproject.toml" for parent in (folder, *folder.parents))


def _parsed(content: str) -> dict[str, Any]:
    if "respstart" not in content:  # it cannot have our table: most programs are spared the parser
        return {}
    import tomllib

    try:
        tools = tomllib.loads(content).get("tool")
    except ValueError:
        return {}
    return tools if isinstance(tools, dict) else {}


# ---------------------------------------------------------------------- checking
class _Row(NamedTuple):
    """How one setting is read: `parse` takes text or a native value and raises ValueError, with a hint if it has one."""

    name: str
    parse: Callable[[object], object]
    allowed: str
    help: str


def _checked(key: str, value: object, label: str, rows: Mapping[str, _Row]) -> tuple[str, object]:
    """The name of the setting and its value, ready for `Settings`."""
    row = rows.get(key)
    if row is None:
        raise SettingsError(f"{label}: there is no such setting; the nearest is {_nearest(key, rows)}")
    try:
        return row.name, row.parse(value)
    except ValueError as error:
        hint = f" ({error})" if isinstance(error, _HintError) else ""
        raise SettingsError(f"{label}: {reprlib.repr(value)} is not allowed{hint}; allowed: {row.allowed}") from None


class _HintError(ValueError):
    """A value is not allowed, and this says why."""


def _nearest(name: str, names: Iterable[str]) -> str:
    import difflib

    by_case = {known.lower(): known for known in names}
    return by_case[difflib.get_close_matches(name.lower(), by_case, n=1, cutoff=0.0)[0]]


def _choice(*names: str) -> tuple[Callable[[object], object], str]:
    def parse(value: object) -> str:
        word = value.strip().lower() if isinstance(value, str) else ""
        if word not in names:
            raise ValueError
        return word

    return parse, f"{', '.join(names[:-1])} or {names[-1]}"


def _number(kind: type[int | float], low: float, high: float) -> Callable[[object], object]:
    def parse(value: object) -> float:
        if not isinstance(value, str | int | float):
            raise ValueError
        number = kind(str(value))  # by its text, so that 1.5 is not cut to a whole number, nor True taken for 1
        if not low <= number <= high:  # false for nan too
            raise ValueError
        return number

    return parse


def _flag(value: object) -> bool:
    word = str(value).strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError
    return word in _TRUE


def _path(value: object) -> str | None:
    if value is None:
        return None
    text = os.fspath(value) if isinstance(value, str | os.PathLike) else ""
    if not isinstance(text, str) or not text or "\0" in text:
        raise ValueError
    return text


def _tuple(item: Callable[[str], str]) -> Callable[[object], object]:
    def parse(value: object) -> tuple[str, ...]:
        if isinstance(value, str):
            value = [part.strip() for part in value.split(",")]
        if not isinstance(value, list | tuple | set | frozenset):
            raise ValueError
        return tuple(item(_text(part)) for part in value if part != "")

    return parse


def _text(value: object) -> str:
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if not isinstance(value, str):
        raise ValueError
    return value


def _regex(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise _HintError(f"{reprlib.repr(text)} is no regular expression: {error}") from None
    return text


def _rule(text: str) -> str:
    from respstart.rules import prefix

    try:
        return prefix(text)
    except ValueError as error:
        raise _HintError(str(error)) from None


_RULES = "rule codes (RS103), beginnings of codes (RS1) or names (late-cookie), comma separated"
_ROWS: Mapping[str, _Row] = {
    row.name: row
    for row in (
        _Row("mode", *_choice("observe", "raise", "collect"),
             "Report findings, raise LateMutationError at the late writer, or tell them only to `on_finding` and `file`."),
        _Row("output", *_choice("auto", "pretty", "plain", "json", "logging", "off"),
             "The form on stderr, or logging's logger `respstart`; auto is your structlog if it is configured, else a picture on a wide "
             "terminal and plain text elsewhere."),
        _Row("file", _path, "a path; %p in it becomes the process id",
             "A file to which every occurrence is appended as one line of JSON."),
        _Row("otel", *_choice("auto", "span", "log", "both", "off"),
             "Where OpenTelemetry gets findings; auto is the request's span, and the log when that has ended or is not sampled."),
        _Row("sentry", *_choice("auto", "off"), "Whether Sentry gets findings; auto is where your application has switched it on."),
        _Row("select", _tuple(_rule), _RULES, "Report only these rules; empty means all."),
        _Row("ignore", _tuple(_rule), _RULES, "Never report these rules; wins over select."),
        _Row("sample", _number(float, 0, 1), "a number from 0 to 1", "The share of requests that are traced."),
        _Row("max_frames", _number(int, 1, 200), "a whole number from 1 to 200", "How many frames of a stack a finding carries."),
        _Row("in_app", _tuple(str), "package names or paths, comma separated",
             "Code that is to count as yours although it is installed like a library."),
        _Row("excluded_urls", _tuple(_regex), "regular expressions, comma separated",
             "Requests whose path one of them matches are not traced."),
        _Row("repeat_seconds", _number(float, 0, math.inf), "a number of seconds, 0 or more",
             "After its first report a finding is shown again at most once in this time, with a count."),
        _Row("trace_tasks", _flag, "true or false",
             "Remember where every thread, task, timer and job is created; false waits for the first finding that comes from one."),
    )
}
_BY_VARIABLE: Mapping[str, _Row] = {_PREFIX + name.upper(): row for name, row in _ROWS.items()}
