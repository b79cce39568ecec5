"""For a terminal: the first finding of each fingerprint as the console shows it, and a table of all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from respstart.formats.groups import Group, group, where
from respstart.reporters import plain


def render(findings: Sequence[Mapping[str, Any]]) -> str:
    """Text that ends in a newline; one sentence when there is no finding."""
    groups = group(findings)
    if not groups:
        return "No findings.\n"
    return "\n".join([*map(_told, groups), "\n".join(_table(groups))]) + "\n"


def _told(group: Group) -> str:
    return plain.render(group.first) + "".join(f"  {label:<12}{text}\n" for label, text in _more(group))


def _more(group: Group) -> Iterator[tuple[str, str]]:
    if group.count > 1:
        yield "in all", f"{group.count} times"
    for test in group.tests[:3]:
        yield "in test", test
    if len(group.tests) > 3:
        yield "", f"and {len(group.tests) - 3} more tests"


def _table(groups: Sequence[Group]) -> Iterator[str]:
    total, kinds = sum(group.count for group in groups), len(groups)
    rows = [("count", "finding", "started by", "changed by"), *map(_row, groups)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for count, title, started, changed in rows:
        yield f"{count:>{widths[0]}}  {title:<{widths[1]}}  {started:<{widths[2]}}  {changed}".rstrip()
    yield ""
    yield f"{_counted(total, 'finding')}, {_counted(kinds, 'defect')}"


def _row(group: Group) -> tuple[str, str, str, str]:
    return str(group.count), group.title, where(group.first.first_writer), where(group.first.late_writer)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
