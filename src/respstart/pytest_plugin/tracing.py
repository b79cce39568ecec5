"""The part of the plugin in every process that runs tests: traces them, and fails a test by its report for what it caused."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Generator, Sequence
from types import CodeType
from typing import Any, NoReturn

import pytest

from respstart import tracer
from respstart.core.diagnosis import describe
from respstart.core.record import family
from respstart.core.stack import Line
from respstart.hooks import guard
from respstart.model import Evidence, Finding, Place
from respstart.pytest_plugin.children import Children
from respstart.pytest_plugin.collector import Collector, Occurrence, RunningTest
from respstart.pytest_plugin.options import Options
from respstart.pytest_plugin.policy import Marks, Verdict
from respstart.pytest_plugin.telling import Telling
from respstart.reporters import jsontext, plain
from respstart.reporters.notes import Notes

# Whatever the project's settings say: a result must not depend on luck, and nothing but the report may tell of a finding.
_SETTINGS = {"mode": "collect", "output": "off", "otel": "off", "file": None, "sample": 1.0, "trace_tasks": True}
_REMARKS = {
    Verdict.EXPECTED: "(expected by the test's marker)\n",
    Verdict.KNOWN: "(known: it is in the baseline)\n",
    Verdict.TOLD: "(fails no test)\n",
    Verdict.FAILS: "",
}


class LateMutation(pytest.fail.Exception):  # type: ignore[misc,name-defined]  # an attribute of a function: the public name
    """What a test fails with; never raised inside the application."""

    __module__ = "builtins"  # so that reports call it by its name alone, as they do with pytest's own


class Tracing:
    """One process that runs tests: alone, or a worker of pytest-xdist."""

    NAME = "respstart-tracing"

    def __init__(self, options: Options) -> None:
        self._root = str(options.root)
        self._settings = _SETTINGS | {"in_app": options.in_app}
        self._children = Children(self._settings)
        self._collector = Collector(options.policy, self._children)
        self._undo: list[Callable[[], object]] = []
        self._calling = False

    # ------------------------------------------------------------------ the session
    def pytest_sessionstart(self) -> None:
        """Switch tracing on.

        Raises:
            pytest.UsageError: the project's settings of respstart have a mistake.
        """
        tracer.uninstall()  # with other settings: by RESPSTART=1, or by the project's conftest
        self._install()
        _hide_hooks()
        self._children.starts()
        self._undo = [
            tracer.uninstall,
            self._children.close,
            tracer.add_on_start(self._collector.started),
            tracer.add_reporter(self._collector),
        ]

    def _install(self) -> None:
        installation = tracer.install(**self._settings)
        if installation.problem:
            raise pytest.UsageError(installation.problem)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand over what belongs to no test."""
        self._collector.settle()
        findings = [_carried(occurrence, answered=False) for occurrence in self._collector.session.take()]
        outside = {"findings": findings, "faults": dict(guard.faults)}
        telling = session.config.pluginmanager.get_plugin(Telling.NAME)
        if telling is not None:
            telling.hears(outside)
        else:
            session.config.workeroutput["respstart"] = outside  # type: ignore[attr-defined]  # of pytest-xdist

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Switch tracing off."""
        while self._undo:
            self._undo.pop()()

    # ------------------------------------------------------------------ one test
    def findings(self) -> list[Finding]:
        """The growing list of the findings of the test that is running."""
        return self._collector.running.findings

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """From the first fixture to the last: what starts in here belongs to this test."""
        if not tracer.active():  # a test has switched it off
            self._install()
        self._collector.begins(item.nodeid, Marks.of(item), _function(item))
        try:
            return (yield)
        finally:
            self._collector.ends()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """A test that has passed until here fails for its findings, those of its fixtures too."""
        __tracebackhide__ = True
        self._calling = True
        try:
            result = yield
        finally:
            self._calling = False
        self._collector.settle()
        test = self._collector.running
        missing = test.marks.missing(test.findings)
        if missing:
            file, line, name = item.location
            place = Place(str(item.config.rootpath / file), (line or 0) + 1, name)
            _fail_at(place, f"expected a finding of {' and of '.join(missing)}, and none came")
        self._fail_for(test)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self) -> Generator[None, object, object]:
        """What comes while the fixtures are closed is an error of the teardown."""
        __tracebackhide__ = True
        result = yield
        self._collector.settle()
        self._fail_for(self._collector.running)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put what was found into the report of its phase; what the fixtures and subtests caused into that of the test itself."""
        if self._calling or (call.when == "setup" and call.excinfo is None):
            return (yield)
        occurrences = self._collector.running.take()
        for finding, _ in occurrences:
            item.user_properties.append(("respstart.finding", plain.localised(finding, self._root).verdict))
        if call.excinfo is not None:
            _note(call.excinfo.value, [finding for finding, _ in occurrences])
        report = yield
        said = call.excinfo is not None and isinstance(call.excinfo.value, LateMutation)
        for finding, verdict in occurrences:
            if not (said and verdict is Verdict.FAILS):
                report.sections.append(("respstart", plain.render(finding, self._root) + _REMARKS[verdict]))
        answered = report.failed or hasattr(report, "wasxfail")
        vars(report)["respstart"] = [_carried(occurrence, answered) for occurrence in occurrences]
        return report

    def _fail_for(self, test: RunningTest) -> None:
        __tracebackhide__ = True
        findings = [finding for finding, verdict in test.counted() if verdict is Verdict.FAILS]
        if findings:
            _fail_at(_place(findings[0]), self._text(findings))

    def _text(self, findings: Sequence[Finding]) -> str:
        """What a failed test says; the first line is that of pytest's short summary, too."""
        first, more = plain.localised(findings[0], self._root).verdict, len(findings) - 1
        return "\n".join([first + (f" (and {more} more)" if more else ""), "", *(plain.render(each, self._root) for each in findings)])


