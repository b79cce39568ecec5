from __future__ import annotations

import json
import logging
import os
import subprocess
import sys

import pytest
import structlog

from respstart.model import Writer
from respstart.reporters.structlog_ import Structlog, is_configured


@pytest.fixture(autouse=True)
def _unconfigured():
    yield
    structlog.reset_defaults()


@pytest.fixture
def events():
    found = structlog.testing.LogCapture()
    structlog.configure(processors=[found])
    return found.entries


def test_says_nothing_until_structlog_is_configured(make_finding, evidence, capsys):
    Structlog().report(make_finding(), evidence)
    assert capsys.readouterr() == ("", "")
    assert not is_configured()


def test_structlog_is_not_imported_to_ask_for_it():
    code = (
        "import sys; from respstart.reporters.structlog_ import Structlog, is_configured; "
        "Structlog().report(None, None); print(is_configured(), 'structlog' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "RESPSTART": ""}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert result.stdout.strip() == "False False"


def test_the_event(make_finding, evidence, events, tmp_path):
    Structlog().report(make_finding(), evidence)
    (event,) = events
    assert tuple(
        event[key] for key in ("event", "log_level", "rule", "rule_name")
    ) == ("respstart.late_mutation", "error", "RS103", "late-cookie")
    started = event["started_by"]
    assert (f"{tmp_path}/shop/export.py", 41, "stream_rows", "generator") == tuple(
        started[key] for key in ("file", "line", "function", "basis")
    )
    assert {"filename", "lineno", "name", "line", "in_app"} == set(started["stack"][-1])
    assert f"{tmp_path}/shop/session.py" == event["changed_by"]["file"]
    assert event["request"]["path"] == "/export/7"
    assert {"outcome": "lost", "operation": "set_cookie", "subject": "cart", "status": 200}.items() <= event.items()
    assert json.dumps(event)


@pytest.mark.parametrize("level", ["error", "warning", "info"])
def test_the_level_is_that_of_the_finding(level, make_finding, evidence, events):
    Structlog().report(make_finding(level=level), evidence)
    assert [level] == [event["log_level"] for event in events]


def test_without_a_late_writer(make_finding, evidence, events):
    Structlog().report(make_finding(late_writer=None, first_writer=Writer(None, None, None, None, "unknown", "why")), evidence)
    assert events[0]["changed_by"] is None
    assert events[0]["started_by"]["file"] is None


def test_hostile_text_is_cleaned(hostile_finding, evidence, events):
    Structlog().report(hostile_finding, evidence)
    texts = []

    def collect(value):
        if isinstance(value, str):
            texts.append(value)
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            collect(item)

    collect(events[0])
    assert len(texts) > 20
    assert all(text.isprintable() and len(text) <= 500 for text in texts)


def test_through_logging_with_the_keys_as_extra(make_finding, evidence, caplog):
    structlog.configure(
        processors=[structlog.stdlib.add_log_level, structlog.stdlib.render_to_log_kwargs],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    Structlog().report(make_finding(), evidence)
    (record,) = caplog.records
    assert (
        record.name, record.levelno, record.getMessage(), record.rule,
    ) == ("respstart", logging.ERROR, "respstart.late_mutation", "RS103")


def test_with_asynchronous_loggers(make_finding, evidence):
    found = structlog.testing.LogCapture()
    structlog.configure(
        processors=[found], logger_factory=structlog.stdlib.LoggerFactory(), wrapper_class=structlog.stdlib.AsyncBoundLogger,
    )
    Structlog().report(make_finding(), evidence)
    assert [event["rule"] for event in found.entries] == ["RS103"]


def test_with_a_filtering_logger(make_finding, evidence):
    found = structlog.testing.LogCapture()
    structlog.configure(processors=[found], wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    Structlog().report(make_finding(level="warning"), evidence)
    Structlog().report(make_finding(level="error"), evidence)
    assert [event["log_level"] for event in found.entries] == ["error"]


def test_the_configuration_is_left_as_it_is(make_finding, evidence, events):
    before = structlog.get_config()
    Structlog().report(make_finding(), evidence)
    assert before == structlog.get_config()


class Levelless(structlog.BoundLoggerBase):
    """A logger of an application's own kind, without the usual methods."""

    def note(self, event, **values):
        return self._proxy_to_logger("note", event, **values)


class Awaited(structlog.stdlib.AsyncBoundLogger):
    """An asynchronous one of an application's own kind."""


@pytest.mark.parametrize(
    "wrapper", [Levelless, Awaited, structlog.BoundLogger, structlog.stdlib.BoundLogger, structlog.make_filtering_bound_logger(0)],
)
def test_with_every_kind_of_logger(wrapper, make_finding, evidence):
    found = structlog.testing.LogCapture()
    structlog.configure(processors=[found], logger_factory=structlog.stdlib.LoggerFactory(), wrapper_class=wrapper)
    Structlog().report(make_finding(), evidence)
    assert [(event["log_level"], event["rule"]) for event in found.entries] == [("error", "RS103")]


PREAMBLE = """
import logging, sys
import respstart, structlog
respstart.install(otel="off", sentry="off", repeat_seconds=0)
def app(environ, start_response):
    start_response("200 OK", [])
    start_response("500 Oops", [])
    return []
def ask():
    respstart.wsgi(app)({"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, lambda *args: None)
"""
TO_STDERR = "structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr), processors=[structlog.processors.JSONRenderer()])\n"
THROUGH_LOGGING = """
structlog.configure(
    processors=[structlog.stdlib.add_logger_name, structlog.stdlib.add_log_level, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(), wrapper_class=structlog.stdlib.BoundLogger, cache_logger_on_first_use=True,
)
handler = logging.StreamHandler()
handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=[
    structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer(),
]))
logging.getLogger().addHandler(handler)
"""


def said(*steps):
    """What a program that installs respstart before all else says on stderr; on stdout it says nothing."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RESPSTART")}
    done = subprocess.run([sys.executable, "-c", PREAMBLE + "\n".join(steps)], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout == ""
    return done.stderr.splitlines()


@pytest.mark.parametrize("configuration", [TO_STDERR, TO_STDERR.replace("configure(", "configure_once("), THROUGH_LOGGING], ids=["print", "once", "logging"])
def test_what_is_configured_after_install_gets_the_one_line_of_a_finding(configuration):
    (line,) = said(configuration, "ask()")
    event = json.loads(line)
    assert (event["event"], event["rule"], event["request"]["path"]) == ("respstart.late_mutation", "RS201", "/")


def test_a_configuration_that_changes_is_followed():
    lines = said("ask()", TO_STDERR, "ask()", "structlog.reset_defaults()", THROUGH_LOGGING, "ask()", "structlog.reset_defaults()", "ask()")
    assert [line.partition(":")[0] for line in lines if line.startswith(("RS201", "SUMMARY"))] == ["RS201 second-start", "SUMMARY"] * 2
    first, second = [json.loads(line) for line in lines if line.startswith("{")]
    assert "logger" not in first
    assert second["logger"] == "respstart"
