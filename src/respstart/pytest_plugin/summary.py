"""What a run found, by fingerprint: for the end of the terminal's output, and for the baseline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from respstart.model import Finding
from respstart.pytest_plugin.policy import Verdict
from respstart.reporters import plain

_TESTS_LIMIT = 5
_GROUPS_LIMIT = 50


class Group:
    """The findings of one fingerprint with one verdict: the first in full, the tests, and how often it was seen."""

    def __init__(self, finding: Mapping[str, Any], verdict: Verdict) -> None:
        self.finding = finding
        self.verdict = verdict
        self.seen = 0
        self.tests: dict[str, None] = {}  # a set in order


class Summary:
    """Counts findings (dicts of schema 1), in the order in which they came first."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, Verdict], Group] = {}

    def add(self, finding: Mapping[str, Any], verdict: Verdict) -> None:
        """Count one more."""
        group = self._groups.setdefault((finding["fingerprint"], verdict), Group(finding, verdict))
        group.seen += finding["seen"]
        group.tests.setdefault(finding["test"] or "(outside of the tests)")

    def known(self) -> list[Mapping[str, Any]]:
        """What a baseline of this run has to list."""
        return [group.finding for group in self._groups.values() if group.verdict is Verdict.KNOWN]

    def title(self) -> str | None:
        """How much, in few words; None when there is nothing to show."""
        shown = self._shown()
        if not shown:
            return None
        tests = {test for group in shown for test in group.tests}
        return f"respstart: {counted(len(shown), 'late mutation')} in {counted(len(tests), 'test')}"

    def lines(self, root: str) -> Iterator[tuple[str, Verdict | None]]:
        """The lines, each with the verdict that it is to be coloured by; paths below `root` are relative to it."""
        shown = self._shown()
        for group in shown[:_GROUPS_LIMIT]:
            yield from _lines(group, root)
        if len(shown) > _GROUPS_LIMIT:
            yield f"... and {len(shown) - _GROUPS_LIMIT} more; --response-start-report=FILE keeps them all", None

    def rest(self) -> str | None:
        """What was found and is not shown; None when there is nothing."""
        counts: Counter[Verdict] = Counter()
        for group in self._groups.values():
            counts[group.verdict] += group.seen
        quiet = [f"{counts[verdict]} {verdict}" for verdict in (Verdict.EXPECTED, Verdict.KNOWN) if counts[verdict]]
        return ", ".join(quiet) or None

    def _shown(self) -> list[Group]:
        return [group for group in self._groups.values() if group.verdict in (Verdict.FAILS, Verdict.TOLD)]


def _lines(group: Group, root: str) -> Iterator[tuple[str, Verdict | None]]:
    finding = plain.localised(Finding.from_dict(group.finding), root)
    often = f", {group.seen} times" if group.seen > 1 else ""
    remark = "" if group.verdict is Verdict.FAILS else "  (fails no test)"
    yield f"{finding.rule} {finding.name}  {finding.outcome}{often}{remark}", group.verdict
    for label, writer in (("started by", finding.first_writer), ("changed by", finding.late_writer)):
        place = f"{writer.file}:{writer.line} in {writer.function}" if writer and writer.file else "nobody that could be named"
        yield f"  {label} {place}", None
    tests = list(group.tests)
    yield from ((f"    {test}", None) for test in tests[:_TESTS_LIMIT])
    if len(tests) > _TESTS_LIMIT:
        yield f"    ... and {counted(len(tests) - _TESTS_LIMIT, 'more test')}", None


def counted(number: int, noun: str) -> str:
    """A number with its noun, in the plural where it has to be."""
    return f"{number} {noun}" + ("" if number == 1 else "s")
