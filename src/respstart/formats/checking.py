"""What was read from a file, checked against the types of the model before anybody shows it."""

from __future__ import annotations

import builtins
import dataclasses
import functools
import re
import types
import typing
from collections.abc import Mapping
from typing import Any, TypedDict, get_args, get_origin, get_type_hints, is_typeddict

from respstart.model import SCHEMA_VERSION, Finding, Outcome, Place

# Formats make addresses and classes of these.
_PATTERNS = {"rule": r"RS[0-9]{3}", "fingerprint": r"[0-9a-f]{8}", "outcome": "|".join(Outcome)}
_LARGE = 1e15  # no duration in milliseconds: what is larger, or no number at all, cannot be drawn


class _OtherRequest(TypedDict):
    method: str
    path: str
    id: str | None


class _Runner(TypedDict):
    thread: str | None
    task: str | None


class _LateIn(_Runner, total=False):
    created_at: Place | None
    request: _OtherRequest


def checked(data: Mapping[str, Any]) -> Finding:
    """The finding that `Finding.to_dict()` gave as this dict.

    Raises:
        ValueError: it is no finding of schema 1, or a value in it is not of the type that the model says.
    """
    finding = Finding.from_dict(data)
    if finding.schema != SCHEMA_VERSION or not _is(Finding, finding) or not _is(_LateIn | None, finding.late_in):
        raise ValueError("this is no finding of schema 1")
    for name, pattern in _PATTERNS.items():
        if not re.fullmatch(pattern, getattr(finding, name)):
            raise ValueError(f"this is no {name}")
    return finding


def _is(kind: Any, value: Any) -> bool:
    """Whether the value, and all in it, is of the annotated kind."""
    arguments = get_args(kind)
    match get_origin(kind):
        case types.UnionType:
            return any(_is(one, value) for one in arguments)
        case typing.Literal:
            return value in arguments
        case builtins.tuple:
            return isinstance(value, tuple) and all(_is(arguments[0], item) for item in value)
        case origin:
            return kind is Any or _is_one(origin or kind, value)


def _is_one(kind: Any, value: Any) -> bool:
    if is_typeddict(kind):
        return isinstance(value, dict) and kind.__required_keys__ <= value.keys() and _all_are(kind, value)
    if dataclasses.is_dataclass(kind):
        return isinstance(value, kind) and _all_are(kind, {name: getattr(value, name) for name in _types_of(kind)})  # type: ignore[arg-type]
    if isinstance(value, bool):
        return kind is bool
    if kind is float:
        return isinstance(value, int | float) and abs(value) < _LARGE
    return isinstance(value, kind)


def _all_are(kind: Any, values: Mapping[str, Any]) -> bool:
    return all(_is(annotation, values[name]) for name, annotation in _types_of(kind).items() if name in values)


@functools.cache
def _types_of(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