def _hide_hooks() -> None:
    """Leave respstart's own frames out of tracebacks, as pytest does for modules that ask for it. --full-trace shows them."""
    for name, module in list(sys.modules.items()):
        if name.startswith("respstart.hooks."):
            vars(module)["__tracebackhide__"] = True


def _carried(occurrence: Occurrence, answered: bool) -> dict[str, Any]:
    """An occurrence as plain data that crosses processes. `answered`: whether a test has failed for it.

    Not by way of JSON: a test may have patched it.
    """
    finding = jsontext.readable(occurrence.finding.to_dict())
    return {"finding": finding, "verdict": str(occurrence.verdict), "answered": answered}


def _note(error: BaseException, findings: Sequence[Finding]) -> None:
    """Name the first writer on the victims among an exception and its causes. Not earlier: `pytest.raises(match=...)` reads notes."""
    for victim in family(error):
        described = describe(victim)
        finding = next((finding for finding in findings if finding.exception == described), None)
        if finding is not None:
            Notes().report(finding, Evidence(exception=victim))


def _function(item: pytest.Item) -> tuple[str, str] | None:
    """File and qualified name of the test's function, as findings give them."""
    code = getattr(inspect.unwrap(getattr(item, "obj", None)), "__code__", None)  # type: ignore[arg-type]  # None has no wrapper
    return (code.co_filename, Line(code, 0).function) if isinstance(code, CodeType) else None


def _place(finding: Finding) -> Place | None:
    """Where somebody has to look first."""
    for writer in (finding.first_writer, finding.late_writer):
        if writer and writer.file and writer.line:
            return Place(writer.file, writer.line, writer.function or "?")
    return None


def _fail_at(place: Place | None, text: str) -> NoReturn:
    """Fail the test as if by that line, to which --tb=line, JUnit, editors and --pdb then lead.

    One line is compiled under that line's file and number, as template engines do for their templates.
    """
    __tracebackhide__ = True
    error = LateMutation(text, pytrace=False)
    if place is not None:
        code = compile("raise error", place.file, "exec")
        exec(code.replace(co_firstlineno=place.line, co_name=place.function), {"error": error})  # noqa: S102 our own words
    raise error
