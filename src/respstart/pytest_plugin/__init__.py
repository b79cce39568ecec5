"""`pytest --trace-response-start`: a late mutation fails the test that caused it.

pytest imports this module in every run, so it needs nothing but the standard library and pytest; the rest is loaded with the flag.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from respstart.model import Finding

_MARKER = (
    "respstart(expect=RULES, ignore=RULES): with --trace-response-start, findings of these rules are expected (the test fails when one "
    "does not come) or not told; RULES are codes (RS103), beginnings of codes (RS1) or names (late-cookie), one or a list."
)
_NEED_THE_FLAG = ("response_start_fail_on", "response_start_report", "response_start_baseline", "response_start_update_baseline")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The flag, what goes with it, and the same in the configuration file."""
    group = parser.getgroup("respstart", "late mutations of HTTP responses (respstart)")
    group.addoption("--trace-response-start", action="store_true", default=None, dest="trace_response_start",
                    help="trace every response; a test with a late mutation fails and names the line that started the response")
    group.addoption("--no-trace-response-start", action="store_false", dest="trace_response_start",
                    help="do not trace, whatever the configuration file says")
    group.addoption("--response-start-fail-on", metavar="RULES",
                    help="the findings that fail a test: rules (RS103,RS2,late-session), all or none; default: those of level error")
    group.addoption("--response-start-report", metavar="FILE",
                    help="write every finding to FILE; its ending chooses the form, such as .jsonl, .html or .sarif")
    group.addoption("--response-start-baseline", metavar="FILE",
                    help="findings that FILE lists are known and fail no test")
    group.addoption("--response-start-update-baseline", action="store_true",
                    help="write what this run finds to the baseline file; nothing fails")
    parser.addini("trace_response_start", "trace every response, as --trace-response-start does", type="bool", default=False)
    parser.addini("response_start_fail_on", "default of --response-start-fail-on", type="args", default=[])
    parser.addini("response_start_ignore", "rules that are never told", type="args", default=[])
    parser.addini("response_start_baseline", "default of --response-start-baseline, relative to this file", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and with the flag the plugin that does the work.

    Raises:
        pytest.UsageError: an option has a value that is not allowed, or needs the flag.
    """
    config.addinivalue_line("markers", _MARKER)
    chosen = config.getoption("trace_response_start")
    if config.getini("trace_response_start") if chosen is None else chosen:
        _switch_on(config)
        return
    lonely = next((name for name in _NEED_THE_FLAG if config.getoption(name)), None)
    if lonely and chosen is None:
        raise pytest.UsageError(f"--{lonely.replace('_', '-')} needs --trace-response-start (or trace_response_start = true)")


def _switch_on(config: pytest.Config) -> None:
    from respstart.pytest_plugin.options import Options
    from respstart.pytest_plugin.telling import Telling
    from respstart.pytest_plugin.tracing import Tracing

    options = Options.of(config)
    is_worker = hasattr(config, "workerinput")  # of pytest-xdist, whose controller runs no tests
    if not is_worker:
        config.pluginmanager.register(Telling(options), Telling.NAME)
    if (is_worker or config.getoption("dist", "no") == "no") and not config.getoption("collectonly"):
        config.pluginmanager.register(Tracing(options), Tracing.NAME)


@pytest.fixture
def response_findings(request: pytest.FixtureRequest) -> Iterator[list[Finding]]:
    """The findings of this test so far, oldest first; the list grows while the test runs. Traces this test also without the flag."""
    tracing = request.config.pluginmanager.get_plugin("respstart-tracing")
    if tracing is not None:
        yield tracing.findings()
        return
    from respstart.testing import capture_findings

    with capture_findings() as findings:
        yield findings
