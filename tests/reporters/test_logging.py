from __future__ import annotations

import io
import json
import logging
import subprocess
import sys

import pytest

import respstart
from respstart.model import Writer
from respstart.reporters.logging_ import Logging


@pytest.fixture
def record(make_finding, evidence, caplog):
    Logging().report(make_finding(), evidence)
    (record,) = caplog.records
    return record


def test_one_line_for_people_with_both_places(record, tmp_path):
    assert (record.name, record.levelname) == ("respstart", "ERROR")
    assert record.getMessage() == (
        f"RS103 late-cookie: cookie cart was set 4.2 ms after the response had been started by {tmp_path}/shop/export.py:41 (stream_rows): "
        f"the client never saw it; changed by {tmp_path}/shop/session.py:17 (save)"
    )


def test_the_place_of_the_record_is_the_late_writer(record, tmp_path):
    assert (record.pathname, record.lineno, record.funcName) == (f"{tmp_path}/shop/session.py", 17, "save")


def test_the_fields_are_those_of_the_event(record, tmp_path):
    assert record.event_name == "respstart.late_mutation"
    assert (record.rule, record.rule_name, record.outcome, record.subject, record.status) == ("RS103", "late-cookie", "lost", "cart", 200)
    assert (record.started_by["file"], record.started_by["line"]) == (f"{tmp_path}/shop/export.py", 41)
    assert record.changed_by["line"] == 17
    assert record.exc_info is None
    assert json.dumps(record.started_by)


@pytest.mark.parametrize("level", ["error", "warning", "info"])
def test_the_level_is_that_of_the_finding(level, make_finding, evidence, caplog):
    caplog.set_level(logging.INFO)
    Logging().report(make_finding(level=level), evidence)
    assert [record.levelname for record in caplog.records] == [level.upper()]


@pytest.fixture
def logger():
    logger = logging.getLogger("respstart")
    yield logger
    logger.setLevel(logging.NOTSET)


def test_a_level_of_the_logger_is_respected(make_finding, evidence, caplog, logger):
    logger.setLevel(logging.ERROR)
    for level in ("warning", "error"):
        Logging().report(make_finding(level=level), evidence)
    assert [record.levelname for record in caplog.records] == ["ERROR"]


@pytest.mark.parametrize("writer", [None, Writer(None, None, None, None, "unknown", "nobody saw it")])
def test_without_a_late_writer_the_record_has_no_place(writer, make_finding, evidence, caplog):
    Logging().report(make_finding(late_writer=writer), evidence)
    (record,) = caplog.records
    assert (record.pathname, record.lineno) == ("(unknown file)", 0)
    assert record.getMessage().endswith("the client never saw it")


def test_hostile_text_stays_on_its_line(hostile_finding, evidence, caplog):
    Logging().report(hostile_finding, evidence)
    (record,) = caplog.records
    assert record.getMessage().isprintable()
    assert len(record.getMessage()) <= 1000
    assert record.pathname.isprintable()
    assert record.subject.isprintable()


def test_what_a_factory_of_the_application_has_set_stays(make_finding, evidence, caplog, monkeypatch):
    made = logging.getLogRecordFactory()

    def factory(*args, **kwargs):
        record = made(*args, **kwargs)
        record.request, record.trace_id = "mine", "mine too"
        return record

    monkeypatch.setattr(logging, "_logRecordFactory", factory)
    Logging().report(make_finding(), evidence)
    (record,) = caplog.records
    assert (record.request, record.trace_id, record.rule) == ("mine", "mine too", "RS103")


def late_app(environ, start_response):
    start_response("200 OK", [])
    start_response("500 Oops", [])
    return []


def test_findings_of_an_application_that_changes_its_logging_later():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(name)s %(filename)s:%(lineno)d %(rule)s"))
    with respstart.tracing(output="logging", otel="off"):
        logging.getLogger("respstart").addHandler(handler)
        try:
            respstart.wsgi(late_app)({"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, lambda *args: None)
        finally:
            logging.getLogger("respstart").removeHandler(handler)
    assert stream.getvalue() == f"respstart test_logging.py:{late_app.__code__.co_firstlineno + 2} RS201\n"


def test_without_any_configuration_it_is_one_line_on_stderr_and_none_on_stdout():
    code = (
        "import respstart\n"
        "respstart.install(output='logging', otel='off')\n"
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [])\n"
        "    start_response('500 Oops', [])\n"
        "    return []\n"
        "respstart.wsgi(app)({'REQUEST_METHOD': 'GET', 'PATH_INFO': '/'}, lambda *args: None)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    (line,) = done.stderr.splitlines()
    assert line.startswith("RS201 second-start: a second response was started ")
    assert done.stdout == ""
