"""Nothing that a client sends or gets, and no local variable, is in any output: every outlet is grepped."""

import json
import logging
import traceback

import pytest
import structlog
from opentelemetry import trace
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import respstart
from privacy import shop
from programs import environment
from respstart import formats
from respstart.hooks import guard

RULES = {"RS101", "RS102", "RS103", "RS104", "RS201", "RS301", "RS302", "RS401"}


@pytest.fixture(autouse=True)
def nothing_before():
    guard.faults.clear()
    yield
    structlog.reset_defaults()
    guard.faults.clear()


def check(text, *expected):
    """No secret, and not because there is nothing in it."""
    assert shop.MARK not in text
    for word in expected:
        assert word in text


@pytest.mark.parametrize("output", ["plain", "pretty", "json"])
def test_the_console(output, capsys):
    with respstart.tracing(output=output, otel="off"):
        shop.visit()
    told = capsys.readouterr()
    check(told.err + told.out, *RULES, "x-api-key", "account", "card")
    assert not guard.faults


def test_structlog(capsys):
    structlog.configure(processors=[structlog.processors.JSONRenderer()], logger_factory=structlog.PrintLoggerFactory())
    with respstart.tracing(output="auto", otel="off"):
        shop.visit()
    told = capsys.readouterr()
    check(told.out + told.err, *RULES, "respstart.late_mutation")


def test_logging(capsys):
    class Everything(logging.Handler):
        def emit(self, record):
            lines.append(repr(vars(record)))

    lines, handler = [], Everything()
    logging.getLogger("respstart").addHandler(handler)
    try:
        with respstart.tracing(output="logging", otel="off"):
            shop.visit()
    finally:
        logging.getLogger("respstart").removeHandler(handler)
    check("\n".join(lines), *RULES)


def test_telemetry(monkeypatch):
    spans, logs = InMemorySpanExporter(), InMemoryLogExporter()
    tracers, loggers = TracerProvider(), LoggerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    loggers.add_log_record_processor(SimpleLogRecordProcessor(logs))
    monkeypatch.setattr("opentelemetry._logs.get_logger", loggers.get_logger)
    monkeypatch.setattr("opentelemetry._logs.get_logger_provider", lambda: loggers)
    with respstart.tracing(output="off", otel="both"), tracers.get_tracer("shop").start_as_current_span("request"):
        shop.visit()
    check("".join(span.to_json() for span in spans.get_finished_spans()), *RULES)
    assert shop.MARK not in "".join(str(record.log_record) for record in logs.get_finished_logs())
    assert trace.get_current_span().get_span_context().is_valid is False


def test_notes_on_exceptions():
    with respstart.tracing(output="off", otel="off"):
        raised = shop.visit()
    text = "".join(line for error in raised for line in traceback.format_exception(error))
    check(text, "RS401", "RS404")


def test_files_and_every_format(tmp_path):
    path = tmp_path / "findings.jsonl"
    with respstart.tracing(output="off", otel="off", file=str(path)):
        shop.visit()
    check(path.read_text(), *RULES)
    findings = [json.loads(line) for line in path.read_text().splitlines()]
    for name in formats.FORMATS:
        check(formats.for_name(name)(findings), "RS103")


def test_what_is_said_of_faults(capsys):
    from faults.injecting import raising
    from respstart.core import diagnosis

    with raising(diagnosis.diagnose, KeyError), respstart.tracing(output="plain", otel="off"):
        shop.visit()
    check(capsys.readouterr().err, "RS901")


def test_the_reports_of_pytest(pytester, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", environment()["PYTHONPATH"])
    pytester.makepyfile("""
        from privacy import shop

        def test_shop():
            shop.visit()
    """)
    result = pytester.runpytest_subprocess("--trace-response-start", "-p", "no:cacheprovider", "--response-start-report=report.html", "-vv")
    text = result.stdout.str() + result.stderr.str()
    check(text, "RS103", "RS401")
    assert shop.MARK not in "".join(path.read_text() for path in pytester.path.glob("report.*"))


def test_current_and_its_representation():
    seen = []
    with respstart.tracing(output="off", otel="off"):
        remove = respstart.on_start(lambda record: seen.append((repr(record), repr(record.first_writer), record.status)))
        shop.visit()
        remove()
    check(repr(seen), "shop.py")
