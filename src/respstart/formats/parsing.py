"""Findings from dicts again: what was read from a file is checked against the types of the model before anybody shows it."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from respstart.model import Finding, Outcome, Place

_T = TypeVar("_T")
_LARGE = 1e15  # no duration in milliseconds; what is larger, or no number at all, cannot be drawn
# Formats make addresses and classes of these.
_PATTERNS = {"rule": r"RS[0-9]{3}", "fingerprint": r"[0-9a-f]{8}", "outcome": "|".join(Outcome)}


@dataclass(frozen=True, slots=True)
class _OtherRequest:
    method: str
    path: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class _LateIn:
    thread: str | None
    task: str | None
    created_at: Place | None = None
    request: _OtherRequest | None = None


def finding_of(data: object) -> Finding:
    """The finding that `Finding.to_dict()` gave as this dict. Keys that this version does not know are left out.

    Raises:
        ValueError: it is no finding of schema 1.
    """
    finding = _dataclass(Finding, data)
    if finding.schema != 1:
        raise ValueError("schema")
    for name, pattern in _PATTERNS.items():
        if not re.fullmatch(pattern, getattr(finding, name)):
            raise ValueError(name)
    return dataclasses.replace(finding, late_in=_late_in(finding.late_in))


def _late_in(data: dict[str, Any] | None) -> dict[str, Any] | None:
    """As diagnosis makes it: a place is a `Place`, another request is a dict and only there when there is one."""
    if data is None:
        return None
    where = _dataclass(_LateIn, data)
    known = {"thread": where.thread, "task": where.task, "created_at": where.created_at}
    return known | ({"request": dataclasses.asdict(where.request)} if where.request else {})


def _dataclass(kind: type[_T], data: object) -> _T:
    if not isinstance(data, Mapping):
        raise ValueError(kind.__name__)
    hints = _hints(kind)  # type: ignore[arg-type]
    try:
        return kind(**{name: _value(hints[name], value) for name, value in data.items() if name in hints})
    except TypeError as error:  # a key without a default is missing
        raise ValueError(str(error)) from None


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _value(kind: Any, value: Any) -> Any:
    """The value, as the annotation wants it."""
    if kind is Any:
        return value
    if dataclasses.is_dataclass(kind):
        return _dataclass(kind, value)  # type: ignore[arg-type]
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is UnionType:
        return _first_that_fits(arguments, value)
    if origin is tuple and isinstance(value, list | tuple):
        return tuple(_value(arguments[0], item) for item in value)
    if _fits(kind if origin is None else origin, arguments, value):
        return value
    raise ValueError(str(kind))


def _first_that_fits(kinds: tuple[Any, ...], value: Any) -> Any:
    for kind in kinds:
        try:
            return _value(kind, value)
        except ValueError:
            continue
    raise ValueError(str(kinds))


def _fits(kind: Any, arguments: tuple[Any, ...], value: Any) -> bool:
    if kind is Literal:
        return value in arguments
    if isinstance(value, bool):
        return kind is bool
    if kind is float:
        return isinstance(value, int | float) and abs(value) < _LARGE
    return isinstance(value, kind)
