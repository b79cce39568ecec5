"""Findings for Sentry, where the application itself has switched it on.

A late write that raised nothing becomes an event of its own. An exception that took part has Sentry's own event already, which is
told who started the response, as the context `respstart`; no second event is sent for it.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from respstart.reporters.escape import clean, clean_all
from respstart.reporters.event import LOGGER
from respstart.reporters.notes import noted_finding

if TYPE_CHECKING:
    from respstart.model import Evidence, Finding, Frame, Writer
    from respstart.reporters import FirstWriter, OnStart

_CONTEXT = "respstart"
_LIMIT = 1000


class Sentry:
    """Sends one event for a finding without an exception, and has Sentry's own events tell the first writer.

    `first_writer` tells who has started the response that an exception comes too late for, None when it does not. `on_start`
    calls back at every start of a response, and returns a function that ends that: Sentry may be imported at any time.
    """

    def __init__(self, first_writer: FirstWriter, on_start: OnStart) -> None:
        self._first_writer = first_writer
        self._leave = on_start(self._look_for_sentry)

    def report(self, finding: Finding, evidence: Evidence) -> None:
        """Send the finding, unless Sentry has an event of the exception."""
        ask = getattr(sys.modules.get("sentry_sdk"), "get_client", None)
        if ask is not None and evidence.exception is None:
            client = ask()
            if client.is_active():
                client.capture_event(_event(finding))  # without a scope: that would add the data of the request

    def close(self) -> None:
        """Say nothing more on Sentry's own events."""
        self._leave()
        _tell.first_writer = None

    def _look_for_sentry(self, _: Any) -> None:
        sentry = sys.modules.get("sentry_sdk")
        if sentry is not None:
            self._leave()
            _tell.first_writer = self._first_writer
            _tell.attach(sentry)


class _Teller:
    """Sentry's error processor: attached once to a process, since it cannot be detached; silent while respstart is off."""

    def __init__(self) -> None:
        self.first_writer: FirstWriter | None = None
        self._attached = False

    def attach(self, sentry: Any) -> None:
        if self._attached or not hasattr(sentry, "get_global_scope"):  # before sentry-sdk 2
            return
        self._attached = True
        sentry.get_global_scope().add_error_processor(self)
        # What is logged as `respstart` is told already: it must not be a second event.
        from sentry_sdk.integrations.logging import ignore_logger

        ignore_logger(LOGGER)

    def __call__(self, event: dict[str, Any], exc_info: Any) -> dict[str, Any]:
        context = self._context(event, exc_info[1]) if self.first_writer is not None else None
        if context:
            event.setdefault("contexts", {}).setdefault(_CONTEXT, context)
        return event

    def _context(self, event: dict[str, Any], error: BaseException) -> dict[str, str] | None:
        """From the finding; when Sentry sees an exception leave the application before it reaches us, from the request."""
        finding = noted_finding(error)
        if finding is not None:
            return _context(finding)
        writer = self.first_writer(error) if self.first_writer is not None and _is_unhandled(event) else None
        place = _place(writer)
        return {"first_writer": place} if place else None


_tell = _Teller()


def _is_unhandled(event: dict[str, Any]) -> bool:
    values = (event.get("exception") or {}).get("values") or ()
    return any((value.get("mechanism") or {}).get("handled") is False for value in values)


# ---------------------------------------------------------------------- an event
def _event(finding: Finding) -> dict[str, Any]:
    """In the form of Sentry's event payloads. `threads` is always there: else the SDK would add a stack of ours, with locals."""
    stacks = finding.stacks
    threads = [
        _thread("first writer", finding.first_writer, (stacks.start, stacks.built), current=True),
        _thread("late writer", finding.late_writer, (stacks.late,), current=False),
    ]
    event: dict[str, Any] = clean_all(
        {
            "level": finding.level,
            "logger": LOGGER,
            "logentry": {"formatted": f"{finding.rule} {finding.name}: {finding.message}"},
            "fingerprint": [LOGGER, finding.fingerprint],
            "transaction": finding.request.route or finding.request.path,
            "request": {"method": finding.request.method, "url": finding.request.path},
            "tags": {"respstart.rule": finding.rule},
            "contexts": {_CONTEXT: _context(finding)},
            "threads": {"values": [thread for thread in threads if thread]},
        },
        _LIMIT,
    )
    return event


def _context(finding: Finding) -> dict[str, str]:
    told = {
        "rule": f"{finding.rule} {finding.name}",
        "finding": finding.message,
        "first_writer": _place(finding.first_writer),
        "late_writer": _place(finding.late_writer),
        "fix": finding.fix,
        "request_id": finding.request.id,
        "seen": str(finding.seen),
    }
    return {key: clean(text, _LIMIT) for key, text in told.items() if text}


def _place(writer: Writer | None) -> str:
    return clean(f"{writer.file}:{writer.line} {writer.function}", _LIMIT) if writer is not None and writer.file is not None else ""


def _thread(name: str, writer: Writer | None, stacks: Iterable[tuple[Frame, ...]], *, current: bool) -> dict[str, Any] | None:
    """A stack that ends at the writer, as one of Sentry's threads; None when nobody is named."""
    if writer is None or writer.file is None:
        return None
    frames = next(filter(None, (_down_to(writer, stack) for stack in stacks)), None) or [_frame_of(writer)]
    return {"id": name, "name": name, "current": current, "crashed": False, "stacktrace": {"frames": frames}}


def _down_to(writer: Writer, stack: tuple[Frame, ...]) -> list[dict[str, Any]]:
    """The frames from the outermost to the writer's; empty when the writer is not in this stack."""
    inwards = itertools.dropwhile(lambda frame: (frame.filename, frame.lineno) != (writer.file, writer.line), reversed(stack))
    return [_frame(frame.filename, frame.lineno, frame.name, frame.line, in_app=frame.in_app) for frame in reversed(list(inwards))]


def _frame_of(writer: Writer) -> dict[str, Any]:
    return _frame(writer.file, writer.line, writer.function, writer.source, in_app=writer.package is None)


def _frame(file: str | None, line: int | None, function: str | None, source: str | None, *, in_app: bool) -> dict[str, Any]:
    return {"filename": file, "abs_path": file, "lineno": line, "function": function, "context_line": source, "in_app": in_app}
