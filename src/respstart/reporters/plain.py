"""A finding as plain text for terminals of 80 columns, CI and logs, in the manner of ThreadSanitizer's report."""

from __future__ import annotations

import dataclasses
import itertools
import os
import re
import textwrap
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeVar

from respstart.reporters.escape import clean

if TYPE_CHECKING:
    from respstart.model import Finding, Frame, Place, TrailEntry, Writer

LATE = "late change"  # the title of its stack
_WIDTH = 80
_LABEL = 14
_SOURCE_LIMIT = 60
_TRAIL_LIMIT = 12
_FINAL = "------------- status and headers are final from here -------------"
_COLOURS = {"red": "\x1b[31m", "green": "\x1b[32m", "yellow": "\x1b[33m"}
_Paint = Callable[[str, str], str]
_Value = TypeVar("_Value")


def render(finding: Finding, root: str | None = None, *, colour: bool = False) -> str:
    """The finding as text that ends in a newline; paths below `root` are shown relative to it, text from outside is escaped."""
    return "\n".join(_lines(localised(finding, root), _paint if colour else _no_paint)) + "\n"


def localised(value: _Value, root: str | None) -> _Value:
    """A copy of a finding, or of a part of it, that is safe to show: text from outside is escaped and cut, paths below `root` are
    relative to it.
    """
    below = re.compile(rf"(?<![^\s(\"']){re.escape(root.rstrip(os.sep) + os.sep)}") if root and root != os.sep else None
    shown: _Value = _localised(value, below)
    return shown


def _lines(finding: Finding, paint: _Paint) -> Iterator[str]:
    verdict = f"{finding.rule} {finding.name}:"
    first, *more = _wrapped(f"{verdict} {finding.message}", 2)
    yield first.replace(verdict, paint("red", verdict), 1)
    yield from more
    yield from _wrapped("  " + request(finding), 4)
    yield ""
    yield from _started(finding.first_writer, paint)
    yield from _changed(finding, paint)
    for label, place in other_places(finding):
        yield from _row(label, f"{place.file}:{place.line} in {place.function}")
    if finding.exception:
        yield from _row("exception", f"{finding.exception.type}: {finding.exception.message}")
    yield from _timeline(finding.trail, paint)
    yield from _stacks(finding)
    yield ""
    yield from _row("fix", finding.fix)
    yield from _row("more", f"respstart explain {finding.rule}")
    if finding.seen > 1:
        yield from _row("seen", f"{finding.seen} times so far")
    yield finding.summary


# ---------------------------------------------------------------------- the parts
def request(finding: Finding) -> str:
    """The request and its answer on the wire, in one line."""
    request, response = finding.request, finding.response
    status = f"status {response.status} on the wire" if response.status is not None else "no status on the wire"
    body = f"{response.body_bytes} bytes in {response.chunks} chunk{'' if response.chunks == 1 else 's'}"
    stack = ", ".join(dict.fromkeys(name for name in (request.server, request.framework) if name))
    head = f"{request.method} {request.path}  id {request.id}"
    return f"{head}  {status} ({body}{completeness(finding)})" + (f"  {stack}" if stack else "")


def completeness(finding: Finding) -> str:
    """Whether the client has all of the body; a finding that was told while the response went on cannot know."""
    complete = finding.response.complete
    if isinstance(complete, str):
        return f", {complete}"
    if not complete:
        return ", not complete"
    return ", complete" if any(step.event == "end" for step in finding.trail) else " so far"


def _started(writer: Writer, paint: _Paint) -> Iterator[str]:
    if writer.file is None:
        yield from _row("started by", f"nobody that could be named: {writer.reason}")
        return
    yield from _writer(writer, "started by", paint("green", "started by"), "  <- look here first")


def _changed(finding: Finding, paint: _Paint) -> Iterator[str]:
    writer = finding.late_writer
    if writer is None or writer.file is None:
        why = "; ".join(filter(None, (writer.reason if writer else None, finding.late_window)))
        yield from _row("changed by", "nobody that could be named" + (f": {why}" if why else ""))
    else:
        yield from _writer(writer, "changed by", paint("red", "changed by"))
    for sentence in elsewhere(finding):
        yield from _row("", sentence)


def _writer(writer: Writer, label: str, painted: str, pointer: str = "") -> Iterator[str]:
    package = f", {writer.package}" if writer.package else ""
    line = f"{writer.file}:{writer.line} in {writer.function}  ({writer.basis}{package}){pointer}"
    for number, text in enumerate(_row(label, line)):
        yield text.replace(label, painted, 1) if number == 0 else text
    if writer.source:
        yield " " * (_LABEL + 4) + clean(writer.source.strip(), _SOURCE_LIMIT)
    yield from _row("", writer.reason)


