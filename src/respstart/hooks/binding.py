"""Where a record lives: a key in environ or scope, a context variable, and a map from response objects.

Looked up by response object first, by environ or scope second, by context variable last. A context variable does not reach
threads and timers, and on a WSGI worker thread it would leak into the next request, so it is reset when the request ends.
"""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Callable
from contextvars import ContextVar
from time import perf_counter
from types import FrameType
from typing import Any

from respstart.core import stack
from respstart.core.record import MESSAGES, Change, Clues, LateMutation, Pending, ResponseRecord, changes, family
from respstart.core.stack import EMPTY, Line, Snapshot
from respstart.hooks.guard import fault
from respstart.hooks.runtime import runtime
from respstart.integrations.rows import Keeps, ResponseKind
from respstart.model import Outcome

KEY = "respstart.record"
DJANGO_TEST_CLIENT = "django test client"

current: ContextVar[ResponseRecord | None] = ContextVar("respstart_record", default=None)

# id(part) -> the binding it belongs to. A part is an object whose writes are writes to a response: the object itself, its
# headers, a session. Entries go with the owner; a hit is verified against it, because ids are reused.
watched: dict[int, Binding] = {}

# Sessions that lie under a key of scope or environ, by protocol and key.
kept_sessions: dict[str, dict[str, Keeps]] = {"asgi": {}, "wsgi": {}}

# id(response) -> where it was built, for objects built outside of a request (module level, threads).
_built_outside: dict[int, tuple[Any, Snapshot]] = {}


class Binding:
    """A response object (or its session) and the record that its head went into."""

    __slots__ = ("__weakref__", "built", "confirmed", "ids", "injected", "owner", "parts", "read", "record", "savable", "state")

    def __init__(self, record: ResponseRecord, owner: Any, parts: Callable[[Any], tuple[Any, ...]], read: Callable[[Any], Any]) -> None:
        self.record = record
        self.parts = parts
        self.read = read
        self.built: Snapshot = EMPTY
        self.injected = False
        self.confirmed = False  # whether this head is the one that was sent: no binding, no finding
        self.savable = False  # a session that can be saved on the server side after its cookie went out
        self.state = read(owner)
        self.ids = tuple(map(id, parts(owner)))
        try:
            self.owner: Callable[[], Any] = weakref.ref(owner, self._forget)
        except TypeError:  # no weak reference possible: hold it until the record is done
            self.owner = lambda: owner
            record.kept = (record.kept, owner)
            _seal(record, lambda: self._forget(None))
        for part in self.ids:
            watched[part] = self

    def _forget(self, _: Any) -> None:
        for part in self.ids:
            if watched.get(part) is self:
                del watched[part]

    def holds(self, part: Any) -> bool:
        """Whether `part` really is a part of the owner, and not another object that got a dead one's id."""
        owner = self.owner()
        return owner is not None and any(part is known for known in self.parts(owner))

    def changed(self) -> list[Change]:
        """What is different since the head was rendered or a change was last told; telling it again gives nothing."""
        owner = self.owner()
        if owner is None:
            return []
        before, self.state = self.state, self.read(owner)
        return _changes(before, self.state)


def _changes(before: Any, after: Any) -> list[Change]:
    if isinstance(before, dict):
        keys = [key for key in {**before, **after} if before.get(key, _MISSING) != after.get(key, _MISSING)]
        return [Change("set_session", str(key)[:64]) for key in keys[:8]]
    if before and before[0] == MESSAGES:
        return [Change("set_cookie", MESSAGES)] if before != after else []
    return changes(before, after)


_MISSING = object()


def bind(record: ResponseRecord, owner: Any, parts: Callable[[Any], tuple[Any, ...]], read: Callable[[Any], Any]) -> Binding:
    """Watch an object from now on, and compare it once more when the record ends."""
    binding = Binding(record, owner, parts, read)
    _seal(record, lambda: sealed(binding))
    record.kept = (record.kept, owner)
    return binding


def render(record: ResponseRecord, response: Any, kind: ResponseKind) -> Binding:
    """A response object is about to have its head copied. One that shares its headers with a bound one is a relay of that."""
    for part in kind.parts(response):
        known = watched.get(id(part))
        if known is not None and known.record is record and known.holds(part):
            return known
    snapshot = record.built.get(id(response))
    if snapshot is None:
        # Made outside of this request: it may be shared or sent again, so that a write to it belongs to no single record.
        shared = Binding.__new__(Binding)
        shared.record, shared.built, shared.confirmed = record, built_of(record, response), False
        return shared
    binding = bind(record, response, kind.parts, kind.head)
    binding.built = snapshot
    return binding


