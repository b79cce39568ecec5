"""Litestar on real ASGI servers: responses that are copied before they are sent, sessions, errors, middleware, and what is no finding."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from audited import audited, without_refusal

import respstart
from respstart.testing import Application, Expected, IntegrationContract, Scenario, judge_findings

LITESTAR = Application(Path(__file__).parent / "apps", "litestar_app")
# Without sys.monitoring a function with several returns is named by its definition, and nobody where another may have answered.
KNOWS_RETURNS = sys.version_info >= (3, 12)
DEFINITION = "" if KNOWS_RETURNS else "_definition"
PREFLIGHT = {"Origin": "http://a", "Access-Control-Request-Method": "GET"}
ZIPPED = {"Accept-Encoding": "gzip", "Origin": "http://a"}


def lost(rule: str, subject: str | None = None, late: str | None = "late") -> tuple[Expected, ...]:
    return (Expected(rule, "lost", subject, late=late),)


def found(rule: str, outcome: str, late: str | None = "late") -> tuple[Expected, ...]:
    return (Expected(rule, outcome, late=late),)


def behind(prefix: str, *scenarios: Scenario, **changes) -> list[Scenario]:
    """The same scenarios below a path."""
    return [
        each.but(name=f"{prefix}-{each.name}", path=f"/{prefix}{each.url}", marks=each.marks or each.name, **changes) for each in scenarios
    ]


def clean(path: str, **facts) -> Scenario:
    return Scenario(path.strip("/").replace("/", "-"), path=path, **facts)


WRITES = [
    Scenario("late_header", lost("RS101", "x-total"), misses=("x-total",)),
    Scenario("early_in_generator", lost("RS101", "x-early"), misses=("x-early",)),
    Scenario("late_status", lost("RS102"), sees=("x-kind",)),
    Scenario("late_cookie", lost("RS103", "visit"), misses=("set-cookie",)),
    Scenario("late_in_background", lost("RS101", "x-done"), status=200, misses=("x-done",)),
    Scenario("late_asgi_response", lost("RS101", "x-late"), misses=("x-late",)),
    Scenario("nested_iteration", lost("RS101", "x-total"), misses=("x-total",)),
    Scenario("late_cookie_list", lost("RS103", "crumb", late=None), misses=("set-cookie",)),
    Scenario("late_delete", lost("RS101", "x-draft"), sees=("x-draft",)),
    Scenario("late_update", lost("RS101", "x-rows"), sees=("x-kind",), misses=("x-rows",)),
    Scenario("late_replaced", lost("RS101", "x-kind"), sees=("x-kind",)),
    Scenario(
        "late_everything",
        (
            Expected("RS101", "lost", "x-two", late="late_header"),
            Expected("RS102", "lost", late="late_status"),
            Expected("RS103", "lost", "three", late="late_cookie"),
        ),
        misses=("x-two", "set-cookie"),
    ),
    Scenario("late_cookie_in_background", lost("RS103", "cart"), misses=("set-cookie",)),
    Scenario("late_etag", lost("RS101", "etag"), misses=("etag",)),
    Scenario("late_in_controller", lost("RS101", "x-touched"), path="/prices/late_in_controller"),
    Scenario("own_class", lost("RS101", "x-count"), misses=("x-count",)),
    Scenario("own_call", lost("RS101", "x-signature"), sees=("x-signed",), misses=("x-signature",)),
    Scenario("own_conversion", lost("RS102")),
    Scenario("late_event", lost("RS103", "read"), misses=("set-cookie",)),
    Scenario("late_file", lost("RS101", "x-downloads"), misses=("x-downloads",), body=b"bolts"),
    Scenario("late_redirect", lost("RS101", "x-downloads"), status=307, misses=("x-downloads",)),
    Scenario("late_template", lost("RS101", "x-downloads"), misses=("x-downloads",), body=b"<p>nuts</p>"),
    Scenario("late_in_dependency", lost("RS101", "x-held"), misses=("x-held",)),
    Scenario("late_in_thread", lost("RS101", "x-thread")),
    Scenario("late_in_task", lost("RS101", "x-task")),
    Scenario("late_in_executor", lost("RS101", "x-pool")),
    Scenario("late_in_listener", lost("RS101", "x-sold")),
    # A callback that is the header method itself: there is no line of the user's to name, and still the write is lost.
    Scenario("late_in_timer", lost("RS101", "x-timer", late=None), misses=("x-timer",)),
    Scenario(
        "late_after_response", (Expected("RS101", "lost", "x-after", first=f"late_after_response{DEFINITION}:first"),), misses=("x-after",)
    ),
]  # fmt: skip
SESSIONS = [
    # Before 3.12 the one who took the session is named, and not the one to whom it was passed on.
    Scenario("late_session", (Expected("RS104", "lost", "last", late="late" if KNOWS_RETURNS else "taken"),)),
    Scenario("late_session_update", lost("RS104", "seen"), sees=("set-cookie",)),
    Scenario("late_set_session", lost("RS104", "user")),
    Scenario("late_clear_session", (Expected("RS104", "lost", "user"),), sees=("set-cookie",)),
    # The route is found in the scope, which is a copy of the server's here.
    Scenario("late_session_after_response", (Expected("RS104", "lost", "visits", first="first" if KNOWS_RETURNS else None),)),
]
STREAM_ERRORS = [
    Scenario("handled_late", found("RS402", "truncated"), truncated=True),
    Scenario("unhandled_late", found("RS402", "truncated"), truncated=True),
    Scenario("value_error_late", found("RS402", "truncated"), truncated=True),
    Scenario("before_first_chunk", found("RS402", "truncated"), truncated=True),
    Scenario("not_found_late", found("RS402", "truncated"), truncated=True),
    Scenario("redirect_late", found("RS403", "truncated"), truncated=True),
    Scenario("library_error", found("RS402", "truncated"), truncated=True),
    Scenario("error_from", found("RS402", "truncated"), truncated=True),
    Scenario("reraised", found("RS402", "truncated"), truncated=True),
    Scenario("task_group", found("RS402", "truncated"), truncated=True),
    Scenario("event_fails", found("RS402", "truncated"), truncated=True),
]
AFTERWARDS = [
    Scenario("background_fails", found("RS404", "dropped")),
    Scenario("background_refuses", found("RS404", "dropped")),
    Scenario("after_response_fails", found("RS404", "dropped")),
]
STARTS = [
    Scenario("sent_then_returned", found("RS201", "raised"), body=b"now"),
    Scenario("sent_then_response", found("RS201", "raised"), body=b"now"),
    Scenario("sent_then_raised", found("RS404", "dropped"), body=b"now"),
    Scenario("guard_sends", found("RS201", "raised"), status=401, body=b"members only"),
    Scenario("shared_helper", found("RS201", "raised"), status=400, body=b"kind?"),
    Scenario("race", found("RS203", "raised"), body=b"ok"),
    Scenario("timeout", found("RS201", "raised"), path="/timeout/slow_stream", truncated=True),
    Scenario("catch_all", found("RS201", "raised"), path="/catch/broken_stream", truncated=True),
    Scenario("catch_response", found("RS201", "raised"), path="/catch_response/broken_stream", truncated=True),
    Scenario("retry", found("RS202", "raised"), path="/retry/unavailable", status=503),
    # Framework code stands between the middleware and the rest.
    Scenario("deep_retry", found("RS202", "raised"), path="/deep_retry/unavailable", status=503),
    Scenario("forgot_return", found("RS201", "raised"), path="/gate/members", status=401),
    Scenario("footer", found("RS301", "raised"), path="/footer/ended"),
]
LENGTHS = [
    Scenario("too_long", found("RS302", "raised"), truncated=True),
    Scenario("too_long_text", found("RS302", "raised"), truncated=True),
    Scenario("too_short", found("RS302", "truncated", late=None), truncated=True),
]
LATE_MIDDLEWARE = [Scenario("stamped", lost("RS101", "x-stamp", late=None), path="/stamp/value", marks="value", misses=("x-stamp",))]
LAYERED = [
    *behind("tag", *WRITES[:1], WRITES[3], WRITES[4], *STREAM_ERRORS[:2], sees=("x-tag", "x-time")),
    *behind("rewrite", WRITES[0], status=203, sees=("x-rewritten",)),
    *behind("protected", WRITES[0]),
    *(each.but(name=f"zipped-{each.name}", path=each.url, marks=each.name, headers=ZIPPED, sees=("content-encoding",)) for each in WRITES[:3:2]),
]

CLEAN = [
    *(
        clean(f"/{name}")
        for name in (
            "equal_write", "copied_headers", "never_sent", "caught_inside", "own_job", "in_generator_dependency", "chatty", "value",
            "value_in_thread", "decorated",
        )
    ),
    clean("/everything_in_time", status=201, sees=("x-one", "x-layer", "set-cookie", "etag")),
    clean("/expiring_cookie", sees=("set-cookie",)),
    clean("/copied_twice", status=202, sees=("x-size", "set-cookie")),
    clean("/edited_before_each", sees=("x-count",)),
    Scenario("edited-again", path="/edited_before_each"),
    clean("/kept_between", sees=("x-count",)),
    Scenario("kept-again", path="/kept_between", sees=("x-count",)),
    clean("/caught_before_start", status=409),
    clean("/nothing", status=204),
    clean("/not_modified", status=304),
    clean("/handled_early", status=409),
    clean("/raise_teapot", status=418),
    clean("/crashed_early", status=500),
    clean("/guarded", status=401),
    clean("/before_request", body=b"closed today"),
    clean("/before_request_value", body=b"closed"),
    clean("/before_request_passed", body=b"open"),
    clean("/after_request", sees=("x-replaced",)),
    clean("/cached", body=b"cached"),
    Scenario("cached-again", path="/cached", body=b"cached"),
    clean("/nowhere", status=404),
    clean("/needs_number", status=400),
    clean("/schema/openapi.json", body=b"shop"),
    clean("/sse", body=b"two"),
    clean("/large"),
    clean("/templated", body=b"<p>nuts</p>"),
    clean("/redirected", status=302, sees=("location",)),
    clean("/files/catalogue.txt", body=b"bolts"),
    clean("/files/none.txt", status=404),
    clean("/asgi_handler"),
    clean("/spoken", sees=("x-spoken",)),
    clean("/an_application"),
    clean("/session/session_read", sees=("set-cookie",), body=b"ann"),
    clean("/session/session_replaced", sees=("set-cookie",), body=b"more"),
    clean("/session/session_cleared", body=b"cleared"),
    clean("/session/session_returned", sees=("set-cookie",), body=b"ann"),
    clean("/stored/session_read", sees=("set-cookie",), body=b"ann"),
    clean("/stored/session_replaced", sees=("set-cookie",), body=b"more"),
    clean("/stored/session_cleared", body=b"cleared"),
    clean("/stored/session_returned", sees=("set-cookie",), body=b"ann"),
    clean("/stored/session_saved_by_hand", sees=("set-cookie",)),
    clean("/protected/value", sees=("set-cookie",)),
    clean("/close_gate/members", status=401),
    clean("/careful/value"),
    clean("/timeout/value"),
    clean("/retry/value"),
    clean("/buffer/value", sees=("x-buffered",)),
    clean("/limit/value", sees=("ratelimit-limit",)),
    Scenario("limit-again", path="/limit/value", status=429),
    Scenario("head", path="/filed", method="HEAD", sees=("content-length",)),
    Scenario("wrong-method", path="/posted", status=405),
    Scenario("post", path="/posted", method="POST", headers={"Content-Type": "application/json"}, sends=b'{"name": "nuts"}', status=201),
    Scenario("options", path="/value", method="OPTIONS", status=204),
    Scenario("preflight", path="/value", method="OPTIONS", headers=PREFLIGHT, status=204),
    Scenario("compressed", path="/chatty", headers=ZIPPED, sees=("content-encoding", "access-control-allow-origin")),
    *behind("tag", clean("/equal_write"), clean("/chatty"), sees=("x-tag", "x-time")),
]

RETURNED = [
    audited("value"),
    audited("value-tagged", "/tag/value", marks="value"),
    audited("value-buffered", "/buffer/value", marks="value"),
    audited("decorated_value"),
    audited("posted", method="POST", sends=b"{}", headers={"Content-Type": "application/json"}, status=201),
    audited("chatty-zipped", "/chatty", marks="chatty", headers=ZIPPED),
    audited("nothing", status=204),
    # Answered from the cache: no line of the user's took part.
    audited("cached", marks="" if KNOWS_RETURNS else "cached"),
    audited("value_in_thread", marks=f"value_in_thread{DEFINITION}"),
    audited("controller_value", "/prices/controller_value", marks=f"controller_value{DEFINITION}"),
    audited("before_request_value", marks="before_request_value" if KNOWS_RETURNS else ""),
    audited("before_request_passed", marks="before_request_passed" if KNOWS_RETURNS else ""),
]
AUDITED = [
    audited("decorated"),
    audited("factory", status=202),
    audited("factory-tagged", "/tag/factory", marks="factory", status=202),
    audited("dependency"),
    audited("module_level", status=503),
    audited("raised", "/raise_teapot", status=418),
    audited("raised-tagged", "/tag/raise_teapot", marks="raised", status=418),
    audited("handled_early", status=409),
    audited("crashed", "/crashed_early", status=500),
    audited("guarded", status=401),
    audited("before_request"),
    audited("after_request"),
    audited("redirected", status=302),
    audited("filed"),
    audited("filed-head", "/filed", marks="filed", method="HEAD"),
    audited("large"),
    audited("templated"),
    audited("sse"),
    audited("asgi_handler"),
    audited("spoken"),
    audited("an_application"),
    audited("gate", "/close_gate/members", status=401),
    audited("careful-value", "/careful/value", marks="value"),
    audited("rewritten", "/rewrite/value", marks="value", status=203),
    audited("nowhere", marks="", status=404),
    audited("needs_number", marks="", status=400),
    audited("wrong_method", "/posted", marks="", status=405),
    audited("options", "/value", marks="", method="OPTIONS", status=204),
    audited("preflight", "/value", marks="", method="OPTIONS", headers=PREFLIGHT, status=204),
    audited("schema", "/schema/openapi.json", marks=""),
    audited("file", "/files/catalogue.txt", marks=""),
    audited("limited", "/limit/value", marks="", status=429),
]

CORE = [*WRITES[:6], SESSIONS[0].but(path="/session/late_session"), *STREAM_ERRORS[:2], AFTERWARDS[0], STARTS[0], *CLEAN[:12]]
FULL = [
    *WRITES, *behind("session", *SESSIONS), *behind("stored", *SESSIONS), *STREAM_ERRORS, *AFTERWARDS, *STARTS, *LENGTHS,
    *LATE_MIDDLEWARE, *LAYERED, *CLEAN, *RETURNED, *AUDITED,
]  # fmt: skip


def one_of_many(number):
    """One of many requests at the same time, with a late header if its number is odd."""
    body = "".join(f"{number}:{row} " for row in range(4))
    findings = lost("RS101", f"x-n{number}") if number % 2 else ()
    return Scenario(f"mixed-{number}", findings, f"/mixed/{number}", body=body.encode(), marks="mixed")


class TestLitestar(IntegrationContract):
    integration = "litestar"
    apps = LITESTAR.folder
    app = LITESTAR.module
    servers = {"uvicorn-h11": FULL, "hypercorn": FULL, "granian-asgi": CORE, "daphne": without_refusal(CORE)}
    at_once = [one_of_many(number) for number in range(16)]
    on_one_connection = [
        each.again(f"{each.name}-kept")
        for each in (WRITES[0], Scenario("factory", status=202), WRITES[3], Scenario("chatty"), *behind("session", SESSIONS[0]))
    ]


class TestOnUvicorn(IntegrationContract):
    """What needs more than one question."""

    integration = "litestar"
    apps = LITESTAR.folder
    app = LITESTAR.module
    servers = {"uvicorn-h11": [Scenario("gone", path="/closed_early", cut_after=40_000, truncated=True)]}

    def test_a_client_that_goes_away_at_once_is_no_finding(self, visited):
        visited.running.ask("/tag/chatty", request_id="gone-too", cut_after=1)
        assert visited.running.quiet("gone-too") == []

    def test_a_write_from_another_request_belongs_to_the_response_it_was_made_to(self, visited):
        with ThreadPoolExecutor(1) as pool:
            shared = pool.submit(visited.running.ask, "/share", request_id="shared")
            time.sleep(0.3)
            visited.running.ask("/meddle", request_id="meddler")
            assert not shared.result().truncated
        found = visited.running.findings("shared")
        judge_findings(Scenario("shared", (Expected("RS101", "lost", "x-meddled"),)), found, visited.running.application)
        assert found[0]["late_in"]["request"]["id"] == "meddler"
        assert visited.running.findings("meddler", 0) == []

    def test_web_sockets_are_left_alone(self, visited):
        from websockets.exceptions import InvalidStatus
        from websockets.sync.client import connect

        address = f"ws://127.0.0.1:{visited.running.port}"
        with connect(f"{address}/echo", additional_headers={"X-Request-ID": "socket"}) as socket:
            socket.send("hello")
            assert socket.recv() == "echo hello"
        with pytest.raises(InvalidStatus), connect(f"{address}/denied", additional_headers={"X-Request-ID": "denied"}):
            pass
        assert visited.running.findings("socket", 0) == visited.running.findings("denied", 0) == []


# ---------------------------------------------------------------- in the test's own process
@pytest.fixture
def findings(monkeypatch):
    """respstart switched on in this process after the application was made, and what it finds."""
    monkeypatch.syspath_prepend(str(LITESTAR.folder))
    import litestar_app

    assert litestar_app.app is not None
    found = []
    with respstart.tracing(output="off", otel="off"):
        forget = respstart.on_finding(lambda finding: found.append(finding.to_dict()))
        yield found
        forget()


IN_PROCESS = [WRITES[0], WRITES[2], WRITES[3], WRITES[4], WRITES[-1], AFTERWARDS[0], CLEAN[0], CLEAN[7], CLEAN[10]]


@pytest.mark.parametrize("scenario", IN_PROCESS, ids=lambda each: each.name)
def test_with_the_test_client(findings, scenario):
    from litestar.testing import TestClient

    with TestClient(sys.modules[LITESTAR.module].shop, raise_server_exceptions=False) as client:
        response = client.get(scenario.url)
    if scenario.name != "background_fails":  # this client shows the exception of a background task as a 500
        assert response.status_code == scenario.status
        assert not {name.lower() for name in response.headers} & set(scenario.misses)
    judge_findings(scenario, findings, LITESTAR)


def test_an_application_is_as_it_was_after_respstart_is_switched_off():
    import litestar.response.base as base

    before = {name: vars(base.Response)[name] for name in ("__init__", "headers", "status_code", "to_asgi_response", "set_cookie")}
    with respstart.tracing(output="off", otel="off"):
        response = base.Response({"a": 1}, headers={"X-One": "1"})
        assert vars(base.Response)["to_asgi_response"] is not before["to_asgi_response"]
        assert type(response.headers) is dict  # only within a request
    assert {name: vars(base.Response)[name] for name in before} == before
    response.headers["X-Two"] = "2"
    assert response.headers == {"X-One": "1", "X-Two": "2"}
