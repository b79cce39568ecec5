"""Plain ASGI on real servers: nothing but messages, and middleware of every habit."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from audited import without_refusal
from harness import Expected, Scenario, cases, judge_findings, serve

MODULE = "raw_asgi_app"


def finding(rule: str, outcome: str = "raised", first: str | None = "first", late: str | None = "late") -> tuple[Expected, ...]:
    return (Expected(rule, outcome, first=first, late=late),)


STARTS = [
    Scenario("missing_return", finding("RS201"), status=400),
    Scenario("begin", finding("RS201"), path="/shared_helper", status=400),
    Scenario("reply", finding("RS201"), path="/two_replies", body=b"first"),
    Scenario("race", finding("RS203"), body=b"cache"),
    Scenario("after_return", finding("RS203"), status=202),
    Scenario("threaded", finding("RS201"), body=b"once"),
    Scenario("twice", finding("RS202"), body=b"hello"),
]
MIDWAY = [
    Scenario("start_twice", finding("RS201"), body=b"one"),
    Scenario("error_answer", finding("RS201"), truncated=True),
    Scenario("deadline", finding("RS203"), body=b"." * 8),
]
FORWARDED = [
    Scenario("forwarding", finding("RS201"), marks="missing_return", status=400, sees=("x-tagged",)),
    Scenario("merging", finding("RS201"), marks="missing_return", status=400),
    Scenario("rewriting", finding("RS301"), marks="footer", sees=("x-copy",)),
    Scenario("forwarded_footer", finding("RS301"), marks="footer", sees=("x-tagged",)),
    Scenario("rewritten_error", finding("RS201"), marks="error_answer", truncated=True, sees=("x-copy",)),
]
BODIES = [
    Scenario("footer", finding("RS301"), body=b"hello"),
    Scenario("queued", finding("RS301"), body=b"queued"),
    Scenario("body_after_end", (Expected("RS301", "raised", first="started"),)),
    Scenario("ends_itself", (Expected("RS301", "raised", first="started"),), body=b"done"),
]
LENGTHS = [
    Scenario("too_long", finding("RS302", "lost"), body=b"abc"),
    Scenario("too_short", finding("RS302", "truncated", late=None), truncated=True),
    Scenario("body_first", finding("RS303", first=None), status=500),
]
ERRORS = [
    Scenario("error_late", finding("RS401", "truncated"), truncated=True),
    Scenario("error_in_group", finding("RS401", "truncated"), truncated=True),
    Scenario("error_chained", finding("RS401", "truncated"), truncated=True),
    Scenario("error_after_end", finding("RS404", "dropped"), body=b"all"),
]
# The message and its list belong to the application, which goes on writing to them: only the seal sees that.
SILENT = [
    Scenario("late_append", (Expected("RS101", "lost", "x-late", first="started", late=None),), misses=("x-late",)),
    Scenario("late_status", finding("RS102", "lost", late=None)),
]
CLEAN = [
    *(Scenario(name) for name in ("sub_request", "cancelled_in_time", "fresh_lists", "caught", "informational", "trailers", "constant")),
    Scenario("constant-again", path="/constant", sees=("x-hello",)),
    Scenario("streaming", body=b"0123"),
    Scenario("layers", body=b"0123", sees=("x-tagged", "x-copy")),
    Scenario("choosing", body=b"hello"),
    Scenario("hello", body=b"hello"),
    Scenario("error_answer_early", status=500),
    Scenario("error_before", status=500),
    Scenario("head", method="HEAD", sees=("content-length",)),
    Scenario("no_content", status=204),
    Scenario("not_modified", status=304),
    Scenario("nowhere", status=404, body=b"unknown"),
]

CORE = [*STARTS, *BODIES[:2], *CLEAN[:12]]


@pytest.mark.parametrize(
    **cases(
        MODULE,
        {
            "uvicorn-httptools": [*STARTS, *MIDWAY, *FORWARDED, *BODIES, *LENGTHS, *ERRORS, *SILENT, *CLEAN],
            "uvicorn-h11": [*STARTS, *MIDWAY, *FORWARDED, *BODIES, *LENGTHS, *ERRORS, *SILENT, *CLEAN],
            "hypercorn": CORE,
            "daphne": without_refusal(CORE),
            "gunicorn-asgi": without_refusal(CORE),
        },
    )
)
def test_scenario(visited, scenario):
    visited.judge(scenario)


@pytest.fixture(scope="module")
def running():
    with serve("uvicorn-h11", MODULE) as server:
        yield server


def test_two_calls_of_one_helper_are_told_apart(running):
    running.ask("/shared_helper", request_id="helper")
    (found,) = running.findings("helper")
    reasons = [found[writer]["reason"] for writer in ("first_writer", "late_writer")]
    assert reasons[0] != reasons[1]
    assert all("shared_helper" in reason for reason in reasons)


def test_concurrent_requests_are_not_mixed_up(running):
    names = [f"mixed-{number}" for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(lambda name: running.ask(f"/mixed?{name.removeprefix('mixed-')}", request_id=name), names))
    for number, (name, response) in enumerate(zip(names, responses, strict=True)):
        assert (response.headers["x-number"], response.body) == (str(number), b"%d " % number * 4)
        expected = finding("RS201") if number % 2 else ()
        judge_findings(Scenario("mixed", expected), running.findings(name, number % 2), MODULE)


def test_requests_on_one_connection_have_their_own_records(running):
    names = ["kept-1", "kept-2", "kept-3"]
    assert [each.body for each in running.keep_alive(["/mixed?1", "/hello", "/ends_itself"], names)] == [b"1 " * 4, b"hello", b"done"]
    rules = [[each["rule"] for each in running.findings(name, wanted)] for name, wanted in zip(names, (1, 0, 1), strict=True)]
    assert rules == [["RS201"], [], ["RS301"]]


def test_a_client_that_goes_away_is_no_finding(running):
    running.ask("/endless", request_id="gone", cut_after=30_000)
    time.sleep(0.3)
    assert running.findings("gone", 0) == []


def test_web_sockets_are_left_alone(running):
    from websockets.sync.client import connect

    with connect(f"ws://127.0.0.1:{running.port}/", additional_headers={"X-Request-ID": "socket"}) as socket:
        socket.send("hello")
        assert socket.recv() == "echo hello"
    assert running.findings("socket", 0) == []
