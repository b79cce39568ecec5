"""Stacks, cheaply: a snapshot is taken for every response, its lines are computed for the few that go wrong.

A snapshot is a flat tuple `(code, lasti, code, lasti, ...)`, innermost frame first. It keeps no frame and no local alive. A
negative `lasti` (stored as `~lasti`) marks a forwarder: a frame that was itself called with the start and passed it on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType, FrameType, GeneratorType, TracebackType

from respstart.looking import source_line

Snapshot = tuple[CodeType | int, ...]

EMPTY: Snapshot = ()

# Frames of respstart itself carry this file prefix and are left out of every stack that a person sees.
_OWN = __file__.rpartition("core")[0]

# Framework code that calls user code, by id: hashing a code object costs as much as walking ten frames. The codes are pinned.
# The value tells whether it may also forward a start: what takes the arguments of an application is called with nothing else.
borders: dict[int, bool] = {}
_border_codes: list[CodeType] = []
_root_ids: set[int] = set()

APPLICATIONS = (("environ", "start_response"), ("scope", "receive", "send"))  # the parameters of a WSGI and an ASGI application


def add_border(code: CodeType) -> None:
    """Let snapshots end at `code`, a dispatcher: user frames beyond it are callers, not writers. Kept for the life of the process."""
    if id(code) not in borders:
        _border_codes.append(code)
        names = code.co_varnames[: code.co_argcount]
        borders[id(code)] = names not in APPLICATIONS and names[1:] not in APPLICATIONS


def add_root(code: CodeType) -> None:
    """Let stacks end at `code`, the entry of a thread or of an event loop's callback: what is beyond runs the process."""
    add_border(code)
    _root_ids.add(id(code))


def is_root(code: CodeType) -> bool:
    """Whether `code` is the entry of a thread or of a callback."""
    return id(code) in _root_ids


def is_border(code: CodeType) -> bool:
    """Whether `code` is a dispatcher."""
    return id(code) in borders


def is_own(code: CodeType) -> bool:
    """Whether `code` is respstart's own."""
    return code.co_filename.startswith(_OWN)


def capture(frame: FrameType | None, limit: int) -> Snapshot:
    """The stack from `frame` outward, at most `limit` frames, ending with the first dispatcher."""
    parts: list[CodeType | int] = []
    while frame is not None and limit:
        code = frame.f_code
        parts.append(code)
        parts.append(frame.f_lasti)
        if id(code) in borders:
            break
        frame = frame.f_back
        limit -= 1
    return tuple(parts)


def capture_start(
    frame: FrameType | None, limit: int, asks: dict[str, bool], forwards: Callable[[FrameType], bool]
) -> Snapshot:
    """As `capture`, with forwarders marked.

    `asks` tells by file name whether a frame may be a forwarder at all (files not in it are asked about); `forwards` looks at the
    arguments of those frames, up to the first one that forwards nothing.
    """
    parts: list[CodeType | int] = []
    asking = True
    for _ in range(limit):
        if frame is None:
            break
        code = frame.f_code
        parts.append(code)
        border = borders.get(id(code))
        if asking and (asks.get(code.co_filename, True) if border is None else border):
            if forwards(frame):  # it was called with the start: whoever did that is further out, also behind a border
                parts.append(~frame.f_lasti)
                frame = frame.f_back
                continue
            asking = not asks.get(code.co_filename, False)
        parts.append(frame.f_lasti)
        if border is not None:
            break
        frame = frame.f_back
    return tuple(parts)


def capture_suspended(iterable: object) -> Snapshot:
    """Where a generator, and those that it delegates to, stand now, innermost first; empty before the first yield and after the last."""
    found: Snapshot = EMPTY
    for _ in range(16):
        frame = iterable.gi_frame if isinstance(iterable, GeneratorType) and iterable.gi_suspended else None
        if frame is None:
            break
        found = (frame.f_code, frame.f_lasti, *found)
        iterable = getattr(iterable, "gi_yieldfrom", None)
    return found


def capture_raise(traceback: TracebackType | None) -> Snapshot:
    """The frames an exception passed, from the line that raised it outward."""
    parts: list[CodeType | int] = []
    while traceback is not None:
        parts[:0] = (traceback.tb_frame.f_code, traceback.tb_lasti)
        traceback = traceback.tb_next
    return tuple(parts)


@dataclass(frozen=True, slots=True)
class Line:
    """One frame of a snapshot with its line."""

    code: CodeType
    lineno: int
    forwarder: bool = False

    @property
    def filename(self) -> str:
        return self.code.co_filename

    @property
    def function(self) -> str:
        return self.code.co_qualname.replace(".<locals>.", ".")

    @property
    def is_own(self) -> bool:
        return is_own(self.code)

    @property
    def source(self) -> str:
        """The text of the line, stripped; empty when the file cannot be read."""
        return source_line(self.filename, self.lineno).strip()


def line_of(code: CodeType, lasti: int) -> int:
    """The line of the instruction at `lasti` (as `frame.f_lineno` was); the function's first line when there is none."""
    for start, end, line in code.co_lines():
        if start <= lasti < end and line:
            return line
    return code.co_firstlineno


def lines(snapshot: Snapshot) -> Iterator[Line]:
    """The frames of a snapshot with their lines, innermost first, respstart's own left out."""
    for index in range(0, len(snapshot), 2):
        code, lasti = snapshot[index], snapshot[index + 1]
        assert isinstance(code, CodeType)
        assert isinstance(lasti, int)
        line = Line(code, line_of(code, lasti if lasti >= 0 else ~lasti), lasti < 0)
        if not line.is_own:
            yield line


def definition(code: CodeType) -> Line:
    """The `def` line of a function, past its decorators."""
    for number in range(code.co_firstlineno, code.co_firstlineno + 200):
        text = source_line(code.co_filename, number).lstrip()
        if not text:
            if not source_line(code.co_filename, number):
                break
            continue
        if text.startswith(("def ", "async def ", "class ")) or "lambda" in text:
            return Line(code, number)
    return Line(code, code.co_firstlineno)
