"""The one process-wide object: settings, applied patches, reporters; late mutations in, findings out."""

from __future__ import annotations

import dataclasses
import re
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from respstart import integrations, interpreter, reporters, settings
from respstart.budget import Budget
from respstart.core.attribution import Attribution
from respstart.core.diagnosis import diagnose
from respstart.core.known import Known, signature_of
from respstart.core.origin import Kind, Origins
from respstart.core.record import LateMutation, ResponseRecord
from respstart.core.stack import add_root
from respstart.errors import LateMutationError, RespstartError
from respstart.hooks import failure, guard, probes as probing, returns, running
from respstart.hooks.binding import watched
from respstart.hooks.context import current
from respstart.hooks.patching import Patcher
from respstart.hooks.runtime import runtime
from respstart.model import Defect, Evidence, Finding, ProbeStatus, Writer
from respstart.settings import Settings

_lock = threading.Lock()

Told = tuple[reporters.Reporter, ...]


class Tracer:
    """What one installation holds. Late mutations come in by `observe`, findings go out to the reporters and callbacks."""

    def __init__(self, chosen: Settings) -> None:
        self.settings = chosen
        self.patcher = Patcher()
        self.reporters = reporters.build(chosen, self.first_writer, self.patcher.when_imported)
        tables = integrations.load_all()
        packages: list[tuple[str, Kind]] = [(name, table.kind) for table in tables for name in table.packages]
        self.origins = Origins(packages, chosen.in_app)
        self.attribution = Attribution(self.origins)
        self.tables = tables
        self.known = Known()
        self.budget = Budget(guard.say, "late mutations", burst=1000, per_second=100)
        self.notes: list[str] = []
        self.patched = False
        self._traces_tasks = False

    def start(self) -> None:
        """Be ready for records: from now on late mutations are diagnosed and reported."""
        _roots_of_the_process()
        runtime.configure(self.origins)
        runtime.observer = self.observe
        runtime.sample = self.settings.sample
        runtime.excluded = tuple(re.compile(pattern) for pattern in self.settings.excluded_urls)
        runtime.choosy = runtime.sample < 1.0 or bool(runtime.excluded)
        runtime.spans, runtime.has_spans, runtime.modules = self.settings.otel != "off", False, 0
        problem = returns.switch_on()
        if problem:
            self.notes.append(problem)
        runtime.active = True

    def patch(self) -> None:
        """Arm every probe whose module is imported, and wait for the others."""
        self.patched = True
        for table in self.tables:
            probing.apply(table, self.patcher)
        returns.arm_existing(self.patcher.existing)
        if self.settings.trace_tasks:
            self._trace_tasks()

    def _trace_tasks(self) -> None:
        """From now on remember where threads, tasks, timers and jobs are created."""
        self._traces_tasks = True
        probing.apply(integrations.load("concurrency"), self.patcher)

    def undo(self) -> None:
        """Restore everything."""
        runtime.active = False
        runtime.observer = _nobody
        self.patcher.undo()
        watched.clear()
        returns.switch_off()
        running.forget_creations()
        self.budget.tells()
        for reporter in self.reporters:
            reporter.close()

    def observe(self, mutation: LateMutation) -> None:
        """Diagnose a late mutation and tell everybody. Raises LateMutationError in mode `raise` only."""
        evidence = Evidence(mutation.record.span, mutation.exception, mutation.record)
        signature, told = signature_of(mutation), (*self.reporters, *_reporters)
        if self.settings.mode != "raise":
            told = self._curious(told, *self.known.find(signature), evidence)
            if not told:
                return
        if self.settings.mode == "observe" and not self.budget.allows():
            return
        finding = diagnose(mutation, self.attribution, self.settings.max_frames)
        if finding is not None and not self._wanted(finding.rule):
            finding = None
        self.known.remember(signature, mutation, finding)
        if finding is None:
            return
        if not self._traces_tasks and self.patched and _came_from_elsewhere(mutation):
            self._trace_tasks()
        finding = _with_trace(finding, mutation.record.span)
        self._deliver(finding, evidence, told)
        if self.settings.mode == "raise" and mutation.exception is None:
            raise LateMutationError(f"{finding.rule} {finding.name}: {finding.message}", finding)

    @staticmethod
    def _curious(told: Told, seen: bool, defect: Defect | None, evidence: Evidence) -> Told:
        """Who wants to know more than that a defect was seen once more."""
        if not seen:
            return told
        return () if defect is None else tuple([reporter for reporter in told if not _counts(reporter, defect, evidence)])

    @staticmethod
    def _deliver(finding: Finding, evidence: Evidence, told: Told) -> None:
        """Hand a finding to reporters; the failure of one keeps it from no other."""
        for reporter in told:
            try:
                reporter.report(finding, evidence)
            except Exception as error:
                guard.fault(error)

    def first_writer(self, error: BaseException) -> Writer | None:
        """Who started the response that an exception, on its way out of the application, comes too late for. Never fails."""
        try:
            record = current.get()
            if record is None or record.start is None or not failure.comes_late(record, error):
                return None
            return self.attribution.start_writer(record.start)[0]
        except Exception as own:
            guard.fault(own)
            return None

    def _wanted(self, rule: str) -> bool:
        chosen = not self.settings.select or rule.startswith(self.settings.select)
        return chosen and not (self.settings.ignore and rule.startswith(self.settings.ignore))


