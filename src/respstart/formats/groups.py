"""Findings by fingerprint: the same defect, told once with its count."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
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

    A file below the current folder is relative to it in every finding, any other is absolute. `last` is the latest finding.
    """

    findings: tuple[Finding, ...]
    count: int
    tests: tuple[str, ...]
    last: Finding

    @property
    def first(self) -> Finding:
        """The finding that stands for all; its `seen` is the count."""
        return self.findings[0]

    @property
    def title(self) -> str:
        """Code and slug."""
        return f"{self.first.rule} {self.first.name}"


class Groups:
    """Findings by fingerprint, as they come. Of each only the first `KEPT` and the last are kept, the others are counted."""

    def __init__(self) -> None:
        self._by_fingerprint: dict[str, _Same] = {}
        self._root = current_folder()

    def add(self, data: Mapping[str, Any]) -> None:
        """Take in one more.

        Raises:
            ValueError: the dict is no finding of schema 1.
        """
        # The one that came last stands last.
        same = self._by_fingerprint.pop(data["fingerprint"], None) or _Same(self._root)
        self._by_fingerprint[data["fingerprint"]] = same
        same.add(data)

    def worst_first(self) -> list[Group]:
        """The groups, the worst level first, then the most frequent."""
        groups = [same.group() for same in self._by_fingerprint.values()]
        return sorted(groups, key=lambda group: (_RANK[group.first.level], -group.count, group.first.rule))

    def newest_first(self) -> list[Group]:
        """The groups, the one that was seen last first."""
        return [same.group() for same in reversed(self._by_fingerprint.values())]


@dataclass(slots=True)
class _Same:
    """What is kept of one fingerprint."""

    root: str | None
    findings: list[Finding] = field(default_factory=list)
    last: Mapping[str, Any] = field(default_factory=dict)
    occurrences: int = 0
    seen: int = 0
    tests: dict[str, None] = field(default_factory=dict)

    def add(self, data: Mapping[str, Any]) -> None:
        if len(self.findings) < KEPT:
            self.findings.append(localised(checked(data), self.root))
        self.last = data
        self.occurrences += 1
        self.seen = max(self.seen, data.get("seen", 1))
        if test := data.get("test"):
            self.tests[clean(test)] = None

    def group(self) -> Group:
        # On a console repeats are left out and counted; in a file every occurrence has its own line.
        count = max(self.occurrences, self.seen)
        last = self.findings[-1] if self.occurrences <= KEPT else localised(checked(self.last), self.root)
        first, *others = self.findings
        return Group((dataclasses.replace(first, seen=count), *others), count, tuple(self.tests), dataclasses.replace(last, seen=count))


def group(findings: Iterable[Mapping[str, Any]]) -> list[Group]:
    """The groups, the worst level first, then the most frequent.

    Raises:
        ValueError: a dict is no finding of schema 1.
    """
    groups = Groups()
    for data in findings:
        groups.add(data)
    return groups.worst_first()


def where(writer: Writer | None) -> str:
    """The place of a writer in one line; says so when nobody could be named."""
    return f"{writer.file}:{writer.line} {writer.function}" if writer and writer.file else "nobody that could be named"
