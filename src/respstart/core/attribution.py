"""Naming a writer: the ladder from evidence to the line a developer must open first.

A recorded stack is evidence, not an answer: the frames that are on it at the first flush are the framework's, a forwarder's or
the process entry's. Every rung is tried in order, and every rung passed over is kept with its reason.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from types import CodeType, FrameType
from typing import Any

from respstart.core import stack
from respstart.core.origin import Origins, distribution
from respstart.core.record import Clues
from respstart.core.stack import Line, Snapshot
from respstart.model import Basis, Writer

START = "http.response.start"
_CONSTRUCTORS = ("__init__", "__new__", "__post_init__")
_MESSAGE_NAMES = frozenset(("message", "msg", "event"))

# The own sending code of response objects, by id (see stack.add_border for why ids).
_sender_ids: set[int] = set()
_sender_codes: list[CodeType] = []


def add_sender(code: CodeType) -> None:
    """Let the ladder look through `code`, a response object's own sending code, to whoever called it."""
    if id(code) not in _sender_ids:
        _sender_codes.append(code)
        _sender_ids.add(id(code))


def _extends_sender(frame: FrameType) -> bool:
    """Whether a frame is a response object's own sending method, in a class that extends one with such a method.

    An application may be called by the same name and with the same arguments: the object tells.
    """
    name = frame.f_code.co_name
    owner = frame.f_locals.get("self") if frame.f_code.co_varnames[:1] == ("self",) else None
    methods = [vars(kind).get(name) for kind in type(owner).__mro__] if owner is not None else ()
    return any(id(getattr(inspect.unwrap(method), "__code__", None)) in _sender_ids for method in methods if callable(method))


def asgi_forwarder(origins: Origins, kind: str = START) -> Callable[[FrameType], bool]:
    """Tells forwarders of an ASGI start (or of another kind of message): frames that were called with such a message."""

    def forwards(frame: FrameType) -> bool:
        code = frame.f_code
        theirs = origins.writes(code.co_filename)
        if not theirs and origins.of(code.co_filename).kind != "framework":
            return False
        arguments = frame.f_locals
        named = code.co_argcount + code.co_kwonlyargcount
        values = [arguments.get(name) for name in code.co_varnames[:named]]
        if code.co_flags & inspect.CO_VARARGS:
            values += arguments.get(code.co_varnames[named]) or ()
        return any(type(value) is dict and value.get("type") == kind for value in values) or (theirs and _extends_sender(frame))

    return forwards


def native_forwarder(origins: Origins) -> Callable[[FrameType], bool]:
    """Tells forwarders in a framework with a server of its own: its response objects are asked to send by their own methods."""

    def forwards(frame: FrameType) -> bool:
        return origins.of(frame.f_code.co_filename).kind in ("user", "library") and _extends_sender(frame)

    return forwards


def wsgi_forwarder(origins: Origins) -> Callable[[FrameType], bool]:
    """Tells forwarders of a WSGI start: frames whose own arguments are those of start_response (status, headers[, exc_info])."""

    def forwards(frame: FrameType) -> bool:
        code = frame.f_code
        if not origins.writes(code.co_filename):
            return False
        arguments = frame.f_locals
        names = code.co_varnames[: code.co_argcount]
        values = [arguments.get(name) for name in names[names[:1] == ("self",) :]]
        if code.co_flags & inspect.CO_VARARGS:
            varargs = arguments.get(code.co_varnames[code.co_argcount + code.co_kwonlyargcount]) or ()
            return _is_start_call(varargs) or _is_start_call([*values, *varargs])
        return _is_start_call(values) or _extends_sender(frame)

    return forwards


def _is_start_call(values: Sequence[Any]) -> bool:
    if len(values) < 2 or not isinstance(values[0], str) or not isinstance(values[1], list):
        return False
    return values[0][:3].isdigit() and all(isinstance(entry, tuple) and len(entry) == 2 for entry in values[1])


