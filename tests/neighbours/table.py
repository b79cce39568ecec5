"""The neighbours: how each is switched on and off again, as an application would do it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Neighbour:
    """One tool. `on(flask_app, starlette_app)` may return other applications in their place, and what switches it off."""

    name: str
    distribution: str
    on: Callable[[Any, Any], tuple[Any, Any, Callable[[], None] | None]]


def _sentry(flask: Any, starlette: Any) -> Any:
    import sentry_sdk

    sentry_sdk.init(dsn="http://key@127.0.0.1:9/1", transport=lambda envelope: None, traces_sample_rate=1.0)
    return flask, starlette, None


def _opentelemetry(flask: Any, starlette: Any) -> Any:
    from opentelemetry.instrumentation.flask import FlaskInstrumentor
    from opentelemetry.instrumentation.starlette import StarletteInstrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import set_tracer_provider

    set_tracer_provider(TracerProvider())
    FlaskInstrumentor().instrument()
    StarletteInstrumentor().instrument()
    FlaskInstrumentor.instrument_app(flask)
    StarletteInstrumentor.instrument_app(starlette)

    def off() -> None:
        FlaskInstrumentor.uninstrument_app(flask)
        StarletteInstrumentor.uninstrument_app(starlette)
        FlaskInstrumentor().uninstrument()
        StarletteInstrumentor().uninstrument()

    return flask, starlette, off


def _ddtrace(flask: Any, starlette: Any) -> Any:
    os.environ.update(DD_TRACE_ENABLED="true", DD_INSTRUMENTATION_TELEMETRY_ENABLED="false", DD_TRACE_AGENT_URL="http://127.0.0.1:9", DD_REMOTE_CONFIGURATION_ENABLED="false")
    import ddtrace

    ddtrace.patch(flask=True, starlette=True, raise_errors=True)

    def off() -> None:
        from ddtrace.contrib.internal.flask.patch import unpatch as unpatch_flask
        from ddtrace.contrib.internal.starlette.patch import unpatch as unpatch_starlette

        unpatch_flask()
        unpatch_starlette()

    return flask, starlette, off


def _newrelic(flask: Any, starlette: Any) -> Any:
    os.environ.update(NEW_RELIC_DEVELOPER_MODE="true", NEW_RELIC_MONITOR_MODE="false", NEW_RELIC_LICENSE_KEY="0" * 40, NEW_RELIC_APP_NAME="shop")
    import newrelic.agent

    newrelic.agent.initialize()
    return newrelic.agent.WSGIApplicationWrapper(flask), newrelic.agent.ASGIApplicationWrapper(starlette), None


def _elastic(flask: Any, starlette: Any) -> Any:
    import elasticapm
    from elasticapm.contrib.flask import ElasticAPM
    from elasticapm.contrib.starlette import ElasticAPM as Middleware, make_apm_client

    quiet = {"SERVICE_NAME": "shop", "SERVER_URL": "http://127.0.0.1:9", "DISABLE_SEND": True, "CENTRAL_CONFIG": False, "METRICS_INTERVAL": "0s", "CLOUD_PROVIDER": "none"}
    flask.config["ELASTIC_APM"] = quiet
    ElasticAPM(flask)
    starlette.add_middleware(Middleware, client=make_apm_client(quiet))
    elasticapm.instrument()
    return flask, starlette, elasticapm.uninstrument


def _blockbuster(flask: Any, starlette: Any) -> Any:
    from blockbuster import BlockBuster

    forbids = BlockBuster()
    forbids.activate()
    return flask, starlette, forbids.deactivate


def _coverage(core: str) -> Any:
    def on(flask: Any, starlette: Any) -> Any:
        os.environ["COVERAGE_CORE"] = core
        import coverage

        covers = coverage.Coverage(data_file=None, config_file=False, include=["*/neighbours/child.py"])
        covers.start()

        def off() -> None:
            covers.stop()
            assert covers.get_data().lines(next(iter(covers.get_data().measured_files())))

        return flask, starlette, off

    return on


def _debugpy(flask: Any, starlette: Any) -> Any:
    from debugpy import listen  # noqa: T100 it is the neighbour

    listen(("127.0.0.1", 0))  # noqa: T100
    return flask, starlette, None


def _werkzeug_debugger(flask: Any, starlette: Any) -> Any:
    from werkzeug.debug import DebuggedApplication

    return DebuggedApplication(flask, evalex=False), starlette, None


def _debug_toolbar(flask: Any, starlette: Any) -> Any:
    from neighbours.child import django_app

    app = django_app(
        ["debug_toolbar.urls"], DEBUG=True, DEBUG_TOOLBAR_CONFIG={"SHOW_TOOLBAR_CALLBACK": lambda request: True}, INSTALLED_APPS=["django.contrib.staticfiles", "debug_toolbar"],
        MIDDLEWARE=["debug_toolbar.middleware.DebugToolbarMiddleware"], STATIC_URL="static/",
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    )  # fmt: skip
    return app, starlette, None


def _gevent(flask: Any, starlette: Any) -> Any:
    from gevent import monkey

    monkey.patch_all()
    return flask, starlette, None


def _eventlet(flask: Any, starlette: Any) -> Any:
    import eventlet

    eventlet.monkey_patch()
    return flask, starlette, None


def _wrapt(flask: Any, starlette: Any) -> Any:
    import wrapt
    from flask import Flask
    from starlette.applications import Starlette

    originals = {kind: vars(kind)["__call__"] for kind in (Flask, Starlette)}
    for kind in originals:
        wrapt.wrap_function_wrapper(kind, "__call__", lambda wrapped, instance, args, kwargs: wrapped(*args, **kwargs))

    def off() -> None:
        for kind in originals:
            kind.__call__ = vars(kind)["__call__"].__wrapped__

    return flask, starlette, off


NEIGHBOURS = (
    Neighbour("sentry-sdk", "sentry-sdk", _sentry),
    Neighbour("OpenTelemetry", "opentelemetry-instrumentation-flask", _opentelemetry),
    Neighbour("ddtrace", "ddtrace", _ddtrace),
    Neighbour("New Relic", "newrelic", _newrelic),
    Neighbour("Elastic APM", "elastic-apm", _elastic),
    Neighbour("blockbuster", "blockbuster", _blockbuster),
    Neighbour("coverage (sysmon)", "coverage", _coverage("sysmon")),
    Neighbour("coverage (C tracer)", "coverage", _coverage("ctrace")),
    Neighbour("debugpy", "debugpy", _debugpy),
    Neighbour("Werkzeug's debugger", "werkzeug", _werkzeug_debugger),
    Neighbour("django-debug-toolbar", "django-debug-toolbar", _debug_toolbar),
    Neighbour("gevent's patches", "gevent", _gevent),
    Neighbour("eventlet's patches", "eventlet", _eventlet),
    Neighbour("a plain wrapt wrapper", "wrapt", _wrapt),
)
BY_NAME = {neighbour.name: neighbour for neighbour in NEIGHBOURS}
ORDERS = ("neighbour first", "respstart first")
