"""FastAPI on real ASGI servers: plain return values, dependencies that yield, and the response that it injects."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

from audited import audited, without_refusal

from respstart.testing import Expected, IntegrationContract, Scenario


def finding(rule: str, outcome: str = "lost", subject: str | None = None) -> tuple[Expected, ...]:
    return (Expected(rule, outcome, subject),)


NATIVE = [
    Scenario("native_events", finding("RS101", subject="x-quota"), path="/events/5", misses=("x-quota",)),
    Scenario("events", path="/events/1"),
] if find_spec("fastapi.sse") else []  # fmt: skip
SHADOWED = [
    Scenario("shadowed_cookie", finding("RS106", subject="token"), path="/shadowed?kind=cookie", misses=("set-cookie",)),
    Scenario("shadowed_header", finding("RS106", subject="x-token"), path="/shadowed?kind=header", misses=("x-token",)),
    Scenario("shadowed_status", finding("RS106"), path="/shadowed?kind=status"),
    Scenario("shadowed_redirect", finding("RS106", subject="user"), status=307),
    Scenario("shadowed_stream", finding("RS106", subject="x-total"), misses=("x-total",)),
    Scenario("shadowed_in_dependency", finding("RS106", subject="x-visit"), path="/orders/visit?direct=1", misses=("x-visit",)),
]
LATE = [
    Scenario("late_cookie", finding("RS103", subject="read"), misses=("set-cookie",)),
    Scenario("late_injected_in_background", finding("RS103", subject="done"), misses=("set-cookie",)),
    Scenario("header_after_yield", finding("RS101", subject="x-cost"), path="/orders/render/9", misses=("x-cost",)),
    *NATIVE[:1],
]
AFTER = [
    Scenario("commit_refused", finding("RS404", "dropped"), path="/orders/taken", method="POST", status=201),
    Scenario("commit_failed", finding("RS404", "dropped"), path="/orders/lost", method="POST", status=201),
    Scenario("commit_handled", finding("RS404", "dropped"), path="/orders/last", method="POST", status=201),
    Scenario("bare_commit", finding("RS404", "dropped"), path="/bare/commit"),
    Scenario("background_fails", finding("RS404", "dropped")),
]
# Behind the middleware the client gets a stream that looks complete.
ERRORS = [
    Scenario("handled_late", finding("RS402", "truncated")),
    Scenario("http_exception_late", finding("RS402", "truncated")),
    Scenario("error_late", finding("RS401", "truncated")),
    Scenario("bare_handled_late", finding("RS402", "truncated"), path="/bare/handled_late", truncated=True),
]
STARTS = [
    Scenario("sent_then_returned", finding("RS201"), body=b"ready"),
    Scenario("bare_sent", finding("RS201", "raised"), path="/bare/sent_then_returned", body=b"ready"),
    Scenario("deadline", finding("RS201"), path="/slow/stream", truncated=True),
]
CLEAN = [
    Scenario("merged", status=201, sees=("x-merged", "set-cookie")),
    Scenario("shadowed_but_copied", sees=("x-copied",)),
    Scenario("injected_then_raised", status=404),
    Scenario("injected_and_returned", sees=("x-same",)),
    *NATIVE[1:],
    Scenario("background_works"),
    Scenario("careful", path="/careful/nuts"),
    Scenario("careful-missing", path="/careful/missing", status=404),
    Scenario("translated", status=404),
    Scenario("function_scope", status=409),
    Scenario("void", path="/orders/void", method="POST", status=422),
    Scenario("placed", path="/orders/nuts", method="POST", status=201),
    Scenario("cheap", path="/orders/render/1", misses=("x-cost",)),
    Scenario("visit", path="/orders/visit", sees=("x-visit",)),
    Scenario("invalid-visit", path="/orders/visit?direct=x", status=422),
    Scenario("slow-error", path="/slow/error", status=400),
    Scenario("returned", sees=("x-time",)),
    Scenario("nothing", method="DELETE", status=204),
    Scenario("crashed", status=500),
    Scenario("handled", status=410),
    Scenario("docs", path="/docs"),
    Scenario("openapi", path="/openapi.json", body=b"FastAPI"),
]
AUDITED = [
    audited("model"),
    audited("text"),
    audited("nothing", method="DELETE", status=204),
    audited("wrong_method", "/nothing", marks="", status=405),
    audited("decorated"),
    audited("invalid", "/invalid?number=x", status=422),
    audited("handled", status=410),
    audited("refused", status=403),
    audited("dependency_refuses", status=401),
    audited("bearer", marks="", status=401),
    audited("bound_method"),
    audited("route_class", "/timed/returned"),
    audited("function_scope", status=409),
    audited("translated", status=404),
    audited("nowhere", marks="", status=404),
    audited("returned", marks="returned" if sys.version_info >= (3, 12) else "returned_early"),
]

CORE = [*SHADOWED[:3], *LATE, *AFTER[3:], *STARTS[:2], *CLEAN[:8]]
FULL = [*SHADOWED, *LATE, *AFTER, *ERRORS, *STARTS, *CLEAN, *AUDITED]


class TestFastAPI(IntegrationContract):
    integration = "fastapi"
    apps = Path(__file__).parent / "apps"
    app = "fastapi_app"
    servers = {
        "uvicorn-httptools": FULL,
        "uvicorn-h11": CORE,
        "hypercorn": CORE,
        "daphne": without_refusal(CORE),
        "gunicorn-asgi": without_refusal(CORE),
    }

    def test_web_sockets_with_dependencies_are_left_alone(self, visited):
        from websockets.sync.client import connect

        with connect(f"ws://127.0.0.1:{visited.running.port}/echo", additional_headers={"X-Request-ID": "socket"}) as socket:
            socket.send("hello")
            assert socket.recv() == "resource hello"
        assert visited.running.findings("socket", 0) == []