class Attribution:
    """The ladder, over one classification of files."""

    def __init__(self, origins: Origins) -> None:
        self.origins = origins

    # ------------------------------------------------------------------ the ladder
    def start_writer(self, clues: Clues) -> tuple[Writer, tuple[str, ...]]:
        """Who started a response, and the rungs passed over, each with its reason."""
        passed: list[str] = []
        for rung in (self._explicit, self._raised, self._built, self._returned, self._generator, self._endpoint):
            found = rung(clues)
            if isinstance(found, Writer):
                return found, tuple(passed)
            passed.append(found)
        return self._unknown(clues), tuple(passed)

    def _explicit(self, clues: Clues) -> Writer | str:
        for line in stack.lines(clues.made):
            kind = self.origins.of(line.filename).kind
            if kind == "user":
                if not line.forwarder:
                    return self.writer(line, Basis.EXPLICIT, "it made the call to start a response")
            elif stack.is_border(line.code) and id(line.code) not in _sender_ids and not line.forwarder:
                return f"explicit: {line.function} called user code that had returned"
            elif kind == "library" and not line.forwarder:
                if clues.resent:
                    return self._third_party(line, "it sent a head again that had been sent before")
                return f"explicit: the start was made by {line.function}, third-party code"
            elif kind in ("framework", "server") and not self._looked_through(line):
                return f"explicit: the start was made by {line.function}, not by user code"
        return "explicit: no user code on the stack of the start"

    def _looked_through(self, line: Line) -> bool:
        code = line.code
        return id(code) in _sender_ids or not _MESSAGE_NAMES.isdisjoint(code.co_varnames[: code.co_argcount])

    def _raised(self, clues: Clues) -> Writer | str:
        if not clues.raised:
            return "raised: no exception was turned into this response"
        if self._first_user(clues.built, constructors=False) is not None or (clues.returned and self._is_user(clues.returned[0])):
            return "raised: the user's own handler answered"
        line = self._first_user(clues.raised, constructors=True)
        if line is None:
            return "raised: the exception was raised by no user code"
        return self.writer(line, Basis.RAISED, "it raised the exception that was turned into the response")

    def _built(self, clues: Clues) -> Writer | str:
        line = self._first_user(clues.built, constructors=False)
        if line is None:
            return "built: no user code constructed the response object"
        reason = "it constructed the response object"
        if clues.returned and self._is_user(clues.returned[0]) and clues.returned[0] is not line.code:
            where = Line(clues.returned[0], stack.line_of(*clues.returned))
            reason += f", returned by {where.function} on line {where.lineno}"
        return self.writer(line, Basis.BUILT, reason)

    def _returned(self, clues: Clues) -> Writer | str:
        if clues.returned and self._is_user(clues.returned[0]):
            line = Line(clues.returned[0], stack.line_of(*clues.returned))
            return self.writer(line, Basis.RETURNED, "it returned the value that the framework turned into the response")
        if clues.raised:
            return "returned: the framework answered an exception"
        code = self._endpoint_code(clues)
        only = _only_return(code) if code else None
        if code is not None and only is not None and not code.co_flags & (inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR):
            return self.writer(Line(code, only), Basis.RETURNED, "it is the only return of the function that answers")
        return "returned: the return of the endpoint was not seen"

    def _generator(self, clues: Clues) -> Writer | str:
        line = self._first_user(clues.yielded, constructors=True)
        if line is None:
            return "generator: the framework did not wait for one before it started the response"
        return self.writer(line, Basis.GENERATOR, "the framework started the response when it yielded the first chunk")

    def _endpoint(self, clues: Clues) -> Writer | str:
        code = self._endpoint_code(clues)
        if code is None or clues.raised:
            return "endpoint: no user function is known to have answered"
        line = stack.definition(code)
        returns = ", ".join(map(str, sorted(return_lines(code))))
        reason = "it is the function that answers" + (f"; it returns on line {returns}" if returns else "")
        return self.writer(line, Basis.ENDPOINT, reason)

    def _unknown(self, clues: Clues) -> Writer:
        nearest = None
        for snapshot in (clues.built, clues.made, clues.raised):
            for line in stack.lines(snapshot):
                kind = self.origins.of(line.filename).kind
                if kind == "library" and not stack.is_border(line.code):
                    return self._third_party(line, "no user code took part")
                if nearest is None and kind in ("framework", "server"):
                    nearest = line
        near = f"; the nearest framework code is {nearest.function}, {nearest.filename}:{nearest.lineno}" if nearest else ""
        return Writer(None, None, None, None, Basis.UNKNOWN, f"no user code took part in starting this response{near}")

    # ------------------------------------------------------------------ late writers
    def late_writer(self, lines: Sequence[Line], reason: str) -> Writer | None:
        """Who made a late write: the first user frame outward from it; None when the write is the framework's own."""
        outside = None
        for line in lines:
            kind = self.origins.of(line.filename).kind
            if kind == "user" and not line.forwarder:
                via = f", through {outside.function} of {self._distribution(outside)}" if outside else ""
                return self.writer(line, Basis.EXPLICIT, f"{reason}{via}")
            if kind == "library" and outside is None:
                outside = line
            if stack.is_border(line.code) or kind == "server":
                break
        return self._third_party(outside, "no user code took part") if outside else None

    def bringer(self, lines: Sequence[Line]) -> Writer | None:
        """Where nobody wrote: the user code that the late call came through, a forwarder or a caller behind the dispatcher."""
        for line in lines:
            kind = self.origins.of(line.filename).kind
            if kind == "user":
                return self.writer(line, Basis.EXPLICIT, "no user code wrote it; the late call came through here")
            if kind == "server":
                break
        return None

    def is_the_frameworks_own(self, lines: Sequence[Line]) -> bool:
        """Whether a write was made by framework code of its own accord, and not by a timer, thread or task that a user set going."""
        for line in lines:
            kind = self.origins.of(line.filename).kind
            if kind in ("stdlib", "server"):
                return kind == "server"
            if stack.is_border(line.code):
                return not stack.is_root(line.code)
        return bool(lines)

    # ------------------------------------------------------------------ helpers
    def writer(self, line: Line, basis: Basis, reason: str) -> Writer:
        """A writer at a line."""
        return Writer(line.filename, line.lineno, line.function, line.source or None, basis, reason)

    def _third_party(self, line: Line, reason: str) -> Writer:
        package = self._distribution(line)
        bringer = self.origins.bringer_of(self.origins.of(line.filename).package or "")
        if bringer is not None:
            reason += f"; it was brought in at {bringer.filename}:{bringer.lineno}"
        source = line.source or None
        return Writer(line.filename, line.lineno, line.function, source, Basis.THIRD_PARTY, f"code of {package}: {reason}", package)

    def _distribution(self, line: Line) -> str:
        return distribution(self.origins.of(line.filename).package or "an unknown package", line.filename)

    def _is_user(self, code: CodeType) -> bool:
        return self.origins.is_user(code.co_filename)

    def _first_user(self, snapshot: Snapshot, *, constructors: bool) -> Line | None:
        """The first user frame outward, before a dispatcher; leading constructors (of a user's own response class) skipped."""
        leading = not constructors
        for line in stack.lines(snapshot):
            constructor = line.code.co_name in _CONSTRUCTORS
            leading = leading and constructor
            if self.origins.is_user(line.filename) and not leading:
                return line
            if stack.is_border(line.code):
                return None
        return None

    def _endpoint_code(self, clues: Clues) -> CodeType | None:
        for function in functions_of(clues.endpoint):
            if self._is_user(function) and function.co_varnames[1 : function.co_argcount] not in stack.APPLICATIONS:
                return function
        return None

    def callers(self, snapshot: Snapshot) -> list[Line]:
        """The user frames of a snapshot that are no forwarders, innermost first, up to the dispatcher."""
        found = []
        for line in stack.lines(snapshot):
            if self.origins.is_user(line.filename) and not line.forwarder:
                found.append(line)
            if stack.is_border(line.code):
                break
        return found


