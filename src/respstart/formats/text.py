"""For a terminal: the first finding of each fingerprint as the console shows it, and a table of all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from respstart.formats.groups import Group, group, where
from respstart.reporters import plain

_Row = tuple[str, str, str, str]
_HEAD: _Row = ("count", "finding", "started by", "changed by")
_TESTS = 3  # of one defect that are named


def render(findings: Sequence[Mapping[str, Any]]) -> str:
    """Text that ends in a newline; one sentence when there is no finding."""
    groups = group(findings)
    if not groups:
        return "No findings.\n"
    told = [plain.render(each.first) for each in groups]
    return "\n".join([*told, *_table(groups)]) + "\n"


def _table(groups: Sequence[Group]) -> Iterator[str]:
    rows = [_HEAD, *map(_row, groups)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    yield _line(_HEAD, widths)
    for each in groups:
        yield _line(_row(each), widths)
        yield from (f"{'':{widths[0]}}  in {test}" for test in each.tests[:_TESTS])
        if len(each.tests) > _TESTS:
            yield f"{'':{widths[0]}}  and {_counted(len(each.tests) - _TESTS, 'more test')}"
    yield ""
    yield f"{_counted(sum(each.count for each in groups), 'finding')}, {_counted(len(groups), 'defect')}"


def _line(row: _Row, widths: Sequence[int]) -> str:
    count, title, started, changed = row
    return f"{count:>{widths[0]}}  {title:<{widths[1]}}  {started:<{widths[2]}}  {changed}".rstrip()


def _row(group: Group) -> _Row:
    return str(group.count), group.title, where(group.first.first_writer), where(group.first.late_writer)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
