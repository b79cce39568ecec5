"""Whose finding is it? The test's in which the response was started; the session's, when that test is over or when there was none."""

from __future__ import annotations

import dataclasses
import os
import threading
import weakref
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from respstart.hooks import guard
from respstart.model import Evidence, Finding
from respstart.pytest_plugin.children import Children
from respstart.pytest_plugin.policy import Marks, Policy, Verdict

_MOMENTS = 200
_MOMENT = 0.001


class Occurrence(NamedTuple):
    """A finding and what it means for its test."""

    finding: Finding
    verdict: Verdict


class RunningTest:
    """One test while it runs. `findings` are all that count, `fresh` those that no report has told yet.

    `function` is the file and the qualified name of the test's own function, if it has one.
    """

    def __init__(self, nodeid: str | None, marks: Marks, function: tuple[str, str] | None = None) -> None:
        self.nodeid = nodeid
        self.marks = marks
        self.function = function
        self.findings: list[Finding] = []
        self.fresh: list[Occurrence] = []
        self.over = False

    def came_late_itself(self, finding: Finding) -> bool:
        """Whether the test's own function made the late change: to a response that it kept, not to what the application sends."""
        late = finding.late_writer
        return late is not None and self.function is not None and (late.file, late.function) == self.function

    def counted(self) -> list[Occurrence]:
        """The fresh occurrences, the first of each fingerprint, with how often it was seen."""
        firsts: dict[tuple[str, Verdict], Occurrence] = {}
        for finding, verdict in self.fresh:
            key = (finding.fingerprint, verdict)
            first = firsts[key].finding if key in firsts else dataclasses.replace(finding, seen=0)
            firsts[key] = Occurrence(dataclasses.replace(first, seen=first.seen + finding.seen), verdict)
        return list(firsts.values())

    def take(self) -> list[Occurrence]:
        """The same; they are fresh no more."""
        counted, self.fresh = self.counted(), []
        return counted


class Collector:
    """A reporter that gives every finding to a test, or to the session."""

    def __init__(self, policy: Policy, children: Children) -> None:
        self._policy = policy
        self._children = children
        self._pid = os.getpid()
        self._owners: weakref.WeakKeyDictionary[Any, RunningTest] = weakref.WeakKeyDictionary()
        self.session = RunningTest(None, Marks())
        self.running = self.session
        self._tests: dict[str | None, RunningTest] = {None: self.session}

    def begins(self, nodeid: str, marks: Marks, function: tuple[str, str] | None) -> None:
        """A test begins."""
        self._guarded(self._listen)
        self.running = self._tests[nodeid] = RunningTest(nodeid, marks, function)
        self._guarded(self._children.runs, nodeid)

    def ends(self) -> None:
        """The test that was running is over: what comes now belongs to the session."""
        self.running.over = True
        self.session.fresh += self.running.fresh
        self.running = self.session
        self._guarded(self._children.runs, None)

    def started(self, record: Any) -> None:
        """A response was started: its findings belong to the test that is running."""
        if os.getpid() != self._pid:
            self._children.started(record)
        else:
            self._owners[record] = self.running

    def settle(self) -> None:
        """Let responses that other threads and processes are still at come to their end, for 0.2 s at most; then hear the children.

        No clock is asked: tests freeze and patch clocks.
        """
        self._guarded(self._wait)
        self._guarded(self._listen)

    def _guarded(self, function: Callable[..., None], *arguments: object) -> None:
        """Call a function that looks at files and threads: tests patch those, and must not fail for it."""
        try:
            function(*arguments)
        except Exception as error:
            guard.fault(error)

    def _wait(self) -> None:
        pause = threading.Event()
        for _ in range(_MOMENTS):
            if not self._is_answering() and not self._children.are_answering():
                return
            pause.wait(_MOMENT)
        self._children.abandon()

    def report(self, finding: Finding, evidence: Evidence) -> None:
        """Give the finding to its test."""
        if os.getpid() != self._pid:
            self._children.report(finding, evidence)
        else:
            self._give(finding, self._owners.get(evidence.record, self.running))

    def close(self) -> None:
        """Nothing is held."""

    def _listen(self) -> None:
        for finding in self._children.findings():
            self._give(finding, self._tests.get(finding.test, self.session))

    def _give(self, finding: Finding, test: RunningTest) -> None:
        verdict = self._policy.verdict(finding, test.marks)
        if verdict is None or test.came_late_itself(finding):
            return
        finding = dataclasses.replace(finding, test=test.nodeid)
        test.findings.append(finding)
        (self.session if test.over else test).fresh.append(Occurrence(finding, verdict))

    def _is_answering(self) -> bool:
        return any(self._open(reference() for reference in self._owners.keyrefs()))

    def _open(self, records: Iterable[Any]) -> Iterable[bool]:
        here = threading.get_ident()
        for record in records:
            if record is not None and not record.finished and record.thread != here:
                yield self._owners.get(record) is self.running
