"""Which span is the request's own, and what is told when a span or an access log tells another status than was sent."""

from __future__ import annotations

import contextlib
import logging
import sys

import pytest
from aiohttp import web
from aiohttp.web_log import AccessLogger
from opentelemetry import trace
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware as AsgiMiddleware
from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware as WsgiMiddleware
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

import respstart
from drivers import ask
from respstart.hooks import asgi, wsgi
from respstart.model import Habits

SERVER, INTERNAL, CLIENT = trace.SpanKind.SERVER, trace.SpanKind.INTERNAL, trace.SpanKind.CLIENT


@pytest.fixture
def spans():
    return InMemorySpanExporter()


@pytest.fixture
def provider(spans):
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    return provider


@pytest.fixture
def tracer(provider):
    return provider.get_tracer("test")


@pytest.fixture(scope="module")
def installed():
    """Respstart, switched on."""
    with respstart.tracing(output="off"):
        yield


@pytest.fixture
def found(installed):
    """What is found during one test."""
    findings = []
    remove = respstart.on_finding(findings.append)
    yield findings
    remove()


@pytest.fixture
def switched_off(installed):
    """For a test that switches respstart on with settings of its own."""
    respstart.uninstall()
    yield
    respstart.install(output="off")


def rules(findings):
    return [finding.rule for finding in findings]


def start(status=200, *headers):
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def body(data=b"goods"):
    return {"type": "http.response.body", "body": data}


async def clean(scope, receive, send):
    await send(start())
    await send(body())


async def starts_twice(scope, receive, send):
    await send(start())
    with contextlib.suppress(RuntimeError):
        await send(start(500))
    await send(body())


def line_of(function, text):
    """The number of the line of a function's code that holds a text."""
    import inspect

    lines, first = inspect.getsourcelines(function)
    return next(first + number for number, line in enumerate(lines) if text in line)


# ---------------------------------------------------------------------- a span
def test_the_last_start_is_believed_by_the_span_of_asgi(found, provider, spans):
    answer = ask(asgi.traced(AsgiMiddleware(starts_twice, tracer_provider=provider)))
    server = next(span for span in spans.get_finished_spans() if span.kind is SERVER)
    assert (answer.status, server.attributes["http.status_code"]) == (200, 500)
    assert rules(found) == ["RS201", "RS501"]
    finding = found[1]
    assert (finding.operation, finding.subject, finding.outcome, finding.level) == ("telemetry", "span", "lost", "warning")
    assert finding.response.status == 200
    assert "(500, the client got 200)" in finding.message
    assert finding.first_writer.line == line_of(starts_twice, "send(start())")
    assert finding.late_writer.line == line_of(starts_twice, "send(start(500))")
    assert finding.span_id == f"{server.context.span_id:016x}"


def test_an_error_page_that_came_too_late_is_believed_by_the_span_of_wsgi(found, provider, spans):
    def app(environ, start_response):
        start_response("200 OK", [])
        yield b"goods"
        try:
            raise KeyError("cart")
        except KeyError:
            start_response("500 Sorry", [], sys.exc_info())

    answer = ask(wsgi.traced(WsgiMiddleware(app, tracer_provider=provider)))
    assert answer.status == 200
    assert [span.attributes["http.status_code"] for span in spans.get_finished_spans()] == [500]
    assert rules(found) == ["RS402", "RS501"]
    assert found[1].late_writer.line == line_of(app, "raise KeyError")


def test_an_exception_that_came_too_late_is_believed(found, tracer):
    async def app(scope, receive, send):
        with tracer.start_as_current_span("request", kind=SERVER) as span:
            try:
                await fails(scope, receive, send)
            except LookupError:
                span.set_attribute("http.response.status_code", 500)
                raise

    async def fails(scope, receive, send):
        await send(start())
        await send(body() | {"more_body": True})
        raise LookupError("cart")

    assert ask(asgi.traced(app)).status == 200
    assert rules(found) == ["RS401", "RS501"]
    assert found[1].late_writer.line == line_of(fails, "raise LookupError")


