"""The picture of a request in pixels, for the SVG of the page."""

from __future__ import annotations

from dataclasses import dataclass

from respstart.model import Finding
from respstart.reporters.picture import Picture, Step, picture

_COLUMNS = (150, 430, 710)  # of the lanes: client, first writer, late writer
# Above the first step, of a step, from the start to the line of the final head, and what that line takes more.
_TOP, _STEP, _FINAL, _SEAL = 66, 42, 26, 34
_NAME, _LABEL = 26, 36  # characters that fit between two lanes


@dataclass(frozen=True, slots=True)
class Lane:
    """A vertical line at `x`."""

    x: int
    name: str
    below: str


@dataclass(frozen=True, slots=True)
class Row:
    """One step: `x` is the lane that acts, `y` the height; the rest is that of `Step`."""

    kind: str
    at: str
    label: str
    x: int
    y: int
    below: str
    seals: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """What the template draws. `final` is the height from which on the head is final, or None."""

    lanes: tuple[Lane, ...]
    steps: tuple[Row, ...]
    final: int | None
    height: int

    @property
    def width(self) -> int:
        """Wide enough for the lanes and half a name."""
        return self.lanes[-1].x + 130


def drawing(finding: Finding) -> Drawing | None:
    """The picture of a finding, laid out; None when it has no timeline."""
    drawn = picture(finding)
    return _laid_out(drawn) if drawn else None


def _laid_out(drawn: Picture) -> Drawing:
    lanes = tuple(Lane(x, _cut(lane.name, _NAME), _cut(lane.below, _NAME)) for x, lane in zip(_COLUMNS, drawn.lanes, strict=False))
    rows, final, height = [], None, _TOP
    for step in drawn.steps:
        rows.append(_row(step, height))
        if step.seals:
            final = height + _FINAL
            height += _SEAL
        height += _STEP
    return Drawing(lanes, tuple(rows), final, height)


def _row(step: Step, y: int) -> Row:
    return Row(step.kind, step.at, _cut(step.label, _LABEL), _COLUMNS[step.lane], y, _cut(step.below, _LABEL), step.seals)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
