from __future__ import annotations

import logging
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from opentelemetry import _logs, metrics, trace
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, Decision, StaticSampler

from respstart.model import Evidence, Writer
from respstart.reporters import build
from respstart.reporters.otel import Counter, OpenTelemetry
from respstart.reporters.repeats import Repeats
from respstart.settings import Settings

EVENT = "respstart.late_mutation"


@pytest.fixture
def spans(monkeypatch):
    exporter, provider = InMemorySpanExporter(), TracerProvider(sampler=ALWAYS_ON)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    return exporter


@pytest.fixture
def span(spans):
    return trace.get_tracer("test").start_span("GET /export")


@pytest.fixture
def logs(monkeypatch):
    exporter, provider = InMemoryLogRecordExporter(), LoggerProvider()
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    monkeypatch.setattr(_logs, "get_logger_provider", lambda: provider)
    return exporter


@pytest.fixture
def meters(monkeypatch):
    reader = InMemoryMetricReader()
    monkeypatch.setattr(metrics, "get_meter", MeterProvider([reader]).get_meter)
    return reader


@pytest.fixture(autouse=True)
def _no_warning_of_the_sdk(caplog):
    yield
    assert [record for record in caplog.get_records("call") if record.name.startswith("opentelemetry")] == []


def follow_ups(exporter):
    return [span for span in exporter.get_finished_spans() if span.name == EVENT]


def test_a_recording_span_gets_the_event(span, spans, logs, make_finding, tmp_path):
    OpenTelemetry("auto").report(make_finding(), Evidence(span=span))
    (event,) = span.events
    stack = event.attributes["code.stacktrace"]
    assert event.name == EVENT
    assert stack.endswith(f'  File "{tmp_path}/shop/session.py", line 17, in save\n    response.set_cookie(\'cart\', token)\n')
    expected = {
        "respstart.rule": "RS103",
        "respstart.name": "late-cookie",
        "respstart.outcome": "lost",
        "respstart.operation": "set_cookie",
        "respstart.subject": "cart",
        "respstart.basis": "generator",
        "respstart.elapsed_ms": 4.2,
        "respstart.seen": 1,
        "respstart.fingerprint": "0badcafe",
        "http.response.status_code": 200,
        "exception.type": "KeyError",
        "exception.message": "'cart'",
        "code.file.path": f"{tmp_path}/shop/session.py",
        "code.line.number": 17,
        "code.function.name": "save",
        "code.stacktrace": stack,
        "respstart.first_writer.code.file.path": f"{tmp_path}/shop/export.py",
        "respstart.first_writer.code.line.number": 41,
        "respstart.first_writer.code.function.name": "stream_rows",
        "respstart.first_writer.code.stacktrace": event.attributes["respstart.first_writer.code.stacktrace"],
    }
    assert expected == dict(event.attributes)
    assert follow_ups(spans) == []
    assert logs.get_finished_logs() == ()


def test_an_ended_span_gets_a_follow_up_and_a_log(span, spans, logs, make_finding):
    span.end()
    OpenTelemetry("auto").report(make_finding(), Evidence(span=span))
    (follow_up,) = follow_ups(spans)
    context = span.get_span_context()
    assert context == follow_up.parent
    assert follow_up.kind == trace.SpanKind.INTERNAL
    assert [(context, {"respstart.link": "response_start"})] == [(link.context, dict(link.attributes)) for link in follow_up.links]
    assert follow_up.attributes["respstart.rule"] == "RS103"
    assert follow_up.instrumentation_scope.name == "respstart"
    assert span.events == ()
    (log,) = logs.get_finished_logs()
    record = log.log_record
    assert (EVENT, _logs.SeverityNumber.ERROR, context.trace_id, context.span_id) == (
        record.event_name, record.severity_number, record.trace_id, record.span_id,
    )
    assert record.attributes["respstart.rule"] == "RS103"
    assert record.body.startswith("cookie cart was set")


def test_an_ended_span_without_a_logger_provider(span, spans, make_finding):
    span.end()
    OpenTelemetry("auto").report(make_finding(), Evidence(span=span))
    assert len(follow_ups(spans)) == 1


def test_the_follow_up_is_not_put_under_the_span_of_the_moment(span, spans, make_finding):
    span.end()
    with trace.use_span(trace.get_tracer("test").start_span("another request"), end_on_exit=True):
        OpenTelemetry("auto").report(make_finding(), Evidence(span=span))
    assert [span.get_span_context().span_id] == [found.parent.span_id for found in follow_ups(spans)]


@pytest.mark.parametrize("nothing", [None, trace.INVALID_SPAN])
def test_without_a_span_only_the_log_is_told(nothing, spans, logs, make_finding):
    with trace.use_span(trace.get_tracer("test").start_span("another request"), end_on_exit=True):
        OpenTelemetry("auto").report(make_finding(), Evidence(span=nothing))
    assert follow_ups(spans) == []
    assert [log.log_record.trace_id for log in logs.get_finished_logs()] == [0]


def test_without_a_span_and_without_a_provider_nothing_happens(spans, make_finding):
    OpenTelemetry("auto").report(make_finding(), Evidence())
    assert spans.get_finished_spans() == ()


@pytest.mark.parametrize("decision", [Decision.DROP, Decision.RECORD_ONLY])
@pytest.mark.parametrize("ended", [True, False])
def test_what_is_not_sampled_goes_to_the_log_alone(decision, ended, spans, logs, make_finding):
    span = TracerProvider(sampler=StaticSampler(decision)).get_tracer("test").start_span("GET /export")
    if ended:
        span.end()
    OpenTelemetry("auto").report(make_finding(), Evidence(span=span))
    assert follow_ups(spans) == []
    (log,) = logs.get_finished_logs()
    assert span.get_span_context().trace_id == log.log_record.trace_id != 0


