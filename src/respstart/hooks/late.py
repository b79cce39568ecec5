"""A write that comes late: what it changed, and the line that made it."""

from __future__ import annotations

import threading
from time import perf_counter
from types import FrameType

from respstart.core import stack
from respstart.core.record import LateMutation, Pending, ResponseRecord
from respstart.core.stack import Line
from respstart.hooks.binding import Binding
from respstart.hooks.context import current
from respstart.hooks.guard import fault
from respstart.hooks.running import created_here, task_of_now
from respstart.hooks.runtime import called_from
from respstart.model import Outcome


def hand_out(binding: Binding, frame: FrameType | None) -> None:
    """A part that tells of no writes is handed out, or its taker goes on: what has changed until now was written where it was before."""
    binding.tell_unseen()
    binding.taken = LateMutation(binding.record, "", None, Outcome.LOST, perf_counter(), lines=late_lines(frame))
    situate(binding.taken, current.get())


def about_to_write(binding: Binding) -> None:
    """A write is about to be made: what has changed before it is not its doing, and nobody was seen doing that.

    Not so in a session: a list in it is changed in place first, and assigned again so that it is saved.
    """
    if binding.injected:
        binding.state = binding.kind.head(binding.target())  # whoever made it to be injected may have finished it meanwhile
    if binding.confirmed and type(binding.state) is not dict and not binding.writing and _other_use(binding) is None:
        binding.tell_unseen()


def _other_use(binding: Binding) -> ResponseRecord | None:
    """The request that a write is perhaps for, and not late: what one that is over has sent may be kept, and sent again; a session
    that is kept may be that of several requests at the same time.
    """
    record, here = binding.record, current.get()
    if here is None or here is record or here.finished or here.lent:
        return None
    return here if record.finished or type(binding.state) is dict else None


def wrote(binding: Binding, frame: FrameType | None) -> None:
    """A write to a watched object has been made: tell what it changed, and who did it."""
    record = binding.record
    if binding.injected and record.start is None:
        if frame is not None:
            binding.history += ((binding.state, binding.kind.head(binding.owner), stack.capture(frame, 24)),)
        binding.state = binding.kind.head(binding.owner)
        return
    found = binding.changed()
    if not found:
        return
    if _constructs_exception(frame):
        record.excuses(found)
        return
    lines = late_lines(frame)
    here, other = current.get(), _other_use(binding)
    for change in found:
        mutation = LateMutation(record, change.operation, change.subject, Outcome.LOST, perf_counter(), lines=lines)
        mutation.status = change.status
        situate(mutation, here)
        if other is not None:
            other.troubled().meddles.append(Pending(change, mutation, binding))
        else:
            record.attempts(Pending(change, mutation, binding))


def _constructs_exception(frame: FrameType | None) -> bool:
    """Whether a write was made by the constructor of an exception, which says itself, once it is raised, what it wanted."""
    while frame is not None and stack.is_own(frame.f_code):
        frame = frame.f_back
    if frame is None or frame.f_code.co_name != "__init__":
        return False
    return isinstance(frame.f_locals.get("self"), BaseException)


def situate(mutation: LateMutation, here: ResponseRecord | None) -> None:
    """Add the thread, the task and, when another request's code is the late one, that request."""
    mutation.thread, mutation.task, mutation.created = threading.get_ident(), task_of_now(), created_here()
    if here is not None and here is not mutation.record and not here.finished and not here.lent:
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
        if stack.is_root(code):
            break
        frame = frame.f_back
        limit -= 1
    outer = called_from.get()
    if outer and found and stack.is_root(found[-1].code):
        found[-1:] = stack.lines(outer)
    return tuple(found)
