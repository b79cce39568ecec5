"""What respstart is measured beside: each is switched on before the application is made, and may wrap it afterwards."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import Any

from benchmarks.applications import ASGI, PROTOCOLS, WSGI

Wrap = Callable[[Any], Any]


def switch_on(variant: str, framework: str) -> Wrap:
    """Switch a variant on for this process; returns what is to be done with the application. Raises KeyError for an unknown name."""
    return _VARIANTS[variant](framework)


def _nothing(framework: str) -> Wrap:
    return lambda app: app


def _respstart(framework: str) -> Wrap:
    import respstart

    respstart.install(output="off", otel="off")
    return lambda app: app


def _left_out(framework: str) -> Wrap:
    """Every request is left out, as most are where only a share is traced."""
    import respstart

    respstart.install(output="off", otel="off", sample=0)
    return lambda app: app


def _served(framework: str) -> Wrap:
    """As beneath a server that is known: the application is in its hands, and the framework finds a record that has been made there."""
    import respstart

    respstart.install(output="off", otel="off")
    return {ASGI: respstart.asgi, WSGI: respstart.wsgi}.get(PROTOCOLS[framework], lambda app: app)


def _switched_off(framework: str) -> Wrap:
    """Switched on and off again: it is imported, and nothing is patched any more."""
    import respstart

    respstart.install(output="off", otel="off").uninstall()
    return lambda app: app


def _opentelemetry(framework: str) -> Wrap:
    """Every request is sampled, spans are batched, and exported nowhere."""
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

    class Nowhere(SpanExporter):
        def export(self, spans):
            return SpanExportResult.SUCCESS

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Nowhere()))
    trace.set_tracer_provider(provider)
    return _INSTRUMENTED[framework]()


def _instrument_starlette() -> Wrap:
    from opentelemetry.instrumentation.starlette import StarletteInstrumentor

    return lambda app: StarletteInstrumentor.instrument_app(app) or app


def _instrument_fastapi() -> Wrap:
    from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor

    return lambda app: FastAPIInstrumentor.instrument_app(app) or app


def _instrument_flask() -> Wrap:
    from opentelemetry.instrumentation.flask import FlaskInstrumentor

    return lambda app: FlaskInstrumentor().instrument_app(app) or app


def _instrument_django() -> Wrap:
    from django.core.handlers.asgi import ASGIHandler
    from opentelemetry.instrumentation.django import DjangoInstrumentor

    def instrument(app):
        DjangoInstrumentor().instrument()  # adds itself to the middleware of the settings, which must be there before
        app.load_middleware(is_async=isinstance(app, ASGIHandler))
        return app

    return instrument


def _instrument_aiohttp() -> Wrap:
    from opentelemetry.instrumentation.aiohttp_server import AioHttpServerInstrumentor

    AioHttpServerInstrumentor().instrument()  # of the class of applications, before one is made
    return lambda app: app


_INSTRUMENTED = {
    "starlette": _instrument_starlette,
    "fastapi": _instrument_fastapi,
    "flask": _instrument_flask,
    "django": _instrument_django,
    "django-asgi": _instrument_django,
    "aiohttp": _instrument_aiohttp,
}


def _sentry(framework: str) -> Wrap:
    """Every request is a transaction, and sent nowhere."""
    import sentry_sdk
    from sentry_sdk.transport import Transport

    class Nowhere(Transport):
        def capture_envelope(self, envelope):
            pass

    sentry_sdk.init(dsn="http://key@127.0.0.1:9/1", transport=Nowhere, traces_sample_rate=1.0)
    return lambda app: app


def _format_stack(framework: str) -> Wrap:
    """What people write into a middleware to find the first writer: the stack of every start, for a log that is switched off."""
    return {ASGI: _asgi_stacks, WSGI: _wsgi_stacks}.get(PROTOCOLS[framework], _aiohttp_stacks)


_log = logging.getLogger("benchmark")


def _asgi_stacks(app):
    async def middleware(scope, receive, send):
        async def send_and_log(message):
            if message["type"] == "http.response.start":
                _log.debug("started at %s", "".join(traceback.format_stack()))
            await send(message)

        await app(scope, receive, send_and_log)

    return middleware


def _wsgi_stacks(app):
    def middleware(environ, start_response):
        def start_and_log(status, headers, exc_info=None):
            _log.debug("started at %s", "".join(traceback.format_stack()))
            return start_response(status, headers, exc_info)

        return app(environ, start_and_log)

    return middleware


def _aiohttp_stacks(app):
    async def log(request, response):
        _log.debug("started at %s", "".join(traceback.format_stack()))

    app.on_response_prepare.append(log)
    return app


_VARIANTS: dict[str, Callable[[str], Wrap]] = {
    "bare": _nothing,
    "bare again": _nothing,
    "switched off": _switched_off,
    "respstart": _respstart,
    "served": _served,
    "left out": _left_out,
    "OpenTelemetry": _opentelemetry,
    "Sentry": _sentry,
    "format_stack": _format_stack,
}
VARIANTS = tuple(_VARIANTS)
