"""A figure, the budget that it has to keep, and the table that shows them side by side."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Figure(NamedTuple):
    """Something measured: `shown` is a format of `value`, which has to stay at or below `budget` if there is one."""

    what: str
    application: str
    value: float
    shown: str
    budget: float | None = None

    @property
    def over(self) -> bool:
        """Whether the budget is not kept."""
        return self.budget is not None and self.value > self.budget

    def row(self) -> str:
        """One line of the table."""
        budget = "" if self.budget is None else self.shown.format(self.budget).lstrip("+")
        value = self.shown.format(self.value)
        return f"| {self.what} | {self.application} | {f'**{value}**' if self.over else value} | {budget} |"


HEADING = ("| | application | measured | budget |", "|---|---|---:|---:|")


def table(figures: Iterable[Figure]) -> list[str]:
    """The lines of a table."""
    return [*HEADING, *(figure.row() for figure in figures)]
