"""Response objects, and what belongs to them: who built one, which record its head went into, and whether it has been changed since."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from time import perf_counter
from types import CodeType, FrameType
from typing import Any

from respstart.core import stack
from respstart.core.record import Change, LateMutation, Pending, ResponseRecord, Start, changes, is_carried
from respstart.core.stack import EMPTY, Snapshot
from respstart.hooks.context import by_identity, current
from respstart.hooks.guard import fault
from respstart.hooks.identity import ByIdentity
from respstart.hooks.runtime import across, called_from, runtime
from respstart.hooks.sampling import is_left_out
from respstart.integrations.rows import STORE, ResponseKind
from respstart.model import Outcome

# id(part) -> the binding it belongs to. A part is an object whose writes are writes to a response: the object itself, its
# headers, a session. Entries go with the owner; a hit is verified against it, because ids are reused.
watched: dict[int, Binding] = {}

# Code that makes response objects for user code to change (see rows.Injects), by id.
injectors: dict[int, CodeType] = {}

# Where response objects were built outside of a request (module level, threads).
_built_outside: ByIdentity[Snapshot] = ByIdentity()

_MISSING = object()
_DEPTH, _LARGE = 4, 1000  # how far a session is looked into
_NOTHING: tuple[Change, ...] = ()


def _references_of_one_name() -> int:
    owner = object()
    return sys.getrefcount(owner)


_LAST_REFERENCES = _references_of_one_name()  # nobody else has it; with the argument of the question, which not every Python counts


def native_record_of(request: Any, response: Any) -> ResponseRecord | None:
    """The record of a framework's own request object, else that of a response that was sent, else the current one."""
    record = by_identity(request)
    if record is not None:
        return record
    bound = watched.get(id(response))
    if bound is not None and bound.holds(response):
        return bound.record
    record = current.get()
    return record if record is not None and not record.finished else None