@pytest.mark.parametrize("ended", [True, False])
def test_the_same_finding_again_and_again_is_counted_and_not_sent(ended, span, spans, meters, make_finding):
    reporters = build(Settings(output="off", sentry="off", repeat_seconds=math.inf), lambda error: None, lambda module, callback: None)
    if ended:
        span.end()
    for _ in range(3):
        for reporter in reporters:
            reporter.report(make_finding(), Evidence(span=span))
    assert len(follow_ups(spans) if ended else span.events) == 1
    assert list(counts(meters).values()) == [3]


def test_what_is_sent_again_tells_how_often_it_was_seen(span, make_finding):
    reporter = Repeats(OpenTelemetry("span"), 60, iter((0, 10, 20, 70)).__next__)
    for _ in range(4):
        reporter.report(make_finding(), Evidence(span=span))
    assert [event.attributes["respstart.seen"] for event in span.events] == [1, 4]


@pytest.mark.parametrize(
    ("signal", "events", "records"), [("auto", 1, 0), ("span", 1, 0), ("log", 0, 1), ("both", 1, 1)],
)
def test_the_signal_that_was_asked_for(signal, events, records, span, logs, make_finding):
    OpenTelemetry(signal).report(make_finding(), Evidence(span=span))
    assert (events, records) == (len(span.events), len(logs.get_finished_logs()))


@pytest.mark.parametrize(("signal", "ended", "records"), [("span", 1, 0), ("log", 0, 1), ("both", 1, 1)])
def test_the_signal_that_was_asked_for_after_the_end(signal, ended, records, span, spans, logs, make_finding):
    span.end()
    OpenTelemetry(signal).report(make_finding(), Evidence(span=span))
    assert (ended, records) == (len(follow_ups(spans)), len(logs.get_finished_logs()))


@pytest.mark.parametrize(("level", "number"), [("error", "ERROR"), ("warning", "WARN"), ("info", "INFO")])
def test_the_severity_is_the_level(level, number, logs, make_finding):
    OpenTelemetry("log").report(make_finding(level=level), Evidence())
    record = logs.get_finished_logs()[0].log_record
    assert (_logs.SeverityNumber[number], number) == (record.severity_number, record.severity_text)


def test_an_api_without_events_is_not_called(make_finding, monkeypatch, span, spans):
    class OldLogger:
        def emit(self, record):
            raise AssertionError

    class OldProvider:
        def get_logger(self, name):
            return OldLogger()

    monkeypatch.setattr(_logs, "get_logger_provider", OldProvider)
    OpenTelemetry("both").report(make_finding(), Evidence(span=span))
    assert len(span.events) == 1


def test_nobody_named_means_no_places(span, make_finding):
    nobody = Writer(None, None, None, None, "unknown", "why")
    OpenTelemetry("span").report(make_finding(first_writer=nobody, late_writer=None, exception=None), Evidence(span=span))
    names = set(span.events[0].attributes)
    assert not {name for name in names if name.endswith(("file.path", "line.number", "function.name"))}
    assert not {name for name in names if name.startswith("exception.")}


def test_hostile_text_can_be_exported(hostile_finding, span):
    OpenTelemetry("span").report(hostile_finding, Evidence(span=span))
    values = [value for value in span.events[0].attributes.values() if isinstance(value, str)]
    assert all(line.isprintable() for value in values for line in value.split("\n"))
    assert all(len(value) < 10_000 for value in values)


def counts(reader):
    (metric,) = reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
    assert metric.name == "respstart.findings"
    return {tuple(sorted(point.attributes.items())): point.value for point in metric.data.data_points}


def test_the_counter(meters, make_finding):
    reporter = Counter()
    for outcome in ("lost", "lost", "raised"):
        reporter.report(make_finding(outcome=outcome), Evidence())
    assert counts(meters) == {
        (("respstart.outcome", "lost"), ("respstart.rule", "RS103")): 2,
        (("respstart.outcome", "raised"), ("respstart.rule", "RS103")): 1,
    }


def test_the_ladder_is_quiet_where_a_naive_reporter_is_warned(span, caplog):
    """Proves that the check on every test here can fail."""
    span.end()
    span.add_event("late")
    assert [record.name for record in caplog.records if record.levelno == logging.WARNING] == ["opentelemetry.sdk.trace"]
    caplog.clear()


def test_opentelemetry_is_never_imported_by_us():
    code = (
        "import sys; from respstart.reporters.otel import Counter, OpenTelemetry; from respstart.model import Evidence; "
        "OpenTelemetry('both').report(None, Evidence()); Counter().report(None, Evidence()); print([m for m in sys.modules if m.startswith('opentelemetry')])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "RESPSTART": ""}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert result.stdout.strip() == "[]"


def test_the_sdk_is_never_imported_by_us():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from sample_findings import _finding; "
        "from opentelemetry import trace, metrics, _logs; from respstart.reporters.otel import OpenTelemetry; "
        "from respstart.model import Evidence; OpenTelemetry('both').report(_finding('/app'), Evidence(span=trace.INVALID_SPAN)); "
        "print('opentelemetry.sdk' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "RESPSTART": ""}
    here = str(Path(__file__).parents[1])
    result = subprocess.run([sys.executable, "-c", code, here], capture_output=True, text=True, env=environment, check=True)
    assert result.stdout.strip() == "False"