def test_an_error_page_in_time_is_no_mismatch(found, provider, spans):
    def app(environ, start_response):
        start_response("200 OK", [])
        try:
            raise KeyError("cart")
        except KeyError:
            start_response("500 Sorry", [], sys.exc_info())
        return [b"sorry"]

    assert ask(wsgi.traced(WsgiMiddleware(app, tracer_provider=provider))).status == 500
    assert [span.attributes["http.status_code"] for span in spans.get_finished_spans()] == [500]
    assert found == []


def test_nobody_seen_means_no_late_writer(found, provider):
    async def softened(scope, receive, send):
        async def soften(message):
            await send({**message, "status": 200} if message["type"] == "http.response.start" else message)

        await inner(scope, receive, soften)

    async def fails(scope, receive, send):
        await send(start(503))
        await send(body())

    inner = AsgiMiddleware(fails, tracer_provider=provider)
    assert ask(asgi.traced(softened)).status == 200
    assert rules(found) == ["RS501"]
    assert found[0].late_writer is None
    assert found[0].late_window


@pytest.mark.parametrize("name", ["http.response.status_code", "http.status_code"])
@pytest.mark.parametrize(("kind", "status", "expected"), [
    (SERVER, 500, ["RS501"]), (SERVER, 200, []), (SERVER, None, []), (SERVER, "sorry", []), (INTERNAL, 500, []), (CLIENT, 500, []),
])
def test_only_a_servers_span_with_another_status_is_told(name, kind, status, expected, found, tracer):
    async def app(scope, receive, send):
        with tracer.start_as_current_span("request", kind=kind, attributes={name: status} if status else {}):
            await clean(scope, receive, send)

    ask(asgi.traced(app))
    assert rules(found) == expected


def test_a_part_of_the_request_is_not_judged(found, tracer):
    async def app(scope, receive, send):
        with tracer.start_as_current_span("request", kind=SERVER):
            with tracer.start_as_current_span("another request", kind=SERVER, attributes={"http.status_code": 404}):
                pass
            with tracer.start_as_current_span("stock", kind=CLIENT, attributes={"http.status_code": 404}):
                await clean(scope, receive, send)

    ask(asgi.traced(app))
    assert found == []


def test_what_was_started_outside_is_not_judged(found, tracer):
    async def softened(scope, receive, send):
        async def soften(message):
            await send({**message, "status": 200} if message["type"] == "http.response.start" else message)

        with tracer.start_as_current_span("request", kind=SERVER) as span:
            await asgi.traced(fails)(scope, receive, soften)
            span.set_attribute("http.status_code", 200)

    async def fails(scope, receive, send):
        await send(start(503))
        span = trace.get_current_span()
        span.set_attribute("http.status_code", 200)
        await send(body())

    assert ask(softened).status == 200
    assert found == []


def test_a_head_that_never_left_is_not_judged(found, tracer):
    async def app(scope, receive, send):
        with tracer.start_as_current_span("request", kind=SERVER, attributes={"http.status_code": 500}):
            await send(start())

    ask(asgi.traced(app))
    assert found == []


def test_a_start_that_takes_the_place_of_the_first_is_what_the_client_got(found, provider):
    def app(environ, start_response):
        start_response("200 OK", [])
        with contextlib.suppress(AssertionError):
            start_response("500 Sorry", [])
        return [b"goods"]

    ask(wsgi.traced(WsgiMiddleware(app, tracer_provider=provider), habits=Habits(replaces=True)))
    assert rules(found) == ["RS201"]


def test_nothing_is_raised_when_all_is_over(switched_off, provider):
    findings = []
    with respstart.tracing(output="off", mode="raise", ignore="RS201"):
        remove = respstart.on_finding(findings.append)
        answer = ask(asgi.traced(AsgiMiddleware(starts_twice, tracer_provider=provider)))
        remove()
    assert rules(findings) == ["RS501"]
    assert answer.error is None


def test_switched_off_no_span_is_looked_at(switched_off, provider):
    findings = []
    with respstart.tracing(output="off", otel="off"):
        remove = respstart.on_finding(findings.append)
        ask(asgi.traced(AsgiMiddleware(starts_twice, tracer_provider=provider)))
        remove()
    assert rules(findings) == ["RS201"]
    assert findings[0].span_id is None


