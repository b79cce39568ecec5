"""The picture of a request in characters: the lanes side by side, one line for each step."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from rich.cells import cell_len, get_character_cell_size, set_cell_size
from rich.text import Text

from respstart.reporters.picture import CLIENT, FINAL, FIRST, Picture, Step

_TIMES = 12  # columns for the milliseconds
_CLIENT = 16
_HALF_NAME = 14
_NOBODY_ACTS = ("built", "other")  # nothing goes from one lane to another
_STYLES = {"started": "bold green", "built": "green", "late": "bold red"}


class _Line:
    """One line of the picture: what is written later stands over what was there."""

    def __init__(self, width: int) -> None:
        self._cells: list[tuple[str, str]] = [(" ", "")] * width

    def write(self, column: int, text: str, style: str = "") -> None:
        """Write from a column on; a wide character takes two cells, one without a width of its own joins the one before it."""
        for character in text:
            size = get_character_cell_size(character)
            if not 0 <= column <= len(self._cells) - max(size, 1):
                continue
            if size == 0:
                before = self._cells[column - 1]
                self._cells[column - 1] = (before[0] + character, before[1])
            else:
                self._cells[column : column + size] = [(character, style), *[("", style)] * (size - 1)]
            column += size

    def text(self) -> Text:
        """The line, without blanks at its end."""
        text = Text()
        for style, run in groupby(self._cells, key=lambda cell: cell[1]):
            text.append("".join(character for character, _ in run), style)
        text.rstrip()
        return text


class Lanes:
    """Draws a picture `width` columns wide."""

    def __init__(self, picture: Picture, width: int) -> None:
        self._picture = picture
        self._width = width
        last = width - _HALF_NAME
        self._columns = (_CLIENT, (_CLIENT + last) // 2, last) if len(picture.lanes) > 2 else (_CLIENT, last - _HALF_NAME)
        self._sealed = False

    def lines(self) -> Iterator[Text]:
        """The names, then what happened."""
        yield self._names("name", "bold")
        yield self._names("below", "dim")
        for step in self._picture.steps:
            yield self._step(step)
            if step.seals:
                self._sealed = True
                yield self._final()

    def _names(self, part: str, style: str) -> Text:
        line = _Line(self._width)
        for column, lane in zip(self._columns, self._picture.lanes, strict=True):
            name = shortened(getattr(lane, part), 2 * _HALF_NAME - 2)
            line.write(column - cell_len(name) // 2, name, style)
        return line.text()

    def _lifelines(self) -> _Line:
        line = _Line(self._width)
        for number, column in enumerate(self._columns):
            line.write(column, "│", "dim")
            if self._sealed and number == CLIENT:
                line.write(column, "┃", "green")
        return line

    def _step(self, step: Step) -> Text:
        line, style = self._lifelines(), _STYLES.get(step.kind, "")
        line.write(_TIMES - cell_len(step.at), step.at, style or "dim")
        if step.kind in _NOBODY_ACTS:
            self._note(line, step, style)
        else:
            self._arrow(line, step, style)
        return line.text()

    def _note(self, line: _Line, step: Step, style: str) -> None:
        column = self._columns[step.lane]
        if step.kind == "built":
            line.write(column, "●", style)
        room = self._columns[FIRST] - column if step.lane == CLIENT else self._width - column
        line.write(column + 2, shortened(step.label, room - 3), style or "dim")

    def _arrow(self, line: _Line, step: Step, style: str) -> None:
        start, end = self._columns[CLIENT], self._columns[step.lane]
        stroke = {"started": "━", "late": "┄"}.get(step.kind, "─")
        line.write(start + 1, stroke * (end - start - 1), style)
        if step.kind == "request":
            line.write(end - 1, "▶")
        else:
            line.write(start, {"late": "✗ "}.get(step.kind, "◀"), style)
        if step.kind in ("started", "late"):
            line.write(end, {"started": "◆", "late": "●"}[step.kind], style)
        room = end - start - 7
        label = f" {shortened(f'{step.label}, {step.below}' if step.below else step.label, room)} "
        line.write((start + end + 1 - cell_len(label)) // 2, label, style)

    def _final(self) -> Text:
        line = _Line(self._width)
        line.write(_TIMES - 8, "─" * (self._width - _TIMES + 8), "green")
        line.write(self._width - len(FINAL) - 6, f" {FINAL} ", "green")
        return line.text()


def shortened(text: str, width: int) -> str:
    """The text in at most that many columns; where it is longer, it ends in an ellipsis."""
    return text if cell_len(text) <= width else set_cell_size(text, max(width - 1, 0)).rstrip() + "…"
