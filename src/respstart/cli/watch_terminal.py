"""`respstart watch` in a terminal: every defect once with its count, the newest first, and both lines of the selected one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence

from rich.console import Console, Group as Several, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from respstart.cli.keys import keys
from respstart.formats.following import Following
from respstart.formats.groups import Group, Groups, where
from respstart.model import Finding
from respstart.reporters import pretty
from respstart.reporters.escape import clean
from respstart.reporters.lanes import shortened
from respstart.reporters.terminal import WIDE, wants_colour

_PAUSE = 0.25  # seconds between two looks at the files
_AROUND = 6  # lines beside the rows and the places: the title, the head of the table, three empty ones, the last one
_ROWS = 5  # of the table that are shown in any case


class Screen:
    """The whole terminal, until q or Ctrl-C."""

    def __init__(self, following: Following, names: Sequence[str]) -> None:
        colour = wants_colour(sys.stdout, os.environ)
        self._console = Console(highlight=False, markup=False, emoji=False, no_color=not colour)
        self._following = following
        self._names = ", ".join(map(clean, names))
        self._groups = Groups()
        self._shown: list[Group] = []
        self._remark = ""
        self._selected: str | None = None  # a fingerprint; None is the newest, whichever that is

    def run(self) -> None:
        """Show what comes."""
        size = None
        with keys() as key, Live(console=self._console, screen=True, auto_refresh=False) as live:
            pressed = None
            while pressed != "q":
                if self._take() | self._select(pressed) or size != self._console.size:
                    size = self._console.size
                    live.update(self.view(size.width, size.height), refresh=True)
                pressed = key(_PAUSE)

    def _take(self) -> bool:
        """Whether something has come."""
        fresh = self._following.fresh()
        for data in fresh.findings:
            self._groups.add(data)
        if fresh.findings:
            self._shown = self._groups.newest_first()
        self._remark = fresh.remarks[-1] if fresh.remarks else self._remark
        return bool(fresh.findings or fresh.remarks)

    def _select(self, pressed: str | None) -> bool:
        """Whether another one is selected now."""
        if pressed not in ("up", "down") or not self._shown:
            return False
        number = min(max(self._number() + (1 if pressed == "down" else -1), 0), len(self._shown) - 1)
        self._selected = self._shown[number].first.fingerprint if number else None
        return True

    def _number(self) -> int:
        return next((number for number, group in enumerate(self._shown) if group.first.fingerprint == self._selected), 0)

    # ------------------------------------------------------------------ what is seen
    def view(self, width: int, height: int) -> RenderableType:
        """The screen, in columns and lines."""
        if not self._shown:
            return Several(self._title(width), Text(), Text("Nothing came too late yet.", "dim"), Text(), self._last_line())
        number = self._number()
        places, taken = self._places(self._shown[number].last, min(width, pretty.WIDEST), height - _AROUND)
        rows = max(height - _AROUND - taken, _ROWS)
        first = max(0, number - rows + 1)
        table = _table(self._shown[first : first + rows], number - first, width)
        return Several(self._title(width), Text(), table, Text(), places, Text(), self._last_line())

    def _places(self, finding: Finding, width: int, height: int) -> tuple[RenderableType, int]:
        """As much of the finding as there is room for beside the table, and how many lines that takes."""
        few = Several(*pretty.both_places(finding, width))
        for much in (pretty.whole(finding, None, width), pretty.cards(finding, None, width)) if width >= WIDE else ():
            lines = len(self._console.render_lines(much, self._console.options.update_width(width)))
            if lines <= height - min(len(self._shown), _ROWS):
                return much, lines
        return few, len(few.renderables)

    def _title(self, width: int) -> Text:
        total = sum(group.count for group in self._shown)
        counts = f"{_counted(total, 'finding')}, {_counted(len(self._shown), 'defect')}"
        title = Text.assemble(("respstart watch", "bold"), "  ", shortened(self._names, width - len(counts) - 19))
        return title.append(" " * max(width - title.cell_len - len(counts), 2)).append(counts, "bold")

    def _last_line(self) -> Text:
        return Text(f"respstart: {self._remark}", "yellow") if self._remark else Text("q quits, ↑ and ↓ select", "dim")


def _table(groups: Iterable[Group], selected: int, width: int) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), width=width, header_style="dim", pad_edge=False)
    table.add_column()
    table.add_column("seen", justify="right")
    for name, ratio in (("defect", None), ("started by", 1), ("changed by", 1)):
        table.add_column(name, no_wrap=True, overflow="ellipsis", ratio=ratio)
    for number, group in enumerate(groups):
        finding = group.last
        defect = Text.assemble((finding.rule, "bold red"), f" {finding.name} ", (shortened(finding.subject or "", 20), "dim"))
        cells = (Text(where(finding.first_writer), "green"), Text(where(finding.late_writer), "red"))
        pointer = pretty.POINTER if number == selected else " "
        table.add_row(pointer, str(group.count), defect, *cells, style="bold" if number == selected else "")
    return table


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
