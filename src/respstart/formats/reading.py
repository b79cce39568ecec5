"""Files of findings, one JSON object a line, as the setting `file` writes them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from respstart.errors import RespstartError
from respstart.formats.checking import checked
from respstart.reporters.escape import clean


@dataclass(slots=True)
class Reading:
    """What was read: findings as dicts, and sentences about what could not be used."""

    findings: list[dict[str, Any]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def read(paths: Iterable[str | Path]) -> Reading:
    """All findings of these files. Lines that are none are counted in a remark: a process may have died in the middle of one.

    Raises:
        RespstartError: a file cannot be read.
    """
    result = Reading()
    for path in paths:
        try:
            with Path(path).open("rb") as file:
                take(file, path, result)
        except OSError as error:
            raise RespstartError(f"{str(path)!a} cannot be read: {error.strerror}") from error
    return result


def take(lines: Iterable[bytes], path: str | Path, result: Reading) -> None:
    """Add what these lines of a file hold to `result`."""
    strange = 0
    for data in _objects(lines):
        if isinstance(data, dict) and isinstance(said := data.get("respstart"), str):
            result.remarks.append(f"{str(path)!a}: {clean(said)}, later findings are missing")
        elif _is_finding(data):
            result.findings.append(data)
        else:
            strange += 1
    if strange:
        result.remarks.append(f"{str(path)!a}: {strange} {'line is' if strange == 1 else 'lines are'} no finding")


def _objects(lines: Iterable[bytes]) -> Iterator[Any]:
    """What each line holds that is not empty; None for one that is no JSON."""
    for line in lines:
        if line.strip():
            try:
                yield json.loads(line, parse_constant=_refuse)
            except (ValueError, RecursionError):
                yield None


def _refuse(constant: str) -> NoReturn:
    """NaN and Infinity are no JSON (RFC 8259, section 6)."""
    raise ValueError(constant)


def _is_finding(data: Any) -> bool:
    try:
        checked(data)
    except ValueError:
        return False
    return True
