"""Sanic on its own server and as an ASGI application: responses that go out with the first send, second answers, and what is no finding."""

from __future__ import annotations

import pytest
from harness import Expected, Scenario, cases

MODULE = "sanic_app"


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
            "own_job", "page", "bytes_", "filed", "file_streamed", "stream_function", "plain",
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
OWN = [*WRITES, *ERRORS, *AFTERWARDS, *ANSWERS, *DISCARDED, *BODIES, *LENGTHS, *CLEAN]


@pytest.mark.parametrize(**cases(MODULE, {"own": OWN, "uvicorn-h11": OWN}))
def test_scenario(visited, scenario):
    visited.judge(scenario)
    assert visited.strangers == frozenset()
