"""The picture of a request: who did what in which order, and where the head became final. The page and the terminal draw it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePath

from respstart.model import Finding, TrailEntry, Whereabouts, Writer
from respstart.reporters.plain import runner

FINAL = "status and headers are final from here"
CLIENT, FIRST = 0, 1  # lanes; the last one is the late writer's
_STEPS = 12


@dataclass(frozen=True, slots=True)
class Lane:
    """A vertical line: the client, or a function that took part."""

    name: str
    below: str


@dataclass(frozen=True, slots=True)
class Step:
    """One row. `kind` is request, built, started, late, end or other; `lane` is the number of the lane that acts.

    `seals`: from here on status and headers are final.
    """

    kind: str
    at: str
    label: str
    lane: int
    below: str = ""
    seals: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn: two or three lanes, and what happened, in order."""

    lanes: tuple[Lane, ...]
    steps: tuple[Step, ...]


def picture(finding: Finding) -> Picture | None:
    """The picture of a finding; None when it has no timeline."""
    if not finding.trail:
        return None
    lanes = tuple(_lanes(finding))
    return Picture(lanes, tuple(_steps(finding, len(lanes) - 1)))


def _lanes(finding: Finding) -> Iterator[Lane]:
    first, late = finding.first_writer, finding.late_writer
    yield Lane("client", finding.request.server or "")
    elsewhere = _runs_elsewhere(finding)
    yield _lane(first, finding.started_in if elsewhere else None)
    if late is None or (late.file, late.function) != (first.file, first.function) or elsewhere:
        where = finding.late_in or {}
        yield _lane(late, Whereabouts(where.get("thread"), where.get("task")) if elsewhere else None)


def _lane(writer: Writer | None, run: Whereabouts | None) -> Lane:
    if writer is None or writer.file is None:
        return Lane("not known", "")
    below = runner(run.thread, run.task) if run else PurePath(writer.file).name
    return Lane((writer.function or "").rpartition("<locals>.")[2], below)


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


def _steps(finding: Finding, late_lane: int) -> Iterator[Step]:
    own, sealed = _own(finding), False
    for entry in _shortened(finding.trail, own):
        if isinstance(entry, str):
            yield Step("other", "", entry, CLIENT)
            continue
        if entry.event == "started" and finding.built_at:
            yield Step("built", "", "response built", FIRST)
        at, seals = f"{entry.at_ms:.1f} ms", entry.event == "started" and not sealed
        sealed |= seals
        match entry.event:
            case "request":
                yield Step("request", at, f"{finding.request.method} {finding.request.path}", FIRST)
            case "started":
                status = f", status {finding.response.status}" if finding.response.status is not None else ""
                yield Step("started", at, f"started{status}", FIRST, seals=seals)
            case "end":
                yield Step("end", at, " ".join(filter(None, ("end", entry.detail))), FIRST)
            case "late" if entry is own:
                yield _late(finding, at, late_lane)
            case _:
                yield Step("other", at, " ".join(filter(None, (entry.event, entry.detail))), CLIENT)


def _late(finding: Finding, at: str, lane: int) -> Step:
    elapsed = f"{finding.elapsed_ms:.1f} ms too late: " if finding.elapsed_ms is not None else ""
    return Step("late", at, f"{finding.operation} {finding.subject or ''}".strip(), lane, f"{elapsed}{finding.outcome}")