def _seal(record: ResponseRecord, check: Callable[[], None]) -> None:
    if record.seals is None:
        record.seals = []
    record.seals.append(check)


def sealed(binding: Binding) -> None:
    """Report what no probe explained: the head was changed, and nobody was seen doing it."""
    record = binding.record
    if not binding.confirmed:
        return
    for change in binding.changed():
        mutation = LateMutation(record, change.operation, change.subject, Outcome.LOST, perf_counter())
        mutation.window = "between the start and the end of the response; the write itself was not seen"
        record.judge(Pending(change, mutation, binding))


def wrote(binding: Binding, frame: FrameType | None) -> None:
    """A write to a watched object has been made: tell what it changed, and who did it."""
    found = binding.changed()
    if not found:
        return
    record = binding.record
    lines = late_lines(frame)
    for change in found:
        mutation = LateMutation(record, change.operation, change.subject, Outcome.LOST, perf_counter(), lines=lines)
        situate(mutation, current.get())
        if binding.injected and not record.started:
            mutation.hint = "RS106"
        record.attempts(Pending(change, mutation, binding))


def situate(mutation: LateMutation, here: ResponseRecord | None) -> None:
    """Add the thread, the task and, when another request's code is the late one, that request."""
    mutation.thread, mutation.task = threading.get_ident(), task_of_now()
    if here is not None and here is not mutation.record and not here.finished:
        mutation.other = here.describe()


def late_lines(frame: FrameType | None) -> tuple[Line, ...]:
    """The stack of a late write with its lines; frames of a Jinja template are shown by the template's own line."""
    found = []
    limit = 64
    while frame is not None and limit:
        code = frame.f_code
        line = Line(code, frame.f_lineno)
        template = frame.f_globals.get("__jinja_template__")
        if template is not None:
            try:
                line = Line(code, template.get_corresponding_lineno(frame.f_lineno))
            except Exception as error:
                fault(error)
        if not line.is_own:
            found.append(line)
        frame = frame.f_back
        limit -= 1
    return tuple(found)


def built_here(response: Any, frame: FrameType | None) -> None:
    """Remember where a response object is constructed."""
    snapshot = stack.capture(frame, 16)
    record = current.get()
    if record is not None and not record.finished:
        record.built[id(response)] = snapshot
        error = sys.exception()
        if error is not None and not record.started:
            record.raised = stack.capture_raise(error.__traceback__)
        return
    key = id(response)
    try:
        _built_outside[key] = (weakref.ref(response, lambda _: _built_outside.pop(key, None)), snapshot)
    except TypeError:
        return


def built_of(record: ResponseRecord, response: Any) -> Snapshot:
    """Where a response object was constructed; empty when that was not seen."""
    snapshot = record.built.get(id(response))
    if snapshot is None:
        outside = _built_outside.get(id(response))
        snapshot = outside[1] if outside is not None and outside[0]() is response else EMPTY
    return snapshot


def bind_kept_sessions(record: ResponseRecord) -> None:
    """Watch the sessions of scope or environ from the moment their cookie went out with the start."""
    for key, row in kept_sessions[record.protocol].items():
        session = record.request.get(key)
        if session is not None:
            bound = bind(record, session, lambda owner: (owner,), row.read)
            bound.confirmed, bound.savable = True, row.savable(session, record.request)


def answered_now(record: ResponseRecord) -> None:
    """A start that is made while an exception is handled answers it: raised on afterwards, it is not late."""
    error = sys.exception()
    if error is not None:
        record.answered = [id(member) for member in family(error)]


def clues_of(record: ResponseRecord, made: Snapshot, built: Snapshot) -> Clues:
    """The evidence for a head that is being started now."""
    returned = record.returned
    endpoint = record.endpoint
    if record.start is not None:  # the evidence for a second head is only what came after the first
        first = record.start.clues
        returned = None if returned is not None and first.returned == returned[:2] else returned
        endpoint = None
    elif returned is None and endpoint is None and record.find_endpoint is not None:
        endpoint = record.find_endpoint(record.app, record.request)
    return Clues(made, built, record.raised, returned[:2] if returned else None, endpoint)


def task_of_now() -> tuple[int, str] | None:
    """Identity and name of the running asyncio task; None outside of one (and under trio)."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return None
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return None
    return (id(task), task.get_name()) if task is not None else None
