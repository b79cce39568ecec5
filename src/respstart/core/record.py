"""The record of one response: a small state machine that takes facts and yields late mutations.

Three moments, not one: RENDERED (the framework copied status and headers out of its object), STARTED (the server accepted the
start) and FLUSHED (the head left). A change to an object is lost from RENDERED on, a second start is illegal from STARTED on,
`start_response(..., exc_info)` is legal until FLUSHED.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field
from time import perf_counter
from types import CodeType
from typing import Any

from respstart.core.stack import EMPTY, Line, Snapshot
from respstart.model import USUAL, Habits, Outcome

Pair = tuple[str, str]
Head = tuple[int | None, tuple[Pair, ...]]


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What a finding says of the request."""

    method: str
    path: str
    id: str | None
    route: str | None = None


@dataclass(slots=True)
class Clues:
    """What was seen of the code that made one head: the evidence that attribution weighs."""

    made: Snapshot = EMPTY  # the call that started (or changed) the response
    built: Snapshot = EMPTY  # where the response object was constructed
    raised: Snapshot = EMPTY  # the exception that a framework's handler turned into the response
    returned: tuple[CodeType, int] | None = None  # the return of the endpoint, for plain values
    endpoint: Any = None  # the user function (or class) that is to answer
    yielded: Snapshot = EMPTY  # where the user's generator stood when the framework, having looked into it, started the response
    resent: bool = False  # this head had been sent before: whoever sent it again is the author


class Start(Clues):
    """A start as it was called: who made its head, when, and in which thread and task."""

    __slots__ = ("at", "binding", "created", "head", "headers", "message", "status", "task", "thread")

    status: int | None
    headers: Sequence[Any]
    binding: Any
    message: Any
    at: float
    thread: int
    task: tuple[int, str] | None
    created: Snapshot  # where the task or thread was created that the start was made in
    head: tuple[Any, Any] | None  # status and headers as they were then, of a start that is carried on

    def __init__(
        self, made: Snapshot, built: Snapshot, status: int | None, headers: Sequence[Any], binding: Any = None, message: Any = None
    ) -> None:
        self.made = made
        self.built = built
        self.status = status
        self.headers = headers
        self.binding = binding
        self.message = message
        self.at = perf_counter()
        self.thread = threading.get_ident()
        self.raised = self.yielded = self.created = EMPTY
        self.returned = self.endpoint = self.task = self.head = None
        self.resent = False

    def carries(self, inner: Start) -> None:
        """This start only carries another one on: who made that has made this."""
        for name in Clues.__slots__:  # all of them: evidence that is left behind would name the middleware
            setattr(self, name, getattr(inner, name))


