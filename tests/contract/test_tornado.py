"""Tornado on its own server: handlers that are the response, timers and tasks that answer, and what is no finding."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import respstart
from respstart.testing import Application, Expected, IntegrationContract, Scenario, judge_findings

TORNADO = Application(Path(__file__).parent / "apps", "tornado_app")


def lost(rule: str, subject: str | None = None) -> tuple[Expected, ...]:
    return (Expected(rule, "lost", subject),)


def found(rule: str, outcome: str, late: str | None = "late") -> tuple[Expected, ...]:
    return (Expected(rule, outcome, late=late),)


def logged_as(late: str = "late") -> Expected:
    """The access log says a status that was set too late."""
    return Expected("RS501", "lost", "access log", late=late)


def clean(path: str, **facts) -> Scenario:
    return Scenario(path.strip("/").replace("/", "-"), path=path, **facts)


WRITES = [
    Scenario("late_header", lost("RS101", "x-late"), sees=("x-kind",), misses=("x-late",)),
    Scenario("late_added", lost("RS101", "x-more"), misses=("x-more",)),
    Scenario("late_cleared", lost("RS101", "x-kind"), sees=("x-kind",)),
    Scenario("late_clear", (*lost("RS101", "x-kind"), *lost("RS102")), status=203, sees=("x-kind",)),
    Scenario("late_status", (*lost("RS102"), logged_as())),
    Scenario("late_cookie", lost("RS103", "visit"), misses=("set-cookie",)),
    Scenario("late_signed_cookie", lost("RS103", "user"), misses=("set-cookie",)),
    Scenario("late_clear_cookie", lost("RS103", "visit"), misses=("set-cookie",)),
    Scenario("late_clear_all", lost("RS103", "old"), headers={"Cookie": "old=1"}, misses=("set-cookie",)),
    Scenario("late_xsrf", lost("RS103", "_xsrf"), misses=("set-cookie",), body=b"_xsrf"),
    Scenario(
        "late_everything",
        (
            Expected("RS101", "lost", "x-one", late="late_header"),
            Expected("RS102", "lost", late="late_status"),
            Expected("RS103", "lost", "two", late="late_cookie"),
            logged_as("late_status"),
        ),
        misses=("x-one", "set-cookie"),
    ),
    Scenario("after_finish", lost("RS101", "x-done"), misses=("x-done",), body=b"nuts"),
    Scenario("on_finish", lost("RS103", "seen"), misses=("set-cookie",), body=b"nuts"),
    Scenario("after_redirect", lost("RS103", "from"), status=302, misses=("set-cookie",)),
    Scenario("after_render", lost("RS101", "x-goods"), misses=("x-goods",), body=b"<p>nuts</p>"),
    Scenario("late_helper", lost("RS101", "x-total"), misses=("x-total",)),
    Scenario("late_decorator", lost("RS101", "x-time"), misses=("x-time",)),
    Scenario("late_in_generator", lost("RS101", "x-rows"), misses=("x-rows",), body=b"nuts"),
    Scenario("old_coroutine", lost("RS101", "x-old"), misses=("x-old",)),
    Scenario("late_in_task", lost("RS101", "x-task"), misses=("x-task",)),
    Scenario("late_in_thread", lost("RS101", "x-thread"), misses=("x-thread",)),
    Scenario("late_in_timer", lost("RS101", "x-timer"), misses=("x-timer",)),
    Scenario("task_outlives", lost("RS103", "count"), misses=("set-cookie",), body=b"nuts"),
    Scenario("written_twice", lost("RS102"), body=b"boltsnuts"),
    Scenario("written_dict", lost("RS101", "x-logged"), misses=("x-logged",), body=b'"nuts"'),
    Scenario("only_status", lost("RS101", "x-logged"), status=204, misses=("x-logged",)),
    Scenario("streamed_body", lost("RS101", "x-logged"), method="POST", sends=b"1" * 100, misses=("x-logged",)),
    Scenario("body_answered", lost("RS101", "x-read"), method="POST", sends=b"1" * 100, misses=("x-read",), body=b"reading\nread"),
    Scenario("prepared", lost("RS102"), body=b"begin"),
    Scenario("raised_then", lost("RS101", "x-logged"), status=409, misses=("x-logged",)),
    Scenario("own_error_page", lost("RS101", "x-logged"), status=409, misses=("x-logged",), body=b"sorry"),
    Scenario("sent_error", lost("RS101", "x-logged"), status=418, misses=("x-logged",)),
    Scenario("finished_by_hand", lost("RS101", "x-logged"), misses=("x-logged",), body=b"done"),
]
ERRORS = [
    Scenario("error_late", found("RS401", "truncated")),
    Scenario("helper_fails", found("RS401", "truncated")),
    Scenario("http_error_late", found("RS402", "truncated")),
    Scenario("missing_argument", found("RS402", "truncated")),
    Scenario("redirect_late", found("RS403", "raised")),
    Scenario("redirect_after_finish", found("RS403", "raised"), body=b"nuts"),
    Scenario("error_from", found("RS401", "truncated")),
    Scenario("error_after_finish", found("RS404", "dropped"), body=b"nuts"),
    Scenario("http_error_after_finish", found("RS404", "dropped"), body=b"nuts"),
    Scenario("on_finish_fails", found("RS404", "dropped"), body=b"nuts"),
    Scenario("own_page_late", found("RS402", "truncated")),
    Scenario("own_send_error", found("RS401", "truncated")),
    Scenario(
        "own_answer",
        (Expected("RS101", "lost", "x-kind", late="late_clear"), Expected("RS102", "lost", late="late_clear"), logged_as("late_status")),
        status=202, sees=("x-kind",), body=b"sorry",
    ),
    Scenario("send_error_late", lost("RS201")),
]
BODIES = [
    Scenario("write_after_finish", found("RS301", "raised"), body=b"nuts"),
    Scenario("finish_twice", found("RS301", "raised"), body=b"nuts"),
    Scenario("redirect_then_write", found("RS301", "raised"), status=302),
    Scenario("render_twice", found("RS301", "raised"), body=b"<p>bolts</p>"),
    Scenario("caught_refusal", found("RS301", "raised"), body=b"nuts"),
    Scenario("timer_answers", found("RS301", "raised"), status=503, body=b"too slow"),
    Scenario("task_answers", found("RS301", "raised"), body=b"from the task"),
    Scenario("thread_answers", found("RS301", "raised"), body=b"from the thread"),
    Scenario("too_long", found("RS302", "raised"), status=None, truncated=True),
    Scenario("too_long_later", found("RS302", "raised"), truncated=True),
    Scenario("too_short", found("RS302", "raised", late=None), truncated=True),
    Scenario("too_short_at_once", found("RS302", "raised"), truncated=True),
]
CLEAN = [
    *(clean(f"/{name}") for name in ("value", "equal_writes", "caught", "looks_on_finish", "own_job", "finish_after_flush", "fetches")),
    clean("/fetch_too_long", body=b"done"),
    clean("/in_time", status=201, sees=("x-one", "set-cookie")),
    clean("/chatty", sees=("x-kind", "set-cookie"), body=b"0 1 2 3"),
    clean("/raised_early", status=404),
    clean("/crashed_early", status=500, misses=("x-kind",)),
    clean("/error_page", status=404, sees=("x-error",), body=b"<p>none</p>"),
    clean("/sends_error", status=410),
    clean("/finishes", status=401, body=b"members"),
    clean("/finish_in_time", status=401, body=b"members"),
    clean("/prepare_finishes", status=403, misses=("x-never",), body=b"closed"),
    clean("/members", status=302),
    clean("/redirected", status=303, sees=("location", "set-cookie")),
    clean("/rendered", sees=("x-size",), body=b"<p>nuts</p>"),
    clean("/nothing", status=204),
    clean("/not_modified", status=304),
    clean("/own_etag", sees=("etag",), body=b"nuts"),
    Scenario("etag-known", path="/own_etag", headers={"If-None-Match": '"one"'}, status=304),
    Scenario("etag-made", path="/value", headers={"If-None-Match": "*"}, status=304),
    clean("/knows_length", body=b"boltsbolts"),
    Scenario("knows_length-head", path="/knows_length", method="HEAD"),
    clean("/stamped_in_time", sees=("x-time",)),
    clean("/own_defaults", status=503, sees=("x-default",)),
    clean("/static/tornado_guards.py", body=b"tell_total"),
    clean("/plain/none.py", status=404),
    Scenario("static-range", path="/plain/tornado_guards.py", headers={"Range": "bytes=3-9"}, status=206),
    Scenario("static-head", path="/plain/tornado_guards.py", method="HEAD", sees=("content-length",)),
    clean("/old", status=301),
    clean("/nowhere", status=404),
    Scenario("head", path="/value", method="HEAD", sees=("content-length",)),
    Scenario("wrong-method", path="/value", method="DELETE", status=405),
    Scenario("bad-method", path="/value", method="BREW", status=405),
    Scenario("upload", path="/upload", method="PUT", sends=b"1" * 70_000, sees=("x-size",)),
]
ZIPPED = [
    each.but(
        name=f"zipped-{each.name}", path=f"/zipped{each.url}", marks=each.marks or each.name, headers={"Accept-Encoding": "gzip"}, body=b""
    )
    for each in (*WRITES[:2], WRITES[4], ERRORS[0], CLEAN[9], CLEAN[0])
]
GONE = Scenario("gone", path="/endless", cut_after=40_000, truncated=True)


def one_of_many(number):
    """One of many requests at the same time, with a late header if its number is odd."""
    body = "".join(f"{number}:{row} " for row in range(4))
    findings = lost("RS101", f"x-n{number}") if number % 2 else ()
    return Scenario(f"mixed-{number}", findings, f"/mixed/{number}", body=body.encode(), marks="mixed")


class TestTornado(IntegrationContract):
    integration = "tornado"
    apps = TORNADO.folder
    app = TORNADO.module
    servers = {"own": [*WRITES, *ERRORS, *BODIES, *ZIPPED, *CLEAN, GONE]}
    at_once = [one_of_many(number) for number in range(16)]
    on_one_connection = [each.again(f"{each.name}-kept") for each in (WRITES[0], CLEAN[0], WRITES[5], Scenario("chatty"), BODIES[1])]

    def test_a_cut_answer_looks_complete(self, visited):
        for name, complete in (("error_late", "looks complete"), ("http_error_late", "looks complete"), ("error_after_finish", True)):
            assert [finding["response"]["complete"] for finding in visited.running.findings(name)] == [complete]

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
    """respstart switched on in this process, and what it finds."""
    monkeypatch.syspath_prepend(str(TORNADO.folder))
    import tornado_app

    assert tornado_app.app is not None
    found = []
    with respstart.tracing(output="off", otel="off"):
        forget = respstart.on_finding(lambda finding: found.append(finding.to_dict()))
        yield found
        forget()


@pytest.mark.parametrize("scenario", [WRITES[0], WRITES[5], WRITES[12], ERRORS[0], BODIES[1], CLEAN[0], CLEAN[9]], ids=lambda each: each.name)
def test_with_tornados_own_test_case(findings, scenario):
    from tornado.testing import AsyncHTTPTestCase

    class Case(AsyncHTTPTestCase):
        def get_app(self):
            return sys.modules[TORNADO.module].make_app()

        def runTest(self):
            response = self.fetch(scenario.url)
            assert response.code == scenario.status
            assert not {name.lower() for name in response.headers} & set(scenario.misses)

    result = Case().run()
    assert not result.errors
    assert not result.failures
    judge_findings(scenario, findings, TORNADO)


def test_an_application_is_as_it_was_after_respstart_is_switched_off():
    from tornado.web import RequestHandler

    names = ("_execute", "flush", "finish", "write", "redirect", "set_header", "send_error", "_handle_request_exception")
    before = {name: vars(RequestHandler)[name] for name in names}
    with respstart.tracing(output="off", otel="off"):
        assert vars(RequestHandler)["flush"] is not before["flush"]
    assert {name: vars(RequestHandler)[name] for name in names} == before
