"""Sanic on its own server and as an ASGI application: responses that go out with the first send, second answers, and what is no finding."""

from __future__ import annotations

import asyncio
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import respstart
from respstart.testing import Application, Expected, IntegrationContract, Scenario, judge_findings
from respstart.testing.client import parse
from respstart.testing.servers import free_port

SANIC = Application(Path(__file__).parent / "apps", "sanic_app")


def lost(rule: str, subject: str | None = None, late: str | None = "late") -> tuple[Expected, ...]:
    return (Expected(rule, "lost", subject, late=late),)


def found(rule: str, outcome: str, late: str | None = "late") -> tuple[Expected, ...]:
    return (Expected(rule, outcome, late=late),)


def clean(path: str, **facts) -> Scenario:
    return Scenario(path.strip("/").replace("/", "-"), path=path, **facts)


WRITES = [
    Scenario("late_header", lost("RS101", "x-late"), sees=("x-stamp",), misses=("x-late",)),
    Scenario("late_update", lost("RS101", "x-kind"), sees=("x-kind",)),
    Scenario("late_added", lost("RS101", "x-more"), misses=("x-more",)),
    Scenario("late_deleted", lost("RS101", "x-kind"), sees=("x-kind",)),
    Scenario("late_type", lost("RS101", "content-type")),
    Scenario("late_headers_replaced", lost("RS101", "x-new"), misses=("x-new",)),
    Scenario("late_status", lost("RS102")),
    Scenario("late_cookie", lost("RS103", "visit"), misses=("set-cookie",)),
    Scenario("late_delete_cookie", lost("RS103", "visit"), sees=("set-cookie",)),
    Scenario(
        "late_everything",
        (
            Expected("RS101", "lost", "x-one", late="late_header"),
            Expected("RS102", "lost", late="late_status"),
            Expected("RS103", "lost", "two", late="late_cookie"),
        ),
        misses=("x-one", "set-cookie"),
    ),
    Scenario("after_eof", lost("RS101", "x-done"), misses=("x-done",)),
    Scenario("in_context", lost("RS101", "x-inside"), misses=("x-inside",)),
    Scenario("sent_at_once", lost("RS101", "x-sent"), misses=("x-sent",), body=b"nuts"),
    Scenario("late_helper", lost("RS101", "x-total"), misses=("x-total",)),
    Scenario("late_decorator", lost("RS101", "x-time"), misses=("x-time",)),
    Scenario("late_in_generator", lost("RS101", "x-rows"), misses=("x-rows",), body=b"nuts"),
    Scenario("late_in_task", lost("RS101", "x-task"), misses=("x-task",)),
    Scenario("late_in_thread", lost("RS101", "x-thread"), misses=("x-thread",)),
    Scenario("late_in_background", lost("RS101", "x-count"), misses=("x-count",)),
    Scenario("late_in_stream_function", lost("RS101", "x-written"), misses=("x-written",)),
    Scenario("late_in_signal", lost("RS101", "x-signal"), misses=("x-signal",)),
    Scenario("late_in_view", lost("RS102"), body=b"1.50"),
    Scenario("late_in_blueprint", lost("RS101", "x-part"), path="/parts/late_in_blueprint", misses=("x-part",)),
    Scenario("built", (Expected("RS101", "lost", "x-touched", late="touch:late"),), misses=("x-touched",)),
    Scenario("helper_builds", (Expected("RS101", "lost", "x-touched", late="touch:late"),), misses=("x-touched",)),
]
ERRORS = [
    Scenario("error_late", found("RS401", "truncated")),
    Scenario("helper_fails", found("RS401", "truncated")),
    Scenario("handled_late", found("RS402", "truncated")),
    Scenario("not_found_late", found("RS402", "truncated")),
    Scenario("own_error_late", found("RS402", "truncated")),
    Scenario("stream_function_fails", found("RS401", "truncated")),
]
AFTERWARDS = [Scenario("error_after_eof", found("RS404", "dropped"))]
ANSWERS = [
    Scenario("responds_again", found("RS201", "raised")),
    Scenario("helper_responds_again", found("RS201", "raised")),
]
DISCARDED = [
    Scenario("returned_after", lost("RS201"), body=b"bolts"),
    Scenario("returned_while_open", lost("RS201"), body=b"bolts"),
    Scenario("returned_unsent", lost("RS201"), status=202),
    Scenario("redirected_after", lost("RS201")),
    Scenario("helper_discarded", lost("RS201")),
    Scenario("file_after", lost("RS201")),
    Scenario("stream_after", lost("RS201")),
]
BODIES = [
    Scenario("send_after_eof", found("RS301", "raised"), body=b"bolts"),
    Scenario("caught_refusal", found("RS301", "raised"), body=b"bolts"),
]
LENGTHS = [
    Scenario("too_long", found("RS302", "raised"), truncated=True),
    Scenario("too_short", found("RS302", "raised"), truncated=True),
    Scenario("too_short_unended", found("RS302", "raised", late=None), truncated=True),
]
CLEAN = [
    *(
        clean(f"/{name}", sees=("x-stamp",))
        for name in (
            "chatty", "eof_and_returned", "in_block", "by_keyword", "knows_length", "equal_writes", "looked_at", "never_sent", "caught",
            "own_job", "handle_request", "page", "bytes_", "filed", "file_streamed", "stream_function", "plain",
        )
    ),
    clean("/value", sees=("x-signal-in-time",)),
    clean("/in_time", status=201, sees=("x-one", "set-cookie")),
    clean("/changed_answer", status=202, sees=("x-one", "set-cookie")),
    clean("/stamped_in_time", sees=("x-time",)),
    clean("/replaced", body=b"replaced"),
    clean("/unsent", status=202),
    clean("/responded_then_failed", status=409, misses=("x-one",)),
    clean("/handled_early", status=409),
    clean("/not_found", status=404),
    clean("/crashed", status=500),
    clean("/invalid", status=500),
    clean("/redirected", status=302, sees=("location",)),
    clean("/nothing", status=204),
    clean("/not_modified", status=304),
    clean("/parts/value", sees=("x-parts",)),
    clean("/closed", status=403),
    clean("/nowhere", status=404),
    clean("/static/sanic_stock.py", body=b"open_stream"),
    clean("/static/none.py", status=404),
    Scenario("head", path="/value", method="HEAD", sees=("content-length",)),
    Scenario("wrong-method", path="/posted", status=405),
    Scenario("posted", method="POST", headers={"Content-Type": "application/json"}, sends=b'{"name": "nuts"}', status=201),
    Scenario("bad-json", path="/posted", method="POST", headers={"Content-Type": "application/json"}, sends=b"{", status=400),
    Scenario("upload", method="POST", sends=b"1" * 70_000, body=b"70000"),
    Scenario("priced", path="/late_in_view", method="POST", status=201),
]
# As an ASGI application Sanic leaves a response that failed without an end, and adds no length of its own.
ON_ASGI = [
    *WRITES, *(each.but(truncated=True) for each in (*ERRORS, *ANSWERS)), *AFTERWARDS, *DISCARDED, *BODIES,
    *(each for each in CLEAN if each.name not in ("in_block", "head", "upload")),
]
OWN = [*WRITES, *ERRORS, *AFTERWARDS, *ANSWERS, *DISCARDED, *BODIES, *LENGTHS, *CLEAN]


