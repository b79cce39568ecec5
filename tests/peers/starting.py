"""What a suite's environment loads when Python starts, and its plugin for pytest. It is copied there and needs the standard library only.

PEERS_OVERLAY names the folder of packages that is put within reach, last of all, in every process that the suite starts. PEERS_OUTCOMES names
the file to which the process that runs the tests writes one line of JSON for each step of each test: `test`, `outcome`, maybe `why`, and whether respstart was `on`.

PYTEST_DONT_REWRITE: pytest would warn that it comes too late.
"""

import atexit
import json
import os
import site
import sys

_outcomes = None


def start():
    """Called by the start-up file beside this one."""
    overlay = os.environ.get("PEERS_OVERLAY")
    if overlay:
        site.addsitedir(overlay)
    if os.environ.pop("PEERS_UNITTEST", None):  # children inherit nothing of it
        _open()
        _watch_unittest()


def _open():
    global _outcomes
    _outcomes = open(os.environ.pop("PEERS_OUTCOMES"), "a", buffering=1)  # noqa: SIM115  closed below
    atexit.register(_outcomes.close)


def _write(test, outcome, why=""):
    if _outcomes:
        tracer = sys.modules.get("respstart.tracer")
        on = tracer is not None and tracer.active()
        _outcomes.write(json.dumps({"test": test, "outcome": outcome, "why": why[:300], "on": on}) + "\n")


# ---------------------------------------------------------------------- pytest
def pytest_configure(config):
    if not hasattr(config, "workerinput"):  # workers of pytest-xdist tell their controller
        _open()


def pytest_runtest_logstart(nodeid, location):
    _write(nodeid, "started")


def pytest_runtest_logreport(report):
    outcome = report.outcome
    if hasattr(report, "wasxfail"):
        outcome = "xpassed" if outcome == "passed" else "xfailed"
    elif outcome == "failed" and report.when != "call":
        outcome = "error"
    if report.when == "call" or outcome != "passed":
        _write(report.nodeid, outcome, _reason(report) if report.failed else "")


def pytest_collectreport(report):
    if report.failed:
        _write(f"{report.nodeid} (collection)", "error", _reason(report))


def _reason(report):
    crash = getattr(report.longrepr, "reprcrash", None)
    return crash.message if crash else str(report.longrepr)[-300:]


# ---------------------------------------------------------------------- unittest
_UNITTEST = {
    "startTest": "started", "addSuccess": "passed", "addSkip": "skipped", "addExpectedFailure": "xfailed", "addUnexpectedSuccess": "xpassed",
    "addFailure": "failed", "addError": "error", "addSubTest": "failed",
}  # fmt: skip


def _watch_unittest():
    """Patch the results of unittest; those of runs inside of a test (frameworks test their test runners) are no outcomes."""
    from unittest import TestResult

    outer = []

    def watched(name, outcome):
        original = getattr(TestResult, name)

        def method(self, test, *arguments, **named):
            if name == "startTest":
                outer.append(self)
            error = next((each for each in arguments if isinstance(each, tuple)), None)
            if (not outer or outer[0] is self) and (name != "addSubTest" or error):
                _write(test.id(), outcome, f"{error[0].__name__}: {error[1]}" if error else "")
            return original(self, test, *arguments, **named)

        setattr(TestResult, name, method)

    for name, outcome in _UNITTEST.items():
        watched(name, outcome)
    stop = TestResult.stopTest

    def stop_test(self, test):
        del outer[-1:]
        return stop(self, test)

    TestResult.stopTest = stop_test
