"""Findings by fingerprint: the same defect, told once with its count."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from respstart.formats.checking import checked
from respstart.model import Finding, Writer
from respstart.reporters.console import current_folder
from respstart.reporters.escape import clean
from respstart.reporters.plain import localised

KEPT = 20  # findings of one fingerprint that are told one by one
_RANK = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True, slots=True)
class Group:
    """All findings of one fingerprint. `findings` are the first `KEPT`, safe to show; `tests` are pytest's node ids.

    A file below the current folder is relative to it in every finding, any other is absolute.
    """

    findings: tuple[Finding, ...]
    count: int
    tests: tuple[str, ...]

    @property
    def first(self) -> Finding:
        """The finding that stands for all; its `seen` is the count."""
        return self.findings[0]

    @property
    def title(self) -> str:
        """Code and slug."""
        return f"{self.first.rule} {self.first.name}"


def group(findings: Iterable[Mapping[str, Any]]) -> list[Group]:
    """The groups, the worst level first, then the most frequent.

    Raises:
        ValueError: a dict is no finding of schema 1.
    """
    by_fingerprint: dict[str, list[Mapping[str, Any]]] = {}
    for data in findings:
        by_fingerprint.setdefault(data["fingerprint"], []).append(data)
    root = current_folder()
    groups = (_group(same, root) for same in by_fingerprint.values())
    return sorted(groups, key=lambda group: (_RANK[group.first.level], -group.count, group.first.rule))


def _group(same: Sequence[Mapping[str, Any]], root: str | None) -> Group:
    first, *others = (localised(checked(data), root) for data in same[:KEPT])
    # On a console repeats are left out and counted; in a file every occurrence has its own line.
    count = max(len(same), *(data.get("seen", 1) for data in same))
    tests = dict.fromkeys(test for data in same if (test := data.get("test")))
    return Group((dataclasses.replace(first, seen=count), *others), count, tuple(map(clean, tests)))


def where(writer: Writer | None) -> str:
    """The place of a writer in one line; says so when nobody could be named."""
    return f"{writer.file}:{writer.line} {writer.function}" if writer and writer.file else "nobody that could be named"