def one_of_many(number):
    """One of many requests at the same time, with a late header if its number is odd."""
    body = "".join(f"{number}:{row} " for row in range(4))
    findings = lost("RS101", f"x-n{number}") if number % 2 else ()
    return Scenario(f"mixed-{number}", findings, f"/mixed/{number}", body=body.encode(), marks="mixed")


class TestSanic(IntegrationContract):
    integration = "sanic"
    apps = SANIC.folder
    app = SANIC.module
    servers = {"own": OWN, "uvicorn-h11": ON_ASGI}
    at_once = [one_of_many(number) for number in range(16)]


class TestOnItsOwnServer(IntegrationContract):
    """One connection for several requests, clients that go away, and what needs more than one question."""

    integration = "sanic"
    apps = SANIC.folder
    app = SANIC.module
    servers = {"own": [Scenario("gone", path="/endless", cut_after=40_000, truncated=True), Scenario("job_fails")]}
    on_one_connection = [
        each.again(f"{each.name}-kept") for each in (WRITES[0], Scenario("value"), WRITES[7], Scenario("chatty"), DISCARDED[0])
    ]

    def test_a_cut_answer_looks_complete(self, visited):
        for name, complete in (("error_late", "looks complete"), ("handled_late", "looks complete"), ("error_after_eof", True)):
            assert not visited.running.ask(f"/{name}", request_id=name).truncated
            assert [finding["response"]["complete"] for finding in visited.running.findings(name)] == [complete]

    def test_a_discarded_answer_is_placed_after_the_start(self, visited):
        visited.running.ask("/returned_unsent", request_id="unsent")
        assert [finding["elapsed_ms"] >= 0 for finding in visited.running.findings("unsent")] == [True]

    def test_a_response_that_is_kept_between_requests_is_no_finding(self, visited):
        for number in range(3):
            name = f"cached-{number}"
            assert visited.running.ask("/cached", request_id=name).headers["x-count"] == str(number + 1)
        assert [finding for number in range(3) for finding in visited.running.quiet(f"cached-{number}")] == []

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
        from websockets.sync.client import connect

        with connect(f"ws://127.0.0.1:{visited.running.port}/echo", additional_headers={"X-Request-ID": "socket"}) as socket:
            socket.send("hello")
            assert socket.recv() == "echo hello"
        assert visited.running.quiet("socket") == []