@dataclass(slots=True)
class LateMutation:
    """An attempt that came too late, with its outcome. `lines` are the late stack, innermost first, already with lines."""

    record: ResponseRecord
    operation: str
    subject: str | None
    outcome: Outcome
    at: float
    clues: Clues | None = None
    lines: tuple[Line, ...] = ()
    window: str | None = None
    thread: int = 0
    task: tuple[int, str] | None = None
    created: Snapshot = EMPTY  # where that task, timer, job or thread was created
    other: RequestFacts | None = None
    exception: BaseException | None = None
    cause: BaseException | None = None  # what was raised first, where a framework's follow-up error is what left the application
    handler: bool = False
    in_background: bool = False
    wants: int | None = None
    status: int | None = None  # what it would have made of the response's
    detail: str = ""
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two heads: what was done to what, the entries that would have to be on the wire, and those before."""

    operation: str
    subject: str | None
    entries: tuple[Pair, ...] = ()
    before: tuple[Pair, ...] = ()
    status: int | None = None
    status_before: int | None = None
    certain: bool = False  # what a store would have written into its cookie: no head shows it

    def delivered(self, head: Head) -> bool:
        """Whether the head that was sent shows this change after all."""
        status, pairs = head
        if self.operation == "set_status":
            return status == self.status
        if self._is_in_no_head:
            return False
        if self.entries:
            return all(entry in pairs for entry in self.entries)
        return not self._shown(pairs)

    def decided_otherwise(self, head: Head) -> bool:
        """Whether the head shows neither this change nor what was before it: somebody else has written the same, and in time."""
        status, pairs = head
        if self.operation == "set_status":
            return status not in (self.status, self.status_before)
        if self._is_in_no_head:
            return False
        return self._shown(pairs) not in (self.entries, self.before)

    @property
    def _is_in_no_head(self) -> bool:
        return self.certain or self.operation in ("set_session", "set_callback")

    def _shown(self, pairs: Iterable[Pair]) -> tuple[Pair, ...]:
        """What a head has of the same subject."""
        name = "set-cookie" if self.operation == "set_cookie" else (self.subject or "").lower()
        return tuple([pair for pair in pairs if pair[0] == name and (name != "set-cookie" or _cookie(pair[1]) == self.subject)])


def normal(head: tuple[Any, Iterable[tuple[Any, Any]]]) -> Head:
    """A head as respstart compares it: an integer status, names in lower case, everything text (latin-1, RFC 9110 section 5.5)."""
    status, pairs = head
    if isinstance(status, str):
        status = int(status[:3]) if status[:3].isdigit() else None
    elif not isinstance(status, int):
        status = None
    return status, tuple([(_text(pair[0]).lower(), _text(pair[1]).strip()) for pair in pairs if _is_pair(pair)])


def kept(headers: Any) -> tuple[Any, ...] | None:
    """A copy of a header list; None of anything that reading uses up, or that has a way of its own of being read."""
    kind = type(headers)
    if kind is list or kind is tuple or getattr(kind, "__iter__", None) in _READ_AT_WILL:
        return tuple(headers)
    return None


_READ_AT_WILL = (list.__iter__, tuple.__iter__)


def is_carried(before: tuple[Any, Any] | None, sent: tuple[Any, Any], *, bare: bool = False) -> bool:
    """Whether a head that was kept is the one that is sent now: the same status, and every header of it, perhaps more.

    Content-Length does not count: a middleware that changes the body writes another. A head without headers is like any other; `bare`
    takes it all the same.
    """
    headers = kept(sent[1])
    if before is None or headers is None:
        return False
    (old_status, old), (new_status, new) = normal(before), normal((sent[0], headers))
    decided = {pair for pair in old if pair[0] != "content-length"}
    return (bare or bool(decided)) and old_status == new_status and decided <= set(new)


def _is_pair(entry: Any) -> bool:
    return isinstance(entry, (tuple, list)) and len(entry) == 2


def _text(value: Any) -> str:
    """Names and values as text; what is neither text nor bytes is for the server to refuse."""
    if isinstance(value, str):
        return value
    is_bytes = isinstance(value, (bytes, bytearray, memoryview)) or hasattr(type(value), "__bytes__")
    return bytes(value).decode("latin-1") if is_bytes else type(value).__name__


def changes(before: Any, after: Any) -> list[Change]:
    """What turned one head into the other, as read from the object; empty for equal ones (an equal write is harmless)."""
    if before == after:
        return []
    before, after = normal(before), normal(after)
    found = [Change("set_status", None, status=after[0], status_before=before[0])] if before[0] != after[0] else []
    old, new = _by_subject(before[1]), _by_subject(after[1])
    keys = [key for key in dict.fromkeys((*new, *old)) if old.get(key) != new.get(key)]
    return found + [Change(*key, new.get(key, ()), old.get(key, ())) for key in keys]


def _by_subject(pairs: Iterable[Pair]) -> dict[tuple[str, str], tuple[Pair, ...]]:
    grouped: dict[tuple[str, str], tuple[Pair, ...]] = {}
    for name, value in pairs:
        cookie = name == "set-cookie"
        key = ("set_cookie", _cookie(value)) if cookie else ("set_header", name)
        grouped[key] = (*grouped.get(key, ()), (name, value))
    return grouped


def _cookie(value: str) -> str:
    return value.partition("=")[0].strip()


@dataclass(slots=True)
class Pending:
    """A write whose fate is not known yet: it is lost unless the head that is sent shows it, or a save keeps it."""

    change: Change
    mutation: LateMutation
    binding: Any = None


MOST_FINDINGS = 50  # of one response


@dataclass(slots=True, eq=False, repr=False)
class Trouble:
    """What came too late for one response, and what came of that."""

    reported: set[tuple[str, str | None]] = field(default_factory=set)
    trail: list[tuple[float, str, str]] = field(default_factory=list)
    late_starts: int = 0
    late_statuses: dict[int, LateMutation] = field(default_factory=dict)  # who would have given the response another status
    consequences: list[BaseException] = field(default_factory=list)
    dropped: Exception | None = None  # what broke the body off, and may reach nobody
    discarded: LateMutation | None = None  # an answer that the framework threw away, perhaps before it started the other one
    pending: list[Pending] = field(default_factory=list)
    meddles: list[Pending] = field(default_factory=list)  # writes to responses of requests that are over, which this one may send again
    reentered: Snapshot = EMPTY  # who called the application once more
    overflow: Snapshot = EMPTY  # who sent the chunk by which the body got longer than promised (ASGI)

    def is_over(self) -> None:
        """The response is done: what was told stays known, what was waited for does not."""
        self.late_statuses, self.consequences, self.pending, self.meddles = {}, [], [], []
        self.dropped = self.discarded = None


@dataclass(slots=True, weakref_slot=True, init=False, eq=False, repr=False)
class ResponseRecord:
    """What happened to one response. Methods take facts; `observer` is given every late mutation.

    One is made for every request, so that its many attributes have slots, and are set by hand: defaults that the interpreter has to look
    for on the class, or has to pass as arguments, cost several times as much. What only few need is in `trouble`.
    """

    protocol: str
    request: Any
    facts: Callable[[Any], RequestFacts]
    observer: Callable[[LateMutation], None]
    server: str | None
    framework: str | None
    habits: Habits
    task: tuple[int, str] | None
    app: Any
    span: Any  # the request's own
    outer_span: bool  # it was started outside of this record, by a middleware perhaps that sends another head on
    raised: Snapshot
    returned: tuple[CodeType, int, int] | None
    generated: bool  # whether the endpoint was called and gave a generator, so that its return is not seen
    endpoint: Any
    find_endpoint: Callable[[Any, Any], Any] | None
    answered_early: bool
    has_left: Callable[[Any], bool] | None  # tells from the request whether the head can no longer be replaced
    provided: tuple[Any, Any] | None  # the response object that the framework made for the request, and its kind
    unasked: bool  # nobody wants the response object that the framework makes to be changed by user code
    filled: tuple[int, Snapshot] | None  # id of a provided response, and who attached its body
    body: Any  # the user's iterable into which the framework looks before the start
    rendered: Any  # what a response object returned as its body (WSGI)
    weak: bool  # whether it is not certain to end, so that nothing of the application may be held
    key: int  # id of the request, by which it is looked up while the application runs
    lent: bool  # it stays current between the chunks of a WSGI body, while none of its code runs
    held: int  # id of the body that holds response objects until the server drops it; 0 when there is none
    start: Start | None
    inside: ResponseRecord | None  # that of an application behind a bridge, whose response this one carries on
    outside: ResponseRecord | None
    inner: list[Start] | None
    relayed: int
    layered: int
    inner_ended: bool
    entered: list[int] | None
    head: tuple[Any, tuple[Any, ...]] | None
    rendering: Any
    flushed: bool
    ended_at: float | None
    ended: Snapshot
    write: Any
    promised: int | None  # by Content-Length
    ends_with: int
    message: Any
    frozen: bool
    body_bytes: int
    chunks: int
    counted: bool
    finished: bool
    paused: bool
    complete: bool | str
    trouble: Trouble | None
    answered: list[BaseException] | None
    bindings: list[Any] | None
    thread: int
    built: dict[int, tuple[Snapshot, Any]]
    born_at: float

    def __init__(self, protocol: str, request: Any, facts: Callable[[Any], RequestFacts], observer: Callable[[LateMutation], None]) -> None:
        self.protocol = protocol
        self.request = request
        self.facts = facts
        self.observer = observer
        self.thread = threading.get_ident()
        self.built = {}
        self.born_at = perf_counter()
        self.server = self.framework = self.task = self.app = self.span = self.returned = self.endpoint = self.find_endpoint = None
        self.has_left = self.provided = self.filled = self.body = self.start = self.inside = self.outside = self.inner = None
        self.entered = self.head = self.rendering = self.ended_at = self.write = self.message = self.rendered = None
        self.trouble = self.answered = self.bindings = self.promised = None
        self.habits = USUAL
        self.raised = self.ended = EMPTY
        self.lent = self.unasked = self.outer_span = self.generated = self.answered_early = self.inner_ended = False
        self.flushed = self.frozen = self.finished = self.paused = self.weak = False
        self.key = self.held = self.relayed = self.layered = self.ends_with = self.body_bytes = self.chunks = 0
        self.counted = self.complete = True

    @property
    def started(self) -> bool:
        return self.start is not None

    @property
    def late_starts(self) -> int:
        """How many starts came after the first."""
        return self.trouble.late_starts if self.trouble is not None else 0

    def describe(self) -> RequestFacts:
        """Method, path, id and route of the request; after the end from the little that is kept of it."""
        return self.request if isinstance(self.request, RequestFacts) else self.facts(self.request)

    def elapsed(self, at: float) -> float:
        """Milliseconds from the start to `at`."""
        return (at - self.start.at) * 1000 if self.start else 0.0

    @property
    def sent(self) -> Head | None:
        """The head that was sent, names in lower case; None before the start. `head` holds it as the server got it."""
        return normal(self.head) if self.head is not None else None

    # ------------------------------------------------------------------ facts
    def is_inside(self, outside: ResponseRecord) -> None:
        """A bridge serves an application of the other protocol inside of another one's request."""
        self.outside, outside.inside = outside, self

    def start_inside(self) -> Start | None:
        """The start, made inside of a bridge, that is carried on; not its response object, which belongs to the record there."""
        if self.inside is None or self.inside.start is None:
            return None
        start = copy(self.inside.start)
        start.binding = None
        return start

    def unstarts(self) -> None:
        """The server refused the start, or it was replaced while that was legal."""
        self.start = self.head = self.promised = None

    def ends(self, snapshot: Snapshot = EMPTY) -> None:
        """The last byte of the body was handed over."""
        self.ended_at = perf_counter()
        self.ended = snapshot

    def notes(self, at: float, event: str, detail: str = "") -> None:
        """One more step for the timeline (only ever called when something goes wrong); `at` is when it happened, not when it was judged."""
        trail = self.troubled().trail
        if len(trail) < 50:
            trail.append((at, event, detail))

    # ------------------------------------------------------------------ late mutations
    def troubled(self) -> Trouble:
        """What went wrong, to be added to."""
        if self.trouble is None:
            self.trouble = Trouble()
        return self.trouble

    def late(self, mutation: LateMutation) -> None:
        """Report an attempt, once for each operation and subject."""
        if mutation.outcome is Outcome.HARMLESS:
            return
        trouble = self.troubled()
        if mutation.status is not None and not self.finished:
            trouble.late_statuses[mutation.status] = mutation
        # A session is one cookie, however many keys were written; a wrong status is one, wherever it was told.
        key = (mutation.operation, None if mutation.operation in ("set_session", "telemetry") else mutation.subject)
        if len(trouble.reported) >= MOST_FINDINGS:
            return
        if self.has_reported(*key) or (self.inside is not None and self.inside.has_reported(*key)):
            return
        if self.outside is not None and mutation.exception is not None:
            self.outside.caused(mutation.exception)
        trouble.reported.add(key)
        more = len(trouble.reported) == MOST_FINDINGS
        self.paused = self.paused or more  # to look at thousands would take more time than the request itself
        self.notes(mutation.at, "late", f"{mutation.operation}, and more that is not told" if more else mutation.operation)
        self.observer(mutation)

    def has_reported(self, operation: str, subject: str | None) -> bool:
        """Whether that was told already."""
        return self.trouble is not None and (operation, subject) in self.trouble.reported

    def excuses(self, changes: Iterable[Change]) -> None:
        """These changes are told in another way."""
        self.troubled().reported.update((change.operation, change.subject) for change in changes)

    def caused(self, error: BaseException) -> None:
        """An attempt made somebody raise this: it is not late by itself."""
        self.troubled().consequences.append(error)

    def attempts(self, entry: Pending) -> None:
        """A write that may be too late: lost at once when its head has been sent, else to be judged by the head that will be."""
        binding = entry.binding
        promised = binding.confirmed or binding.injected
        if promised and self.head is not None and (self.finished or not binding.savable):
            self.judge(entry)
        elif not self.finished:
            self.troubled().pending.append(entry)

    def judge(self, entry: Pending) -> None:
        """Report a write unless the head that was sent shows it after all."""
        sent = self.sent
        if sent is not None and not entry.change.delivered(sent):
            self.late(entry.mutation)

    def judges(self, *, final: bool) -> None:
        """Decide the pending writes: those to the object that was sent now, the others at the end of the request."""
        trouble = self.trouble
        if trouble is None or not trouble.pending:
            return
        waiting, sent = [], self.sent
        for entry in trouble.pending:
            binding = entry.binding
            if binding.confirmed and (final or not binding.savable):
                if sent is None or not entry.change.decided_otherwise(sent):  # it was made before the start
                    self.judge(entry)
            elif not final:
                waiting.append(entry)
        trouble.pending = waiting

    def forgives(self, binding: Any) -> None:
        """What was written late to a session has been saved: nothing was lost."""
        if self.trouble is not None:
            self.trouble.pending = [entry for entry in self.trouble.pending if entry.binding is not binding]

    def resumes(self) -> None:
        """Framework code runs again after a test's own code: what the test did to its result is no attempt."""
        for binding in self.bindings or ():
            binding.changed()
        self.paused = False

    def is_consequence(self, exception: BaseException) -> bool:
        """Whether an exception was answered by the start itself, or is (or stands for) the server's refusal of a reported attempt."""
        if any(exception is known for known in self.answered or ()):
            return True
        return self.trouble is not None and any(error is known for known in self.trouble.consequences for error in family(exception))

    def finishes(self) -> None:
        """The application is done: seal, judge what is pending, and let go of request and response."""
        if self.finished:
            return
        if self.inside is not None:  # its bridge need not have closed the body
            self.inside.finishes()
        if not self.paused:
            for binding in self.bindings or ():
                if binding.history or (binding.confirmed and binding.differs()):
                    binding.seal()
        if self.trouble is not None:
            self._judges_the_rest(self.trouble)
        self.finished = True
        if not self.held:
            self.releases()
        if self.trouble is not None:
            self.trouble.is_over()
        self.answered = self.write = self.message = self.app = self.inside = self.outside = None
        self.inner = self.rendering = self.provided = self.body = self.rendered = None
        if self.start is not None:  # no circle is left: a clean request costs the garbage collector nothing
            self.start.binding = self.start.message = None
        self.built = _NOTHING
        request, kept = self.request, _KEPT.get(self.protocol)
        self.request = self.facts(request) if kept is None else {key: request.get(key) for key in kept}

    def _judges_the_rest(self, trouble: Trouble) -> None:
        self.judges(final=True)
        for entry in trouble.meddles:
            entry.mutation.record.judge(entry)
        if trouble.discarded is not None and self.start is not None:
            trouble.discarded.at = max(trouble.discarded.at, self.start.at)
            self.late(trouble.discarded)

    def weakens(self, owner: Any) -> None:
        """Nobody tells when this response is over: it is, at the latest, when the caller has dropped `owner`, its response object."""
        self.weak = True
        bindings = self.bindings or ()
        weakened = [binding.weakens(self.releases) for binding in bindings if binding.owner is owner]
        if not any(weakened):
            for binding in bindings:
                binding.weakens()

    def releases(self) -> None:
        """Let go of the response objects: those that live on are watched weakly."""
        bindings, self.bindings, self.held = self.bindings, None, 0
        for binding in bindings or ():
            binding.lets_go()


_NOTHING: dict[int, tuple[Snapshot, Any]] = {}

# What a finding after the end still has to say of the request.
_KEPT = {
    "asgi": ("method", "path", "headers", "route"),
    "wsgi": ("REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "HTTP_X_REQUEST_ID"),
}


def family(exception: BaseException) -> list[BaseException]:
    """An exception with its causes, contexts and group members, each once, the nearest first."""
    found: list[BaseException] = []
    queue: list[BaseException | None] = [exception]
    while queue and len(found) < 32:
        error = queue.pop(0)
        if error is None or any(error is known for known in found):
            continue
        found.append(error)
        if isinstance(error, BaseExceptionGroup):
            queue.extend(error.exceptions)
        queue.extend((error.__cause__, error.__context__))
    return found


def thread_name(ident: int) -> str | None:
    """The name of a running thread."""
    return next((thread.name for thread in threading.enumerate() if thread.ident == ident), None)