def _counts(reporter: reporters.Reporter, defect: Defect, evidence: Evidence) -> bool:
    """Whether a reporter has counted a defect that came again, and wants no more of it. Never fails."""
    repeat = getattr(reporter, "repeat", None)
    try:
        return repeat is not None and repeat(defect, evidence)
    except Exception as error:
        guard.fault(error)
        return True


def _came_from_elsewhere(mutation: LateMutation) -> bool:
    """Whether it was made in another thread or task than the start."""
    start = mutation.record.start
    return bool(mutation.thread) and start is not None and (mutation.thread, mutation.task) != (start.thread, start.task)


def _with_trace(finding: Finding, span: Any) -> Finding:
    """The finding with the ids of the request's span, in W3C form (Trace Context, section 3.2.2)."""
    if span is None:
        return finding
    context = span.get_span_context()
    return dataclasses.replace(finding, trace_id=f"{context.trace_id:032x}", span_id=f"{context.span_id:016x}")


def _nobody(mutation: LateMutation) -> None:
    """Requests that were under way when respstart was switched off end unobserved."""


def _roots_of_the_process() -> None:
    """Below these, stacks are the process entry's: never a writer."""
    add_root(threading.Thread.run.__code__)
    events = sys.modules.get("asyncio.events")
    if events is not None:
        add_root(events.Handle._run.__code__)


class Installation:
    """What `install` returns: also a context manager that uninstalls on exit.

    `active` tells whether respstart is on, `problem` why not (one sentence), or None.
    """

    def __init__(self, tracer: Tracer | None, problem: str | None = None) -> None:
        self._tracer = tracer
        self.problem = problem

    @property
    def active(self) -> bool:
        return self._tracer is not None and self._tracer is _tracer

    def uninstall(self) -> None:
        """Restore every patched attribute; harmless when called twice."""
        if self.active:
            uninstall()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.uninstall()


_tracer: Tracer | None = None
_reporters: list[reporters.Reporter] = []  # of the caller: they outlive an installation
_on_start: list[Callable[[ResponseRecord], None]] = []


def install(**overrides: Any) -> Installation:
    """Switch respstart on for this process. A second call changes nothing and returns a handle to the same installation.

    Settings are keywords (see `respstart.settings`). A mistake in them is said in one line, and the application runs on untraced.
    """
    with _lock:
        installation = _start(overrides)
        try:
            if _tracer is not None and not _tracer.patched:
                _tracer.patch()
        except Exception as error:
            _stop()
            return _failed(error)
        return installation


def watch_applications() -> None:
    """Be ready for applications that are wrapped by hand, without patching anything."""
    with _lock:
        _start({})


def _start(overrides: dict[str, Any]) -> Installation:
    global _tracer
    if _tracer is not None:
        return Installation(_tracer)
    try:
        if not interpreter.is_main():
            raise RespstartError(interpreter.SUBINTERPRETER)
        tracer = Tracer(settings.load(overrides))
        tracer.start()
    except (RespstartError, re.error) as error:
        guard.say(f"{error}; the application runs on untraced")
        return Installation(None, str(error))
    except Exception as error:
        return _failed(error)
    _tracer = tracer
    return Installation(tracer)


def _failed(error: Exception) -> Installation:
    """respstart itself is broken: the application runs on untraced."""
    guard.fault(error)
    return Installation(None, f"respstart could not be switched on: {type(error).__name__}")


def _stop() -> None:
    """Restore everything; what cannot be restored any more is counted."""
    global _tracer
    tracer, _tracer = _tracer, None
    try:
        if tracer is not None:
            tracer.undo()
    except Exception as error:
        guard.fault(error)


def uninstall() -> None:
    """Switch respstart off and restore every patched attribute to the original object."""
    with _lock:
        _stop()


def active() -> bool:
    """Whether respstart is on in this process."""
    return _tracer is not None


def current_settings() -> Settings | None:
    """The settings in force; None when respstart is off."""
    return _tracer.settings if _tracer else None


def probes() -> tuple[ProbeStatus, ...]:
    """What became of every hook point, for `doctor`."""
    return tuple(_tracer.patcher.statuses.values()) if _tracer else ()


def notes() -> tuple[str, ...]:
    """What this installation cannot do here, and why."""
    return tuple(_tracer.notes) if _tracer else ()


def attribution() -> Attribution:
    """The ladder of this installation (or one with the defaults, when it is off)."""
    return _tracer.attribution if _tracer else Attribution(Origins())


def add_reporter(reporter: reporters.Reporter) -> Callable[[], None]:
    """Tell `reporter` of every finding from now on; returns a function that removes it. It is not closed."""
    _reporters.append(reporter)
    return lambda: _reporters.remove(reporter) if reporter in _reporters else None


def add_on_start(callback: Callable[[ResponseRecord], None]) -> Callable[[], None]:
    """Call `callback(record)` at every start; returns a function that removes it."""
    _on_start.append(callback)
    runtime.on_start = tuple(_on_start)

    def remove() -> None:
        if callback in _on_start:
            _on_start.remove(callback)
            runtime.on_start = tuple(_on_start)

    return remove