# ---------------------------------------------------------------- in the test's own process
@pytest.fixture
def findings(monkeypatch):
    """respstart switched on in this process after the application was made, and what it finds."""
    monkeypatch.syspath_prepend(str(SANIC.folder))
    import sanic_app

    assert sanic_app.shop is not None
    found = []
    with respstart.tracing(output="off", otel="off"):
        forget = respstart.on_finding(lambda finding: found.append(finding.to_dict()))
        yield found
        forget()


async def answers(scenarios):
    """What the application's own server, in this process, answers to each of them."""
    port = free_port()
    server = await sys.modules[SANIC.module].shop.create_server("127.0.0.1", port, return_asyncio_server=True, access_log=False)
    await server.startup()
    await server.before_start()
    received = []
    for scenario in scenarios:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"{scenario.method} {scenario.url} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n".encode())
        received.append(parse(await reader.read(), scenario.method))
        writer.close()
    await asyncio.sleep(0.2)
    server.close()
    await server.after_stop()
    return received


def test_with_a_server_in_the_same_process(findings):
    scenarios = [WRITES[0], WRITES[6], WRITES[7], WRITES[16], ERRORS[0], DISCARDED[0], DISCARDED[-1], CLEAN[0], CLEAN[17]]
    for scenario, response in zip(scenarios, asyncio.run(answers(scenarios)), strict=True):
        assert response.status == scenario.status
        judge_findings(scenario, [finding for finding in findings if finding["request"]["path"] == scenario.url], SANIC)


def test_an_application_is_as_it_was_after_respstart_is_switched_off():
    from sanic.compat import Header
    from sanic.request import Request
    from sanic.response import BaseHTTPResponse

    sites = [(BaseHTTPResponse, "send"), (BaseHTTPResponse, "processed_headers"), (BaseHTTPResponse, "status"), (Request, "responded")]
    before = [vars(kind)[name] for kind, name in sites]
    assert "add" not in vars(Header)
    with respstart.tracing(output="off", otel="off"):
        assert [vars(kind)[name] is kept for (kind, name), kept in zip(sites, before, strict=True)] == [False] * 4
        assert "add" in vars(Header)
    assert [vars(kind)[name] for kind, name in sites] == before
    assert "add" not in vars(Header)
