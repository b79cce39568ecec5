"""The picture of a request: who did what in which order, and where the head became final."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import PurePath

from respstart.model import Finding, TrailEntry, Whereabouts, Writer
from respstart.reporters.plain import runner

CLIENT, FIRST, LATE = 150, 430, 710
# Pixels: above the first step, of a step, from the start to the line of the final head, and what that line takes more.
_TOP, _STEP, _FINAL, _SEAL = 66, 42, 26, 34
_STEPS = 12
_NAME, _LABEL = 26, 36  # characters that fit between two lanes


@dataclass(frozen=True, slots=True)
class Lane:
    """A vertical line: the client, or a function that took part."""

    x: int
    name: str
    below: str


@dataclass(frozen=True, slots=True)
class Step:
    """One row. `kind` is request, built, started, late, end or other; `x` is the lane that acts, `y` the height.

    `seals`: from here on status and headers are final.
    """

    kind: str
    at: str
    label: str
    x: int
    y: int
    below: str = ""
    seals: bool = False


@dataclass(slots=True)
class Picture:
    """What the template draws, in pixels. `final` is the height from which on the head is final, or None."""

    lanes: tuple[Lane, ...]
    steps: list[Step] = field(default_factory=list)
    final: int | None = None
    height: int = _TOP

    @property
    def width(self) -> int:
        """Wide enough for the lanes and half a name."""
        return self.lanes[-1].x + 130

    def add(self, kind: str, at: str, label: str, x: int, below: str = "") -> None:
        """One more row."""
        seals = kind == "started" and self.final is None
        self.steps.append(Step(kind, at, _cut(label, _LABEL), x, self.height, _cut(below, _LABEL), seals))
        if seals:
            self.final = self.height + _FINAL
            self.height += _SEAL
        self.height += _STEP


def picture(finding: Finding) -> Picture | None:
    """The picture of a finding; None when it has no timeline."""
    if not finding.trail:
        return None
    lanes = tuple(_lanes(finding))
    drawn = Picture(lanes)
    late = _own(finding)
    for entry in _shortened(finding.trail, late):
        if isinstance(entry, str):
            drawn.add("other", "", entry, CLIENT)
            continue
        if entry.event == "started" and finding.built_at:
            drawn.add("built", "", "response built", FIRST)
        _draw(drawn, entry, finding, entry is late)
    return drawn


def _lanes(finding: Finding) -> Iterator[Lane]:
    first, late = finding.first_writer, finding.late_writer
    yield Lane(CLIENT, "client", finding.request.server or "")
    elsewhere = _runs_elsewhere(finding)
    yield _lane(FIRST, first, finding.started_in if elsewhere else None)
    if late is None or (late.file, late.function) != (first.file, first.function) or elsewhere:
        where = finding.late_in or {}
        yield _lane(LATE, late, Whereabouts(where.get("thread"), where.get("task")) if elsewhere else None)


def _lane(x: int, writer: Writer | None, run: Whereabouts | None) -> Lane:
    if writer is None or writer.file is None:
        return Lane(x, "not known", "")
    below = runner(run.thread, run.task) if run else PurePath(writer.file).name
    return Lane(x, _cut((writer.function or "").rpartition("<locals>.")[2], _NAME), _cut(below, _NAME))


def _runs_elsewhere(finding: Finding) -> bool:
    started, late = finding.started_in, finding.late_in
    return bool(started and late and (late.get("thread"), late.get("task")) != (started.thread, started.task))


def _own(finding: Finding) -> TrailEntry | None:
    """The step that is this finding; other findings of the same request may be in its trail."""
    late = [entry for entry in finding.trail if entry.event == "late"]
    return next((entry for entry in reversed(late) if entry.detail == finding.operation), late[-1] if late else None)


def _shortened(trail: tuple[TrailEntry, ...], late: TrailEntry | None) -> Iterator[TrailEntry | str]:
    """The beginning and the end, the start and the late change; the number of the others."""
    middle = range(_STEPS // 2, len(trail) - _STEPS // 2)
    for left_out, run in groupby(enumerate(trail), lambda step: step[0] in middle and step[1].event != "started" and step[1] is not late):
        entries = [entry for _, entry in run]
        if left_out:
            yield f"... {len(entries)} more steps"
        else:
            yield from entries


def _draw(drawn: Picture, entry: TrailEntry, finding: Finding, is_own: bool) -> None:
    at = f"{entry.at_ms:.1f} ms"
    match entry.event:
        case "request":
            drawn.add("request", at, f"{finding.request.method} {finding.request.path}", FIRST)
        case "started":
            status = f", status {finding.response.status}" if finding.response.status is not None else ""
            drawn.add("started", at, f"started{status}", FIRST)
        case "end":
            drawn.add("end", at, " ".join(filter(None, ("end", entry.detail))), FIRST)
        case "late" if is_own:
            elapsed = f"{finding.elapsed_ms:.1f} ms too late: " if finding.elapsed_ms is not None else ""
            subject = f"{finding.operation} {finding.subject or ''}".strip()
            drawn.add("late", at, subject, drawn.lanes[-1].x, f"{elapsed}{finding.outcome}")
        case _:
            drawn.add("other", at, " ".join(filter(None, (entry.event, entry.detail))), CLIENT)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
