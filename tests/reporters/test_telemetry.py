"""OpenTelemetry with the real SDK, and structlog with a user's configuration."""

import logging

import pytest
import structlog
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import respstart
from respstart.model import Evidence
from respstart.reporters.otel import OpenTelemetry
from respstart.reporters.structlog_ import Structlog


@pytest.fixture(scope="module")
def provider():
    provider = TracerProvider()
    trace.set_tracer_provider(provider)
    return provider


@pytest.fixture
def spans(provider):
    exporter = InMemorySpanExporter()
    processor = SimpleSpanProcessor(exporter)
    provider.add_span_processor(processor)
    yield exporter
    processor.shutdown()


def test_a_recording_span_gets_the_event(provider, spans, make_finding):
    with provider.get_tracer("t").start_as_current_span("request") as span:
        OpenTelemetry("auto").report(make_finding(), Evidence(span))
    (exported,) = spans.get_finished_spans()
    (event,) = exported.events
    assert event.name == "respstart.late_mutation"
    assert event.attributes["respstart.rule"] == "RS103"
    assert event.attributes["respstart.first_writer.code.line.number"] == 41
    assert event.attributes["code.line.number"] == 17
    assert event.attributes["http.response.status_code"] == 200


def test_an_ended_span_is_followed_by_another_and_never_called(provider, spans, make_finding, caplog):
    with provider.get_tracer("t").start_as_current_span("request") as span:
        pass
    with caplog.at_level(logging.WARNING, "opentelemetry"):
        OpenTelemetry("auto").report(make_finding(), Evidence(span))
    request, follow_up = spans.get_finished_spans()
    assert request.events == ()
    assert follow_up.name == "respstart.late_mutation"
    assert follow_up.parent.span_id == request.context.span_id
    assert follow_up.context.trace_id == request.context.trace_id
    assert follow_up.links[0].context.span_id == request.context.span_id
    assert [record for record in caplog.records if record.name == "opentelemetry.sdk.trace"] == []


def test_without_a_span_nothing_breaks(make_finding, evidence):
    OpenTelemetry("auto").report(make_finding(), evidence)


def test_the_requests_own_span_has_the_event_end_to_end(provider, spans):
    from starlette.applications import Starlette
    from starlette.responses import StreamingResponse
    from starlette.routing import Route
    from starlette.testclient import TestClient

    async def page(request):
        async def body():
            yield "a"
            response.headers["X-Late"] = "1"

        response = StreamingResponse(body())
        return response

    app = Starlette(routes=[Route("/", page)])

    async def spanned(scope, receive, send):
        if scope["type"] != "http":
            return await app(scope, receive, send)
        with provider.get_tracer("t").start_as_current_span("request"):
            return await app(scope, receive, send)

    found = []
    remove = respstart.on_finding(found.append)
    with respstart.tracing(output="off"):
        TestClient(spanned).get("/")
    remove()
    (span,) = spans.get_finished_spans()
    assert [event.attributes["respstart.subject"] for event in span.events] == ["x-late"]
    assert found[0].trace_id == f"{span.context.trace_id:032x}"


@pytest.fixture
def logged():
    events = []
    structlog.configure(processors=[lambda logger, method, event: events.append((method, event)) or (_ for _ in ()).throw(structlog.DropEvent)])
    yield events
    structlog.reset_defaults()


def test_structlog_gets_the_event_at_its_level(logged, make_finding, evidence, capsys):
    Structlog().report(make_finding(), evidence)
    ((method, event),) = logged
    assert method == "error"
    assert event["event"] == "respstart.late_mutation"
    assert event["rule"] == "RS103"
    assert event["started_by"]["line"] == 41
    assert event["changed_by"]["line"] == 17
    assert capsys.readouterr().out == ""


def test_an_unconfigured_structlog_stays_silent(make_finding, evidence, capsys):
    structlog.reset_defaults()
    Structlog().report(make_finding(), evidence)
    assert capsys.readouterr().out == ""