def elsewhere(finding: Finding) -> Iterator[str]:
    """Where the late write ran, in sentences, when that was another task, thread or request than the start."""
    started, late = finding.started_in, finding.late_in
    if late is None:
        return
    if request := late.get("request"):
        yield f"while serving another request: {request['method']} {request['path']}  id {request['id']}"
    if started and (late.get("thread"), late.get("task")) != (started.thread, started.task):
        yield f"in {runner(late.get('thread'), late.get('task'))}; the start was in {runner(started.thread, started.task)}"
        created = late.get("created_at")
        if created:
            yield f"which was created at {created.file}:{created.line} in {created.function}"


def runner(thread: str | None, task: str | None) -> str:
    """The task, else the thread, in words."""
    return f"task {task}" if task else f"thread {thread}"


def other_places(finding: Finding) -> Iterator[tuple[str, Place]]:
    """What else is known, with a label, as far as it names a line that is not one of the two writers'."""
    shown = {(writer.file, writer.line) for writer in (finding.first_writer, finding.late_writer) if writer}
    places: dict[str, Place | None] = {
        "built at": finding.built_at,
        "returned at": finding.returned_at,
        "raised at": finding.raised_at,
        "body from": finding.body_at,
        "ended at": finding.ended_at,
    }
    for label, place in places.items():
        if place and (place.file, place.line) not in shown:
            shown.add((place.file, place.line))
            yield label, place


def _timeline(trail: tuple[TrailEntry, ...], paint: _Paint) -> Iterator[str]:
    if not trail:
        return
    yield ""
    yield "  timeline"
    # The beginning and the end tell most; the start is always shown.
    middle = range(_TRAIL_LIMIT // 2, len(trail) - _TRAIL_LIMIT // 2)
    for folded, run in itertools.groupby(enumerate(trail), lambda step: step[0] in middle and step[1].event != "started"):
        steps = [entry for _, entry in run]
        if folded:
            yield f"               ... {len(steps)} more steps"
        else:
            yield from itertools.chain.from_iterable(_step(entry, paint) for entry in steps)


def _step(entry: TrailEntry, paint: _Paint) -> Iterator[str]:
    is_start = entry.event == "started"
    place = f"  {entry.place.file}:{entry.place.line}" if entry.place else ""
    yield f"  {entry.at_ms:9.1f} ms  {entry.event}{place}  {'' if is_start else entry.detail}".rstrip()
    if is_start:
        yield "  " + paint("yellow", _FINAL)


def _stacks(finding: Finding) -> Iterator[str]:
    for title, stack in stacks(finding):
        yield ""
        yield f"  stack of the {title} (most recent call last)"
        yield from _frames(stack)


def stacks(finding: Finding) -> Iterator[tuple[str, tuple[Frame, ...]]]:
    """The stacks that have code of the user in them, each once, with a title."""
    told = set()
    for title, stack in (("start", finding.stacks.start), ("construction", finding.stacks.built), (LATE, finding.stacks.late)):
        if stack not in told and any(frame.in_app for frame in stack):
            told.add(stack)
            yield title, stack


def _frames(stack: tuple[Frame, ...]) -> Iterator[str]:
    for in_app, frames in runs(stack):
        if in_app:
            yield from (f"    {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames)
        else:
            yield f"    ... {folded(frames)} folded"


def runs(stack: tuple[Frame, ...]) -> Iterator[tuple[bool, list[Frame]]]:
    """The stack in runs of frames that are the user's own, or are not."""
    return ((in_app, list(run)) for in_app, run in itertools.groupby(stack, lambda frame: frame.in_app))


def folded(frames: list[Frame]) -> str:
    """How many frames these are and of which packages, in words."""
    names = list(dict.fromkeys(filter(None, (_package(frame.filename) for frame in frames))))
    of = f" of {', '.join(names[:3])}" if names else ""
    return f"{len(frames)} {'frame' if len(frames) == 1 else 'frames'}{of}"


def _package(filename: str) -> str | None:
    """The package that an installed file belongs to; None for code that is somewhere else, such as the standard library."""
    parts = PurePath(filename).parts
    places = [index for index, part in enumerate(parts[:-1]) if part in ("site-packages", "dist-packages")]
    return parts[places[-1] + 1].removesuffix(".py") if places else None


# ---------------------------------------------------------------------- layout
def _row(label: str, text: str) -> list[str]:
    return _wrapped(f"  {label:<{_LABEL - 2}}{text}", _LABEL)


def _wrapped(text: str, indent: int) -> list[str]:
    """Lines of at most 80 columns, except that a path or a word is never broken."""
    return textwrap.wrap(text, _WIDTH, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False) or [text]


def _paint(name: str, text: str) -> str:
    return f"{_COLOURS[name]}{text}\x1b[0m"


def _no_paint(_: str, text: str) -> str:
    return text


def _localised(value: Any, below: re.Pattern[str] | None, name: str = "") -> Any:
    """A copy in which every string is safe to show, and those that hold paths are relative to the root."""
    again = partial(_localised, below=below)
    if isinstance(value, str):
        return clean(below.sub("", value) if below and name in ("file", "filename", "message", "reason") else value)
    if isinstance(value, dict):
        return {key: again(item, name=key) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(again(item) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return dataclasses.replace(value, **{name: again(getattr(value, name), name=name) for name in names})
    return value
