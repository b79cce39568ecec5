"""A figure, the budget that it has to keep, and how tables show them side by side."""

from __future__ import annotations

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

    @property
    def measured(self) -> str:
        """The value as text, bold when the budget is not kept."""
        value = self.shown.format(self.value)
        return f"**{value}**" if self.over else value

    @property
    def allowed(self) -> str:
        """The budget as text."""
        return "" if self.budget is None else self.shown.format(self.budget).lstrip("+")

    def row(self) -> str:
        """One line of the table of various figures."""
        return f"| {self.what} | {self.application} | {self.measured} | {self.allowed} |"

    def cell(self) -> str:
        """One cell of a table that has a line for each application."""
        return f"{self.measured} ({self.allowed})" if self.allowed else self.measured


HEADING = ("| | application | measured | budget |", "|---|---|---:|---:|")
