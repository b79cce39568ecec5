"""Whether what telemetry tells of a response is what was sent: the status on its span, and in an access log.

Instrumentation stores the last status that it saw, or reads it from the response object when all is over. Nothing is changed of
a span; it is read, which SDK spans allow after their end as well.
"""

from __future__ import annotations

from contextlib import suppress
from time import perf_counter
from typing import Any

from respstart.core.record import LateMutation, ResponseRecord
from respstart.errors import LateMutationError
from respstart.hooks.runtime import is_servers
from respstart.model import Outcome

# HTTP semantic conventions, stable and before.
_STATUS = ("http.response.status_code", "http.status_code")


def check(record: ResponseRecord) -> None:
    """The response is over: report a span of its request that tells another status."""
    if record.inside is not None:
        check(record.inside)
    # A span from outside is none of ours to judge: what stands between may have sent another head on.
    if record.span is not None and not record.outer_span and is_servers(record.span):
        told(record, _status_of(record.span), "span")


def told(record: ResponseRecord, status: int | None, teller: str) -> None:
    """A status has been told by a span or an access log (`teller`), None if it has not; report another one than was sent."""
    sent = record.sent
    if status is None or sent is None or sent[0] in (None, status) or not _is_final(record):
        return
    mutation = LateMutation(record, "telemetry", teller, Outcome.LOST, perf_counter())
    mutation.detail = f"{status}, the client got {sent[0]}"
    believed = record.trouble.late_statuses.get(status) if record.trouble is not None else None
    if believed is not None:
        mutation.at, mutation.clues, mutation.lines = believed.at, believed.clues, believed.lines
        mutation.thread, mutation.task, mutation.created = believed.thread, believed.task, believed.created
    mutation.window = "whatever made the telemetry believe in another status was not seen"
    with suppress(LateMutationError):  # the late writer is not at work now: there is nobody to raise it at
        record.late(mutation)


def _is_final(record: ResponseRecord) -> bool:
    """Whether the head has left, and no second one has perhaps taken its place."""
    has_left = record.flushed or record.ended_at is not None
    return has_left and not (record.late_starts and record.habits.replaces)


def _status_of(span: Any) -> int | None:
    """The status on a span; None where it has none, or allows no reading (only the SDK's spans do)."""
    attributes = getattr(span, "attributes", None) or {}
    return next((attributes[name] for name in _STATUS if isinstance(attributes.get(name), int)), None)