_METHODS = ("get", "head", "post", "put", "patch", "delete", "options", "trace", "dispatch", "dispatch_request")


def functions_of(endpoint: Any) -> list[CodeType]:
    """The code of an endpoint, innermost first: of what decorators wrapped, of methods, partials and callable objects.

    A class-based view is known by all of its HTTP methods.
    """
    found: list[CodeType] = []
    kind = getattr(endpoint, "view_class", endpoint)
    queue = [getattr(kind, name) for name in _METHODS if hasattr(kind, name)] if isinstance(kind, type) else [endpoint]
    while queue and len(found) < 16:
        target = queue.pop(0)
        target = getattr(target, "func", target) if not hasattr(target, "__code__") else target
        target = getattr(target, "__func__", target)
        if not hasattr(target, "__code__"):
            call = vars(type(target)).get("__call__")
            target = call if hasattr(call, "__code__") else None
        if target is None:
            continue
        code = target.__code__
        if code in found:
            continue
        found.insert(0, code)
        wrapped = getattr(target, "__wrapped__", None)
        if wrapped is not None:
            queue.append(wrapped)
            continue
        for cell in target.__closure__ or ():
            try:
                inner = cell.cell_contents
            except ValueError:
                continue
            if inspect.isfunction(inner):
                queue.append(inner)
    return found


def return_lines(code: CodeType) -> set[int]:
    """The lines on which a function returns."""
    import dis

    found, line = set(), code.co_firstlineno
    for instruction in dis.get_instructions(code):
        starts = instruction.starts_line
        # Until 3.12 `starts_line` is a number, from 3.13 on a flag beside `line_number`.
        line = getattr(instruction, "line_number", None if isinstance(starts, bool) else starts) or line
        if instruction.opname in ("RETURN_VALUE", "RETURN_CONST"):
            found.add(line)
    return found


def _only_return(code: CodeType) -> int | None:
    returns = return_lines(code)
    return next(iter(returns)) if len(returns) == 1 else None


def is_application(code: CodeType) -> bool:
    """Whether a function has the parameters of a WSGI or ASGI application. (A method with them may be a response object's.)"""
    return code.co_varnames[: code.co_argcount] in stack.APPLICATIONS


def fingerprint_parts(writers: Iterable[Writer | None]) -> list[str]:
    """What of the writers goes into a fingerprint: modules and functions, no line numbers, so that it survives edits."""
    return [f"{writer.file.rpartition('/')[2]}:{writer.function}" if writer and writer.file else "-" for writer in writers]
