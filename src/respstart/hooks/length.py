"""Whether the body had the length that the head promised (RFC 9110, section 8.6)."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from respstart.core import stack
from respstart.core.record import Clues, LateMutation, ResponseRecord
from respstart.core.stack import Line
from respstart.hooks.runtime import runtime
from respstart.model import Outcome

NO_BODY = (204, 304)


def keep_head(record: ResponseRecord, head: tuple[Any, tuple[Any, ...]] | None) -> None:
    """Keep the head that is sent (None where it cannot be read), and the length that it promises."""
    record.head, record.promised = head, None
    if head is None:
        return
    try:
        for name, value in head[1]:
            if len(name) == 14 and name.lower() == ("content-length" if isinstance(name, str) else b"content-length"):
                record.promised = int(value) if value.isdigit() else None
                return
    except (TypeError, ValueError, AttributeError):  # not what a header list has to be: the server refuses it
        return


def has_no_body(record: ResponseRecord) -> bool:
    """Whether a response has no body whatever its head says: an answer to HEAD, 1xx, 204 and 304 (RFC 9110, section 6.4.1)."""
    status = record.sent[0] if record.sent else None
    return record.describe().method == "HEAD" or (status is not None and (status < 200 or status in NO_BODY))


def check(record: ResponseRecord, error: Exception | None = None) -> None:
    """Report a body that ended shorter, or is longer, than its head said; `error` is the server's own complaint about it."""
    length = record.promised
    if length is None or length == record.body_bytes or not record.counted:
        return
    if record.late_starts or (record.inside and record.inside.late_starts) or (record.ended_at is None and record.body_bytes < length):
        return
    if has_no_body(record):
        return
    # Too long: whoever set the length. Too short: something drained or cut the body, and nobody was seen doing it.
    report(record, length, setter(record) if record.body_bytes > length else None, error=error)


def setter(record: ResponseRecord) -> Clues | None:
    """Clues of the code that set the length; None where the head came through a forwarder, which may have made the body longer."""
    start = record.start
    if start is None:
        return None
    for line in (*stack.lines(start.made), *(stack.lines(record.trouble.overflow) if record.trouble is not None else ())):
        if line.forwarder and runtime.origins.writes(line.filename):
            return None
    return start


def report(record: ResponseRecord, length: int, clues: Clues | None, lines: tuple[Line, ...] = (), error: Exception | None = None) -> None:
    """One finding for a wrong length: `clues` of the code that set it, or `lines` of the chunk that overflowed."""
    more = record.body_bytes > length
    outcome = Outcome.TRUNCATED if not more else Outcome.RAISED if error is not None else Outcome.LOST
    mutation = LateMutation(record, "length", None, outcome, perf_counter(), clues=None if lines else clues, lines=lines)
    mutation.exception = error
    mutation.window = "between the start and the end of the body"
    mutation.detail = f"{length} bytes were promised, {record.body_bytes} came"
    if not more:
        record.complete = False
    record.late(mutation)