class Binding:
    """A response object (or its session) and the record that its head went into.

    It holds the object until the record is done (under WSGI until the server has dropped the body), and from then on weakly: on the clean
    path no weak reference is made. Where nothing tells of an end, it is held weakly from the start.
    """

    __slots__ = (
        "built", "called", "confirmed", "copies", "history", "ids", "injected", "kind", "later", "owner", "parts", "record", "relays",
        "rendered", "savable", "sender", "state", "taken", "token", "writing",
    )  # fmt: skip

    parts: tuple[Any, ...]  # those that are watched, as long as the object is held
    ids: list[int]  # theirs, from then on

    confirmed: bool  # whether this head is the one that was sent: no binding, no finding
    savable: bool  # a session that can be saved on the server side after its cookie went out
    token: Any  # the id of a savable session that the client knows
    history: tuple[tuple[Any, Any, Snapshot], ...]  # writes to an injected response, while it may still be merged
    writing: bool  # a method that writes is running
    taken: LateMutation | None  # whose writes are those that nobody sees: who was handed a part last
    sender: CodeType | None  # that of the object's own sending method (WSGI)
    relays: Start | None  # the inner start that this head was carried on from
    copies: tuple[Any, ...]  # the objects that the head was copied into, and that are sent in its place

    def __init__(self, record: ResponseRecord, owner: Any, parts: tuple[Any, ...], kind: ResponseKind) -> None:
        self.record = record
        self.owner = owner
        self.kind = kind
        self.built: Snapshot = EMPTY
        self.called: Snapshot = EMPTY  # who called the object's own sending method
        self.injected = self.confirmed = self.savable = self.writing = False
        self.later: Callable[[], Any] | None = None
        self.token = self.taken = self.relays = self.sender = None
        self.history = self.copies = ()
        head = kind.head(owner)
        self.state = self.rendered = head if type(head) is tuple else _copied(head, _DEPTH)
        self.parts = parts
        for part in parts:
            watched[id(part)] = self
        if record.weak:
            self._weaken(owner)

    def weakens(self, then: Callable[[], None] | None = None) -> bool:
        """Hold the object weakly from now on, if that is possible; `then` is called when it has died."""
        return self.later is not None or self._weaken(self.owner, then)

    def _weaken(self, owner: Any, then: Callable[[], None] | None = None) -> bool:
        ids = [id(part) for part in self.parts]
        try:
            self.later = weakref.ref(owner, partial(_forget_dead, ids, then))  # not a method: that would be a circle
        except TypeError:  # no weak reference is possible (a plain dict)
            return False
        self.owner, self.parts, self.ids = None, (), ids
        return True

    def _weaken_rest(self, owner: Any) -> bool:
        rest, part = self.kind.rest, self.kind.parts(owner)[-1]
        if rest is None or not self._weaken(part):
            return False
        self.kind = rest
        self.state = self._look(part)
        return True

    def target(self) -> Any:
        """The watched object; None when it is gone."""
        return self.owner if self.later is None else self.later()

    def stands_for(self, copy: Any) -> None:
        """The head has been copied into another object: whoever sends that sends this."""
        self.copies += (copy,)
        if self.later is None:
            self.parts += (copy,)
        else:
            self.ids.append(id(copy))
        watched[id(copy)] = self

    def holds(self, part: Any) -> bool:
        """Whether `part` really is a part of the object, and not another one that got a dead one's id."""
        owner = None if self.record.paused else self.target()
        if owner is None:
            return False
        if owner is part:
            return True
        for known in self.kind.parts(owner):  # not `in`: that would compare objects of the application
            if known is part:
                return True
        return any(known is part for known in self.copies)

    def _look(self, owner: Any) -> Any:
        """The head as it is now; of a session a copy of its contents, because lists and dicts in it are often changed in place."""
        head = self.kind.head(owner)
        return head if type(head) is tuple else _copied(head, _DEPTH)

    def differs(self) -> bool:
        """Whether something is different since the head was rendered or a change was last told."""
        owner = self.owner if self.later is None else self.later()
        return owner is not None and self.state is not None and bool(self.kind.head(owner) != self.state)

    def changed(self) -> Sequence[Change]:
        """What is different since the head was rendered or a change was last told; telling it again gives nothing."""
        owner = self.owner if self.later is None else self.later()
        if owner is None:
            return _NOTHING
        before, self.state = self.state, self._look(owner)
        # A session that had not been loaded before (None) tells nothing of what it has been.
        return _NOTHING if before is None or before == self.state else _changes(before, self.state)

    def lets_go(self) -> None:
        """The record is done: an object that lives on is watched until it dies, weakly; one that cannot be is watched no more."""
        self.relays = self.taken = None
        if self.copies:
            self.copies = ()
        if self.later is not None:
            return
        owner, self.owner, parts = self.owner, None, self.parts
        others = sys.getrefcount(owner) - (len(parts) > 0 and parts[0] is owner)
        if others > _LAST_REFERENCES and (self._weaken(owner) or self._weaken_rest(owner)):
            return
        self.later, self.parts = _nobody, ()
        for part in parts:
            if watched.get(id(part)) is self:
                del watched[id(part)]

    def seal(self) -> None:
        """Report what no probe explained: the head that was sent is not the head at the end, and nobody was seen changing it."""
        if self.history and _sends_what_was_rendered(self.record):
            self._tell_history()
        if self.confirmed:
            self.tell_unseen()

    def _tell_history(self) -> None:
        """Tell the writes to an injected response that was never merged."""
        for before, after, made in self.history:
            lines = tuple(stack.lines(made))
            for change in _changes(before, after):
                mutation = LateMutation(self.record, change.operation, change.subject, Outcome.LOST, perf_counter(), lines=lines)
                mutation.hint = "RS106"
                self.record.judge(Pending(change, mutation, self))

    def tell_unseen(self) -> None:
        """Tell what is different without a probe having seen the write."""
        for change in self.changed():
            mutation = LateMutation(self.record, change.operation, change.subject, Outcome.LOST, perf_counter())
            if self.taken is not None:
                mutation = replace(self.taken, operation=change.operation, subject=change.subject)
            mutation.window = "between the start and the end of the response; the write itself was not seen"
            self.record.attempts(Pending(change, mutation, self))


def _sends_what_was_rendered(record: ResponseRecord) -> bool:
    """Whether the first response that was rendered is the one that was sent, and not the answer of a middleware instead."""
    sent = record.start.binding if record.start is not None else None
    return sent is not None and all(binding is sent for binding in [each for each in record.bindings or () if each.built][:1])


def _forget_dead(ids: list[int], then: Callable[[], None] | None, _: Any) -> None:
    """An object has died: its parts are watched no more, unless they are another object's by now. Never fails."""
    try:
        for part in ids:
            binding = watched.get(part)
            if binding is not None and binding.target() is None:
                del watched[part]
        if then is not None:
            then()
    except Exception as error:
        fault(error)


class Shared:
    """A response object that was made outside of the request: it tells who built it, and is not watched."""

    __slots__ = ("built", "called", "confirmed", "record", "relays", "sender")

    def __init__(self, record: ResponseRecord, built: Snapshot) -> None:
        self.relays: Start | None = None
        self.record = record
        self.built = built
        self.called: Snapshot = EMPTY
        self.sender: CodeType | None = None
        self.confirmed = False


def _changes(before: Any, after: Any) -> list[Change]:
    if isinstance(before, dict):
        keys = [key for key in {**before, **after} if _differ(before.get(key, _MISSING), after.get(key, _MISSING))]
        return [Change("set_session", str(key)[:64]) for key in keys[:8]]
    if before and before[0] == STORE:
        name = before[1]() if callable(before[1]) else before[1]
        return [Change("set_cookie", name, certain=True)] if before != after else []
    return changes(before, after)


