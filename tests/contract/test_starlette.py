"""Starlette on real ASGI servers: late writes, second starts, exceptions, layers of middleware, and what is no finding."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import starlette.middleware.sessions as sessions
from audited import audited, without_refusal

from respstart.testing import Expected, IntegrationContract, Scenario, judge_findings

APPS = Path(__file__).parent / "apps"
PREFLIGHT = {"Origin": "http://a", "Access-Control-Request-Method": "GET"}


def lost(rule: str, subject: str | None = None, late: str | None = "late") -> tuple[Expected, ...]:
    return (Expected(rule, "lost", subject, late=late),)


def found(rule: str, outcome: str, late: str | None = "late") -> tuple[Expected, ...]:
    return (Expected(rule, outcome, late=late),)


def behind(prefix: str, *scenarios: Scenario, **changes) -> list[Scenario]:
    """The same scenarios behind some middleware."""
    return [
        each.but(name=f"{prefix}-{each.name}", path=f"/{prefix}{each.url}", marks=each.marks or each.name, **changes) for each in scenarios
    ]


def clean(path: str, **facts) -> Scenario:
    return Scenario(path.strip("/").replace("/", "-"), path=path, **facts)


WRITES = [
    Scenario("late_header", lost("RS101", "x-total"), misses=("x-total",)),
    Scenario("nested_iteration", lost("RS101", "x-total"), misses=("x-total",)),
    Scenario("late_status", lost("RS102"), sees=("x-kind",)),
    Scenario("late_cookie", lost("RS103", "visit"), misses=("set-cookie",)),
    Scenario("late_delete", lost("RS101", "x-draft"), sees=("x-draft",)),
    Scenario("late_raw_headers", lost("RS101", "x-raw", late=None), misses=("x-raw",)),
    Scenario(
        "late_everything", (Expected("RS101", "lost", "x-two", late="late_header"), Expected("RS102", "lost", late="late_status")),
        misses=("x-two",),
    ),
    Scenario("late_in_background", lost("RS101", "x-done"), misses=("x-done",)),
    Scenario("late_cookie_in_background", lost("RS103", "cart"), misses=("set-cookie",)),
    Scenario("own_class", lost("RS101", "x-count"), misses=("x-count",)),
    Scenario("own_call", lost("RS101", "x-signature"), misses=("x-signature",), sees=("x-signed",)),
    Scenario("own_protocol", lost("RS102")),
]  # fmt: skip
SSE = [Scenario("late_event", lost("RS103", "read"), misses=("set-cookie",)), audited("sse", "/events")]
EARLY = Scenario("early_in_generator", lost("RS101", "x-early"), misses=("x-early",))
ELSEWHERE = [
    Scenario("late_in_thread", lost("RS101", "x-thread")),
    Scenario("late_in_task", lost("RS101", "x-task")),
    Scenario("late_in_executor", lost("RS101", "x-pool")),
    # A callback that is the header method itself: there is no line of the user's to name, and still the write is lost.
    Scenario("late_in_timer", lost("RS101", "x-timer", late=None), misses=("x-timer",)),
    Scenario("late_in_thread_timer", lost("RS101", "x-timer", late=None), misses=("x-timer",)),
    Scenario("class_based", lost("RS101", "x-touched")),
]
STREAM_ERRORS = [
    Scenario("handled_late", found("RS402", "truncated"), truncated=True),
    Scenario("unhandled_late", found("RS402", "truncated"), truncated=True),
    Scenario("not_found_late", found("RS402", "truncated"), truncated=True),
    Scenario("redirect_late", found("RS403", "truncated"), truncated=True),
    Scenario("looks_complete", found("RS402", "truncated"), truncated=True),
    Scenario("before_first_chunk", found("RS402", "truncated"), truncated=True),
]
MORE_ERRORS = [
    Scenario("library_error", found("RS402", "truncated"), truncated=True),
    Scenario("error_from", found("RS402", "truncated"), truncated=True),
    Scenario("reraised", found("RS402", "truncated"), truncated=True),
    Scenario("grouped", found("RS402", "truncated"), truncated=True),
    Scenario("task_group", found("RS402", "truncated"), truncated=True),
]
BACKGROUND_ERRORS = [
    Scenario("background_fails", found("RS404", "dropped")),
    Scenario("background_refuses", found("RS404", "dropped")),
]
STARTS = [
    Scenario("sent_then_returned", found("RS201", "raised"), body=b"now"),
    Scenario("sent_twice", found("RS201", "raised"), body=b"same"),
    Scenario("shared_helper", found("RS201", "raised"), status=400, body=b"kind?"),
    Scenario("race", found("RS203", "raised"), body=b"cache"),
    Scenario("timeout", found("RS201", "raised"), path="/timeout/slow_stream", truncated=True),
    Scenario("catch_all", found("RS201", "raised"), path="/catch/broken_stream", truncated=True),
    Scenario("retry", found("RS202", "raised"), path="/retry/unavailable", status=503),
    Scenario("cascade", found("RS201", "raised"), path="/cascade/post", status=404),
    # The second application has no line of the user's: the middleware that asked it is to blame.
    Scenario("cascade-none", found("RS201", "raised"), path="/cascade/none", marks="cascade", status=404),
    Scenario("forgot_return", found("RS201", "raised"), path="/gate/members", status=401),
    Scenario("footer", found("RS301", "raised"), path="/footer/ended"),
]
LENGTHS = [
    Scenario("too_long", found("RS302", "raised"), truncated=True),
    Scenario("too_short", found("RS302", "truncated", late=None), truncated=True),
    Scenario("minified", found("RS302", "truncated", late=None), path="/minify/spaced", truncated=True),
    Scenario("lengthened", found("RS302", "raised", late=None), path="/banner/spaced", truncated=True),
    Scenario("instead", found("RS302", "raised", late="first"), path="/instead/spaced", status=203, truncated=True),
    Scenario("drained", found("RS302", "truncated", late=None), path="/drain/spaced", truncated=True),
    Scenario("rebuilt", found("RS302", "raised"), path="/upper/spaced", truncated=True),
]
LATE_MIDDLEWARE = [
    Scenario("held_back", lost("RS101", "x-total"), path="/hold_back/late_header", marks="late_header", misses=("x-total",)),
    Scenario("stamped", lost("RS101", "x-stamp", late=None), path="/stamp/factory", marks="factory", misses=("x-stamp",)),
    Scenario("late_view", lost("RS101", "x-seen", late=None), path="/view/factory", marks="factory", misses=("x-seen",)),
]
# Older versions keep a session in a plain dict: its writes are found by comparison, without a late writer.
LATE_SESSION = lost("RS104", "last", late="late" if hasattr(sessions, "Session") else None)
SESSIONS = [
    Scenario("late_session", LATE_SESSION, path="/session/late_session"),
    Scenario("late_session-layered", LATE_SESSION, path="/sessions/late_session", marks="late_session", status=203),
]

CLEAN = [
    *(clean(f"/{name}") for name in ("equal_write", "copied_headers", "never_sent", "caught_inside", "sent_then_none", "chatty")),
    clean("/everything_in_time", status=201, sees=("x-one", "set-cookie")),
    clean("/caught_before_start", status=409),
    clean("/no_content", status=204),
    clean("/not_modified", status=304),
    clean("/edited_before_each", sees=("x-count",)),
    Scenario("edited-again", path="/edited_before_each"),
    clean("/session/session_read", sees=("set-cookie",)),
    clean("/sessions/session_read", status=203, sees=("set-cookie",), body=b"yes"),
    clean("/hints/factory"),
    clean("/buffer/late_header", sees=("x-total",)),
    clean("/buffer/crashing", status=500, body=b"crashed"),
    clean("/careful_retry/flaky", body=b"ok"),
    clean("/close_gate/members", status=401),
    clean("/timeout/factory"),
    clean("/timeout/slow_answer", status=504),
    clean("/retry/factory"),
    clean("/hide/unavailable", status=503, body=b"come back later"),
    clean("/finish/", body=b"almost."),
    clean("/json/crashing", status=500, body=b"OSError"),
    clean("/fail_after/factory", status=500),
    clean("/twice/factory"),
    clean("/twice/unavailable", status=500),
    clean("/replace/raise_teapot", status=410),
    clean("/careful/crashing", status=500),
    clean("/catch/crashing", status=500, body=b"OSError"),
    clean("/handled_early", status=409),
    clean("/raise_teapot", status=418),
    clean("/crashed_early", status=500, body=b"crashed"),
    clean("/nowhere", status=404, body=b"nothing here"),
    clean("/files/catalogue.txt", body=b"bolts"),
    clean("/files/none", status=404),
    Scenario("cached-file", path="/files/catalogue.txt", headers={"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}, status=304),
    Scenario("range", path="/filed", headers={"Range": "bytes=2-5"}, status=206, body=b"ts\nb"),
    Scenario("ranges", path="/filed", headers={"Range": "bytes=0-1,4-5"}, status=206),
    Scenario("bad-range", path="/filed", headers={"Range": "bytes=90-99"}, status=416),
    Scenario("head", path="/chatty", method="HEAD", sees=("content-length",)),
    Scenario("head-file", path="/filed", method="HEAD", sees=("content-length",)),
    Scenario("wrong-method", path="/posted", status=405),
    Scenario("post", path="/posted", method="POST", sends=b"name=nuts", status=201),
    Scenario("slash", path="/tools", status=307),
    Scenario("preflight", path="/stack/chatty", method="OPTIONS", headers=PREFLIGHT),
    Scenario("compressed", path="/stack/chatty", headers={"Accept-Encoding": "gzip", "Origin": "http://a"}, sees=("content-encoding",)),
    *behind("one", EARLY.but(findings=(), misses=(), sees=("x-early",))),
    *behind("three", EARLY.but(findings=(), misses=(), sees=("x-early",))),
    *behind("one", clean("/equal_write"), clean("/copied_headers"), clean("/caught_inside"), clean("/chatty"), sees=("x-time",)),
    *behind("three", clean("/never_sent"), clean("/edited_before_each"), clean("/factory"), sees=("x-time",)),
]

LAYERED = [
    *behind("one", *WRITES, SSE[0], *BACKGROUND_ERRORS, *STREAM_ERRORS, truncated=False, sees=()),
    *behind("three", *WRITES, SSE[0], *BACKGROUND_ERRORS, *STREAM_ERRORS, truncated=False, sees=("x-time",)),
    *behind("json", WRITES[0], *STREAM_ERRORS[:2], truncated=False),
    *behind("one", STARTS[0].but(findings=found("RS201", "lost"))),
    *behind("three", STARTS[0].but(findings=found("RS201", "lost"))),
    *behind("tag", WRITES[0], WRITES[2], STARTS[0]),
    *behind("rewrite", WRITES[0], sees=("x-rewritten",)),
    *behind("replace", WRITES[0]),
    *behind("stack", WRITES[0], WRITES[3], sees=("x-tag",)),
    *(
        each.but(name=f"gzip-{each.name}", headers={"Accept-Encoding": "gzip", "Origin": "http://a"}, sees=("content-encoding",))
        for each in behind("stack", WRITES[0], WRITES[3])
    ),
    *behind("deep/deeper", WRITES[0]),
    # Two writers, the first of them unseen: the second one is not to be blamed for both.
    *behind(
        "stamp",
        Scenario("late_header", (Expected("RS101", "lost", "x-total"), Expected("RS101", "lost", "x-stamp", late=None))),
    ),
]

AUDITED = [
    audited("decorated"),
    audited("decorated-mounted", "/tools/decorated", marks="decorated"),
    audited("decorator_answers", status=422),
    audited("partial"),
    audited("module_level", status=503),
    audited("raised", "/raise_teapot", status=418),
    audited("handled_early", status=409),
    audited("crashed", "/crashed_early", status=500),
    audited("crashed-rewritten", "/rewrite/crashed_early", marks="crashed", status=502),
    audited("redirected", status=307),
    audited("filed"),
    audited("filed-range", "/filed", marks="filed", status=206, headers={"Range": "bytes=2-5"}),
    audited("factory"),
    audited("factory-head", "/factory", marks="factory", method="HEAD"),
    audited("factory-host", "/factory", marks="factory", headers={"Host": "api.shop.test"}),
    audited("factory-deep", "/deep/deeper/factory", marks="factory"),
    audited("factory-pool", "/in_pool", marks="factory"),
    audited("endpoint_method"),
    audited("asgi_endpoint"),
    audited("spoken"),
    audited("spawned"),
    audited("status_handler", "/nowhere", status=404),
    audited("missing-file", "/files/none", marks="status_handler", status=404),
    audited("file", "/files/catalogue.txt", marks=""),
    audited("preflight", "/stack/chatty", marks="", method="OPTIONS", headers=PREFLIGHT),
    audited("wrong_method", "/posted", marks="", status=405),
    audited("posted", method="POST", sends=b"x", status=201),
    audited("no_content", status=204),
    audited("errors_to_json", "/json/crashing", status=500),
    audited("replaced", "/replace/raise_teapot", status=410),
    audited("replaced_start", "/hide/unavailable", status=503),
    audited("careful", "/careful/crashing", status=500),
    audited("catch_all_early", "/catch/crashing", status=500),
    audited("gate", "/close_gate/members", status=401),
    audited("tagged", "/tag/factory", marks="factory"),
    audited("buffered", "/buffer/factory", marks="factory"),
    audited("rewritten", "/rewrite/factory", marks="factory"),
    audited("chatty", "/stack/chatty", headers={"Accept-Encoding": "gzip"}),
    *(
        audited(f"{layers}-{name}", f"/{layers}/{path}", marks=name, status=status)
        for layers in ("one", "three")
        for name, path, status in (
            ("factory", "factory", 200),
            ("module_level", "module_level", 503),
            ("raised", "raise_teapot", 418),
            ("handled_early", "handled_early", 409),
            ("crashed", "crashed_early", 500),
        )
    ),
]

CORE = [*WRITES[:5], EARLY, STARTS[0], STARTS[2], *SESSIONS, *CLEAN[:8], *BACKGROUND_ERRORS[:1]]


FULL = [
    *WRITES, EARLY, *ELSEWHERE, *LATE_MIDDLEWARE, *SESSIONS, *STREAM_ERRORS, *MORE_ERRORS, *BACKGROUND_ERRORS,
    *STARTS, *LENGTHS, *LAYERED, *CLEAN, *AUDITED,
]  # fmt: skip


def one_of_many(number):
    """One of many requests at the same time, with a late header if its number is odd."""
    body = "".join(f"{number}:{row} " for row in range(4))
    findings = lost("RS101", f"x-n{number}") if number % 2 else ()
    return Scenario(f"mixed-{number}", findings, f"/mixed/{number}", body=body.encode(), marks="mixed")


class TestStarlette(IntegrationContract):
    integration = "starlette"
    apps = APPS
    app = "starlette_app"
    servers = {
        "uvicorn-httptools": FULL,
        "uvicorn-h11": CORE,
        "hypercorn": CORE,
        "daphne": without_refusal(CORE),
        "gunicorn-asgi": without_refusal(CORE),
    }
    at_once = [one_of_many(number) for number in range(16)]
    on_one_connection = [
        Scenario(f"{name}-kept", findings, f"/{name}", marks=name)
        for name, findings in (
            ("late_header", lost("RS101", "x-total")), ("factory", ()), ("late_cookie", lost("RS103", "visit")), ("chatty", ()),
        )
    ]


class TestSseStarlette(IntegrationContract):
    integration = "sse-starlette"
    apps = APPS
    app = "starlette_app"
    servers = {"uvicorn-httptools": SSE, "hypercorn": SSE[:1]}


class TestOnUvicorn(IntegrationContract):
    """What needs more than one question."""

    integration = "starlette"
    apps = APPS
    app = "starlette_app"
    servers = {"uvicorn-h11": [Scenario("gone", path="/closed_early", cut_after=40_000, truncated=True)]}

    @pytest.mark.parametrize("layers", ["one", "three"])
    def test_a_cut_stream_behind_middleware_looks_complete(self, visited, layers):
        name = f"cut-{layers}"
        response = visited.running.ask(f"/{layers}/looks_complete", request_id=name)
        assert not response.truncated
        (finding,) = visited.running.findings(name)
        assert finding["response"]["complete"] == "looks complete"

    def test_a_write_from_another_request_belongs_to_the_response_it_was_made_to(self, visited):
        running = visited.running
        with ThreadPoolExecutor(1) as pool:
            shared = pool.submit(running.ask, "/share", request_id="shared")
            time.sleep(0.3)
            running.ask("/meddle", request_id="meddler")
            assert not shared.result().truncated
        judge_findings(Scenario("shared", lost("RS101", "x-meddled")), found := running.findings("shared"), running.application)
        assert found[0]["late_in"]["request"]["id"] == "meddler"
        assert running.findings("meddler", 0) == []

    def test_a_client_that_goes_away_at_once_is_no_other_finding(self, visited):
        visited.running.ask("/one/late_header", request_id="gone-too", cut_after=1)
        assert [finding["rule"] for finding in visited.running.quiet("gone-too")] in ([], ["RS101"])

    def test_web_sockets_are_left_alone(self, visited):
        from websockets.exceptions import InvalidStatus
        from websockets.sync.client import connect

        address = f"ws://127.0.0.1:{visited.running.port}"
        with connect(f"{address}/echo", additional_headers={"X-Request-ID": "socket"}) as socket:
            socket.send("hello")
            assert socket.recv() == "echo hello"
        with pytest.raises(InvalidStatus) as refused, connect(f"{address}/denied", additional_headers={"X-Request-ID": "denied"}):
            pass
        assert refused.value.response.status_code == 403
        assert visited.running.findings("socket", 0) == visited.running.findings("denied", 0) == []

    def test_a_group_names_the_line_that_raised_the_member(self, visited):
        visited.running.ask("/task_group", request_id="group")
        (finding,) = visited.running.findings("group")
        lines = visited.running.application.marked("task_group:late")
        assert (finding["late_writer"]["file"], finding["late_writer"]["line"]) in lines
        assert finding["exception"]["type"] == "OSError" or finding["exception"]["type"].endswith("ExceptionGroup")
