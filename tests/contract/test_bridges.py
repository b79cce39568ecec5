"""Applications of one protocol on a server of the other, behind a bridge: one response, told once, with its first writer inside."""

from __future__ import annotations

from pathlib import Path

from respstart.testing import Expected, IntegrationContract, Scenario

APPS = Path(__file__).parent / "apps"

CUT = (Expected("RS401", "truncated"),)
CLEAN_WSGI = [Scenario("plain"), Scenario("stream"), Scenario("head", path="/plain", method="HEAD")]
CLEAN_ASGI = [
    Scenario("caught_before_start", status=409), Scenario("no_content", status=204), Scenario("chatty"), Scenario("equal_write"),
]  # fmt: skip


class TestWsgiBehindA2wsgi(IntegrationContract):
    """uvicorn's `--interface wsgi` uses a2wsgi, which takes a second start without a word."""

    integration = "a2wsgi"
    apps = APPS
    app = "flask_app"
    servers = {
        "uvicorn-wsgi": [
            Scenario("late_header", (Expected("RS101", "lost", "x-total"),), misses=("x-total",)),
            Scenario("late_session", (Expected("RS104", "lost", "visit"),)),
            Scenario("error_in_stream", CUT, truncated=True, body=b"row 1"),
            # The head of the first answer, with its length, and the body of the second.
            Scenario("cascade", (Expected("RS201", "lost", late="fallback:late"),), path="/cascade/cascade", status=404, truncated=True),
            *CLEAN_WSGI,
        ],
    }


class TestWsgiBehindAsgiref(IntegrationContract):
    integration = "asgiref"
    apps = APPS
    app = "flask_app"
    servers = {
        "uvicorn-asgiref": [
            Scenario("late_header", (Expected("RS101", "lost", "x-total"),), misses=("x-total",)),
            Scenario("late_session", (Expected("RS104", "lost", "visit"),)),
            Scenario("error_in_stream", CUT, truncated=True, body=b"row 1"),
            Scenario("cascade", (Expected("RS201", "raised", late="fallback:late"),), path="/cascade/cascade", status=500),
            *CLEAN_WSGI,
        ],
    }


class TestWsgiBehindStarlette(IntegrationContract):
    """Its WSGIMiddleware, which takes a second start without a word."""

    integration = "starlette"
    apps = APPS
    app = "flask_app"
    servers = {
        "uvicorn-starlette": [
            Scenario("late_header", (Expected("RS101", "lost", "x-total"),), misses=("x-total",)),
            Scenario("late_session", (Expected("RS104", "lost", "visit"),)),
            Scenario("error_in_stream", CUT, truncated=True, body=b"row 1"),
            Scenario("cascade", (Expected("RS201", "lost", late="fallback:late"),), path="/cascade/cascade", status=404, truncated=True),
            *CLEAN_WSGI,
        ],
    }


class TestRawWsgiBehindStarlette(IntegrationContract):
    """The adapter raises what the application has answered, once more: nothing is late."""

    integration = "starlette"
    apps = APPS
    app = "raw_wsgi_app"
    servers = {"uvicorn-starlette": [Scenario("exc_info_first", status=422)]}


class TestAsgiBehindA2wsgi(IntegrationContract):
    integration = "a2wsgi"
    apps = APPS
    app = "starlette_app"
    servers = {
        "waitress-a2wsgi": [
            Scenario("late_header", (Expected("RS101", "lost", "x-total"),), misses=("x-total",)),
            Scenario("late_cookie", (Expected("RS103", "lost", "visit"),), misses=("set-cookie",)),
            *CLEAN_ASGI,
        ],
    }