def _copied(value: Any, depth: int) -> Any:
    """A copy of plain containers in plain containers; anything else is the application's own, and stays what it is."""
    kind = type(value)
    if kind not in (dict, list) or not depth or not value or len(value) > _LARGE:
        return value
    if kind is dict:
        return {key: _copied(item, depth - 1) for key, item in value.items()}
    return [_copied(item, depth - 1) for item in value]


def _differ(before: Any, after: Any) -> bool:
    """Whether a value of a session is another one; what cannot be compared counts as the same."""
    try:
        return bool(before != after)
    except Exception:
        return False


def _nobody() -> None:
    return None


def bind(record: ResponseRecord, owner: Any, kind: ResponseKind, parts: tuple[Any, ...] | None = None) -> Binding:
    """Watch an object from now on, and compare it once more when the record ends."""
    binding = Binding(record, owner, parts or kind.parts(owner), kind)
    if record.bindings is None:
        record.bindings = [binding]
    else:
        record.bindings.append(binding)
    return binding


def bind_session(record: ResponseRecord, session: Any, kind: ResponseKind) -> Binding:
    """The cookie of a session has been decided. Its object may be another request's as well: some stores keep it between them."""
    known = watched.get(id(session))
    if known is not None and known.holds(session):
        known.changed()  # what is new in it is no late write of the other request's
        if known.record is record:  # decided once more, for the answer to an error: what was written in between is in its cookie
            record.forgives(known)
            return known
    uses_again(record, (session,))
    bound = bind(record, session, kind)
    bound.confirmed = True
    return bound


def render(record: ResponseRecord, response: Any, kind: ResponseKind) -> Binding | Shared:
    """A response object is about to have its head copied. One that shares its headers with a bound one is a relay of that."""
    parts = kind.parts(response)
    built = record.built.get(id(response))
    for inner in record.inner or ():
        # The head crossed from another task in a message: this object only carries it on.
        if inner.message is not None and (
            any(inner.message.get("headers") is part for part in parts)
            or (_is_frameworks(built) and is_carried(inner.head, kind.head(response)))
        ):
            relay = inner.binding or Shared(record, EMPTY)
            relay.relays = inner
            return relay
    for part in parts:
        known = watched.get(id(part))
        if known is not None and known.record is record and known.holds(part):
            return known
    uses_again(record, parts)
    if built is None:
        # Made outside of this request: it may be shared or sent again, so that a write to it belongs to no single record.
        return Shared(record, built_of(record, response))
    binding = bind(record, response, kind, parts)
    binding.built = built[0]
    return binding


def uses_again(record: ResponseRecord, parts: tuple[Any, ...]) -> None:
    """An object has been kept between requests, and is this one's: what was written to it was for this one."""
    trouble = record.trouble
    if trouble is not None:
        trouble.meddles = [entry for entry in trouble.meddles if not any(map(entry.binding.holds, parts))]


def copied(response: Any, kind: ResponseKind, copy: Any) -> None:
    """The head of a response object has been copied into the one that will be sent: what is written to the first is lost from now on."""
    record = current.get()
    if record is not None and not record.finished:
        original = render(record, response, kind)
        if isinstance(original, Binding):
            if original.target() is response and not original.confirmed:  # copied once more: what was written in between is in time
                original.changed()
                record.forgives(original)
            original.stands_for(copy)


def _is_frameworks(built: tuple[Snapshot, ResponseKind] | None) -> bool:
    """Whether framework code constructed a response object of its own accord."""
    code = built[0][0] if built is not None and built[0] else None
    return isinstance(code, CodeType) and runtime.origins.of(code.co_filename).kind == "framework"


def sender_behind(record: ResponseRecord, frame: FrameType | None) -> Binding | Shared | None:
    """The response object whose own method makes a raw start: a class of the user's (or of a library) with its own way to send."""
    for _ in range(4):
        if frame is None or not record.built:
            return None
        code = frame.f_code
        if code.co_argcount and code.co_varnames[0] == "self" and runtime.origins.asks.get(code.co_filename, False):
            response = frame.f_locals.get("self")
            built = record.built.get(id(response))
            if built is not None:
                return render(record, response, built[1])
        frame = frame.f_back
    return None


def built_here(response: Any, kind: ResponseKind, frame: FrameType | None) -> None:
    """Remember where a response object is constructed."""
    record = current.get()
    here = record if record is not None and not record.finished and not record.lent else None
    if here is None and runtime.choosy and is_left_out():
        return
    snapshot = stack.capture(frame, 16)
    if called_from.get():
        snapshot = across(snapshot)
    if here is not None:
        here.built[id(response)] = snapshot, kind
        error = sys.exception()
        if error is not None and not here.started and not here.raised:
            here.raised = stack.capture_raise(error.__traceback__)
        return
    _built_outside.remember(response, snapshot)


def built_of(record: ResponseRecord, response: Any) -> Snapshot:
    """Where a response object was constructed; empty when that was not seen."""
    built = record.built.get(id(response))
    if built is not None:
        return built[0]
    return _built_outside.get(response) or EMPTY
