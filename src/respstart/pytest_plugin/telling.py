"""The part of the plugin in the process that reports to the user: counts, writes the files, ends the terminal's output with a summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from respstart import __version__, formats
from respstart.errors import RespstartError
from respstart.pytest_plugin import baseline
from respstart.pytest_plugin.options import Options
from respstart.pytest_plugin.policy import Marks, Verdict
from respstart.pytest_plugin.summary import Summary, counted

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

_COLOURS: dict[Verdict | None, dict[str, bool]] = {Verdict.FAILS: {"red": True}, Verdict.TOLD: {"yellow": True}}


class Telling:
    """The main process: pytest itself, or the controller of pytest-xdist."""

    NAME = "respstart-telling"

    def __init__(self, options: Options) -> None:
        self._options = options
        self._summary = Summary()
        self._findings: list[dict[str, Any]] = []  # every one, for the report
        self._faults: Counter[str] = Counter()
        self._ends: list[str] = []
        self._failed = False  # whether something has gone wrong that no test could fail for

    def pytest_report_header(self) -> str:
        """One line that tells that responses are traced, and what fails."""
        number = len(self._options.policy.known)
        known = f"; {counted(number, 'known finding')} in {self._options.baseline}" if number else ""
        return f"respstart: {__version__}, responses are traced; {self._options.policy}{known}"

    def pytest_collection_modifyitems(self, items: Iterable[pytest.Item]) -> None:
        """Find mistakes in markers before the first test runs. Raises pytest.UsageError."""
        for item in items:
            Marks.of(item)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count what a report carries."""
        self._count(getattr(report, "respstart", ()))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Count what a worker of pytest-xdist could give to no test."""
        self.hears(getattr(node, "workeroutput", {}).get("respstart", {}))

    def hears(self, outside: Mapping[str, Any]) -> None:
        """Count what one process found outside of its tests, and what went wrong in it."""
        self._count(outside.get("findings", ()))
        self._faults.update(outside.get("faults", {}))

    def _count(self, carried: Iterable[Mapping[str, Any]]) -> None:
        for entry in carried:
            verdict = Verdict(entry["verdict"])
            self._failed |= verdict is Verdict.FAILS and not entry["answered"]
            self._summary.add(entry["finding"], verdict)
            if self._options.report is not None:
                self._findings.append(entry["finding"])

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the files; fail the run for what could fail no test."""
        if session.config.getoption("collectonly"):
            return
        self._write(self._options)
        if self._failed and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _write(self, options: Options) -> None:
        try:
            if options.report is not None:
                formats.save(formats.for_path(options.report)(self._findings), options.report)
                self._ends.append(f"report: {options.report}")
            if options.baseline is not None and options.updates:
                number = baseline.write(options.baseline, self._summary.known())
                self._ends.append(f"baseline: {counted(number, 'finding')} written to {options.baseline}")
        except (OSError, RespstartError) as error:
            self._failed = True
            self._ends.append(f"a file could not be written: {error}")

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """The summary by fingerprint, between the failures and pytest's own short summary."""
        summary, title, ends = self._summary, self._summary.title(), list(self._ending())
        if title or ends:
            terminalreporter.section(title or "respstart")
        for line, verdict in summary.lines(str(self._options.root)):
            terminalreporter.line(line, **_COLOURS.get(verdict, {}))
        for line in ends:
            terminalreporter.line(line)

    def _ending(self) -> Iterator[str]:
        rest = self._summary.rest()
        if rest:
            yield f"not shown: {rest}"
        for where, number in self._faults.items():
            yield f"respstart itself failed {counted(number, 'time')} ({where}); the application was not affected"
        yield from self._ends
