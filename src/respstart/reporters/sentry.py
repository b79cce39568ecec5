"""Findings for Sentry, where the application itself has switched it on.

A late write that raised nothing becomes an event of its own. An exception that took part has Sentry's own event already, which is
told who started the response, as the context `respstart`; no second event is sent for it.
"""

from __future__ import annotations

import itertools
import sys
from typing import TYPE_CHECKING, Any

from respstart.reporters.escape import clean, clean_all
from respstart.reporters.event import LOGGER
from respstart.reporters.notes import noted_finding

if TYPE_CHECKING:
    from respstart.model import Evidence, Finding, Frame, Writer
    from respstart.reporters import FirstWriter, WhenImported

_CONTEXT = "respstart"
_LIMIT = 1000


class Sentry:
    """Sends one event for a finding without an exception, and has Sentry's own events tell the first writer.

    `first_writer` tells who has started the response that an exception comes too late for, None when it does not. `when_imported`
    calls back when a module is imported, if it is not already: Sentry may be at any time.
    """

    def __init__(self, first_writer: FirstWriter, when_imported: WhenImported) -> None:
        self._first_writer = first_writer
        when_imported("sentry_sdk", self._attach)

    def report(self, finding: Finding, evidence: Evidence) -> None:
        """Send the finding, unless Sentry has an event of the exception."""
        ask = getattr(sys.modules.get("sentry_sdk"), "get_client", None)
        if ask is not None and evidence.exception is None:
            client = ask()
            if client.is_active():
                client.capture_event(_event(finding))  # without a scope: that would add the data of the request

    def close(self) -> None:
        """Say nothing more on Sentry's own events."""
        _processor.first_writer = None

    def _attach(self) -> None:
        scopes: Any = getattr(sys.modules.get("sentry_sdk"), "Scope", None)
        if hasattr(scopes, "get_global_scope"):  # since sentry-sdk 2
            _processor.first_writer = self._first_writer
            _processor.attach(scopes.get_global_scope())


class _Processor:
    """Sentry's error processor. Attached once to a process, since it cannot be detached; silent while respstart is off."""

    def __init__(self) -> None:
        self.first_writer: FirstWriter | None = None
        self._attached = False

    def attach(self, scope: Any) -> None:
        if self._attached:
            return
        self._attached = True
        scope.add_error_processor(self)
        # What the logger `respstart` says was told to Sentry already, and is not to become an event for the second time.
        from sentry_sdk.integrations.logging import ignore_logger

        ignore_logger(LOGGER)

    def __call__(self, event: dict[str, Any], exc_info: Any) -> dict[str, Any]:
        told = self._told(event, exc_info[1], self.first_writer) if self.first_writer is not None else None
        if told:
            event.setdefault("contexts", {}).setdefault(_CONTEXT, told)
        return event

    @staticmethod
    def _told(event: dict[str, Any], error: BaseException, first_writer: FirstWriter) -> dict[str, str] | None:
        """What the finding tells. Integrations inside the application see an exception before there is one: then the first writer."""
        finding = noted_finding(error)
        if finding is not None:
            return _context(finding)
        place = _place(first_writer(error)) if _is_unhandled(event) else ""
        return {"first_writer": place} if place else None


_processor = _Processor()


def _is_unhandled(event: dict[str, Any]) -> bool:
    values = (event.get("exception") or {}).get("values") or ()
    return any((value.get("mechanism") or {}).get("handled") is False for value in values)


# ---------------------------------------------------------------------- an event
def _event(finding: Finding) -> dict[str, Any]:
    """In the form of Sentry's event payloads, without a `transaction`: the place of the event is where its stack ends, the first writer.

    `threads` is there even when it is empty: else the SDK would add a stack of ours, with locals.
    """
    stacks = finding.stacks
    started = _stacktrace(finding.first_writer, stacks.start, stacks.built)
    changed = _stacktrace(finding.late_writer, stacks.late)
    event: dict[str, Any] = {
        "level": finding.level,
        "logger": LOGGER,
        "logentry": {"formatted": f"{finding.rule} {finding.name}: {finding.message}"},
        "fingerprint": [LOGGER, finding.fingerprint],
        "request": {"method": finding.request.method, "url": finding.request.path},
        "tags": {"respstart.rule": finding.rule},
        "contexts": {_CONTEXT: _context(finding)},
        "threads": {"values": [{"id": "late writer", "current": True, "crashed": False, "stacktrace": changed}] if changed else []},
    }
    cleaned: dict[str, Any] = clean_all(event | ({"stacktrace": started} if started else {}), _LIMIT)
    return cleaned


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


def _stacktrace(writer: Writer | None, *stacks: tuple[Frame, ...]) -> dict[str, Any] | None:
    """The first of the stacks that has the writer, down to its frame; None when nobody is named."""
    if writer is None or writer.file is None:
        return None
    return {"frames": next(filter(None, (_down_to(writer, stack) for stack in stacks)), None) or [_frame_of(writer)]}


def _down_to(writer: Writer, stack: tuple[Frame, ...]) -> list[dict[str, Any]]:
    """The frames from the outermost to the writer's; empty when it is not in this stack."""
    inwards = itertools.dropwhile(lambda frame: (frame.filename, frame.lineno) != (writer.file, writer.line), reversed(stack))
    return [_frame(frame.filename, frame.lineno, frame.name, frame.line, in_app=frame.in_app) for frame in reversed(list(inwards))]


def _frame_of(writer: Writer) -> dict[str, Any]:
    return _frame(writer.file, writer.line, writer.function, writer.source, in_app=writer.package is None)


def _frame(file: str | None, line: int | None, function: str | None, source: str | None, *, in_app: bool) -> dict[str, Any]:
    return {"filename": file, "abs_path": file, "lineno": line, "function": function, "context_line": source, "in_app": in_app}