# ---------------------------------------------------------------------- the request's own span
def late_header(tracer=None):
    """An application that edits its head too late, within a span of its own if there is a tracer."""

    async def app(scope, receive, send):
        headers = [(b"x-kind", b"goods")]
        with tracer.start_as_current_span("render") if tracer else contextlib.nullcontext():
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            headers.append((b"x-late", b"1"))
            await send(body())

    return app


@pytest.mark.parametrize("outside", [True, False])
def test_the_servers_span_is_meant_and_not_the_part_that_is_current(outside, found, provider, tracer, spans):
    app = late_header(tracer)
    if outside:
        ask(AsgiMiddleware(asgi.traced(app), tracer_provider=provider))
    else:
        ask(asgi.traced(AsgiMiddleware(app, tracer_provider=provider)))
    server = next(span for span in spans.get_finished_spans() if span.kind is SERVER)
    assert [(finding.rule, finding.span_id) for finding in found] == [("RS101", f"{server.context.span_id:016x}")]


def test_a_span_that_another_request_left_behind_is_not_taken(found, provider, tracer, spans):
    with tracer.start_as_current_span("the request before", kind=SERVER, end_on_exit=False) as left:
        left.end()
        ask(asgi.traced(AsgiMiddleware(late_header(), tracer_provider=provider)))
    assert found[0].span_id != f"{left.get_span_context().span_id:016x}"
    assert found[0].trace_id == f"{left.get_span_context().trace_id:032x}"


def test_a_part_that_has_ended_is_not_the_request(found, tracer):
    async def app(scope, receive, send):
        with tracer.start_as_current_span("stock"):
            pass
        await late_header()(scope, receive, send)

    ask(asgi.traced(app))
    assert [(finding.rule, finding.span_id) for finding in found] == [("RS101", None)]


def test_without_sampling_the_trace_is_known_all_the_same(found):
    unsampled = TracerProvider(sampler=ALWAYS_OFF)
    ask(asgi.traced(AsgiMiddleware(late_header(), tracer_provider=unsampled)))
    assert rules(found) == ["RS101"]
    assert int(found[0].trace_id, 16) != 0


# ---------------------------------------------------------------------- an access log
@pytest.fixture
def shop(caplog):
    """An application of aiohttp whose handler answers twice, and its access log."""
    caplog.set_level(logging.INFO, "aiohttp.access")

    async def page(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"goods")
        return web.Response(status=500)

    app = web.Application()
    app.router.add_get("/", page)
    return app


def test_the_last_answer_is_believed_by_the_access_log_of_aiohttp(found, shop, caplog):
    assert ask(shop).status == 200
    assert '" 500 ' in caplog.text
    told = [finding for finding in found if finding.rule == "RS501"]
    assert [(finding.subject, finding.response.status, finding.late_writer.source.strip()) for finding in told] == [
        ("access log", 200, "return web.Response(status=500)"),
    ]


def test_a_wrong_status_is_told_once_wherever_it_is_told(found, shop, tracer):
    @web.middleware
    async def spanned(request, handler):
        with tracer.start_as_current_span("request", kind=SERVER) as span:
            response = await handler(request)
            span.set_attribute("http.status_code", response.status)
            return response

    shop.middlewares.append(spanned)
    ask(shop)
    assert rules(found).count("RS501") == 1


def test_an_access_log_that_is_off_tells_nothing(found, shop, caplog):
    caplog.set_level(logging.WARNING, "aiohttp.access")
    ask(shop)
    assert "RS501" not in rules(found)


def test_an_access_log_without_a_status_tells_nothing(found, shop, monkeypatch):
    monkeypatch.setattr(AccessLogger, "_FORMAT_CACHE", {})
    original = AccessLogger.__init__
    monkeypatch.setattr(AccessLogger, "__init__", lambda self, logger, log_format: original(self, logger, "%a %t"))
    ask(shop)
    assert "RS501" not in rules(found)
