"""web.py on real servers: what is named when something comes too late, and silence where nothing does."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness import Expected, Scenario, cases, each_server, judge_findings

MODULE = "webpy_app"
# Which of several returns it was is known from 3.12 on; before, the function that answers is named.
RETURN = "first" if sys.version_info >= (3, 12) else "def"


def lost(rule, subject=None, **writers):
    return Expected(rule, "lost", subject, **writers)


def late(name, rule="RS101", subject="x-total", first="first", **facts):
    """One write that comes too late."""
    if rule == "RS101":
        facts.setdefault("misses", (subject,))
    return Scenario(name, (lost(rule, subject, first=first),), **facts)


def cut(name, rule="RS401", **facts):
    """An exception in the middle of a stream."""
    return Scenario(name, (Expected(rule, "truncated"),), truncated=True, **facts)


def second(name, first="first", late="refuse:late"):
    """A second start: the servers refuse it, and answer 500 because nothing had left."""
    return Scenario(name, (Expected("RS201", "raised", first=first, late=late),), path=f"/limit/{name}", status=500)


LATE_WRITES = [
    late("late_header", body=b"two", sees=("x-before", "x-timing")),
    late("late_unique"),
    late("late_status", "RS102", None),
    late("late_status_item", "RS102", None),
    late("late_cookie", "RS103", "seen"),
    late("from_helper"),
    late("late_delegated"),
    late("late_returned", first="first" if sys.version_info >= (3, 12) else "yield"),
    late("late_in_finally", subject="x-done"),
    late("late_after_status", status=202),
    late("late_function", method="POST", sends=b"name=ann", headers={"Content-Type": "application/x-www-form-urlencoded"}),
    late("late_inside", path="/inner/late_inside"),
    late("late_session", "RS104", "count", sees=("set-cookie",)),
    late("late_session_item", "RS104", "count", sees=("set-cookie",)),
    late("session_before_first", "RS104", "count", sees=("set-cookie",)),
]
ERRORS = [
    cut("error_in_stream", body=b"row 1"),
    cut("redirect_in_stream", "RS403", body=b"title"),
    cut("notfound_in_stream", "RS402", body=b"page 0"),
    cut("http_error_in_stream", "RS402", body=b"page 0"),
    Scenario("too_long", (lost("RS302"),)),
]
LAYERS = [
    second("limit_text", RETURN),
    second("limit_raised"),
    second("limit_error"),
    Scenario("retry", (Expected("RS202", "raised"),), path="/retry/retry", status=500),
]
CLEAN = [
    Scenario("plain", status=201, sees=("set-cookie", "x-before", "x-timing")),
    Scenario("plain_head", path="/plain", method="HEAD", status=201),
    Scenario("stream", body=b"row 2"),
    Scenario("in_time", status=202, sees=("x-total", "set-cookie")),
    Scenario("read_late", body=b"200 OK"),
    Scenario("unique_in_vain", sees=("x-total",)),
    Scenario("moved", status=303, sees=("location",)),
    Scenario("moved_before_first", status=303, sees=("location",)),
    Scenario("old", status=301, sees=("location",)),
    Scenario("missing", path="/nowhere", status=404, body=b"nothing here"),
    Scenario("not_allowed", path="/plain", method="POST", sends=b"x=1", status=405),
    Scenario("caught", body=b"caught error: two"),
    Scenario("error_in_time", status=500),
    Scenario("error_before_first", status=500),
    Scenario("empty_stream"),
    Scenario("nothing", status=204),
    Scenario("thread_of_its_own", body=b"AttributeError"),
    Scenario("posted", method="POST", sends=b"name=ann", headers={"Content-Type": "application/x-www-form-urlencoded"}, body=b"ann"),
    Scenario("session_in_time", sees=("set-cookie",), body=b"count 1"),
    Scenario("session_read_late", body=b"one 0"),
    Scenario("session_killed", body=b"bye"),
    Scenario("inner_plain", path="/inner/plain", sees=("set-cookie",), body=b"inner"),
    Scenario("inner_missing", path="/inner/nowhere", status=404),
    Scenario("short_enough", path="/limit/limit_text?short=1", body=b"short"),
]
EVERYTHING = [*LATE_WRITES, *ERRORS, *LAYERS, *CLEAN]
CORE_NAMES = (
    "late_header", "late_cookie", "late_status", "late_session", "error_in_stream", "redirect_in_stream", "limit_text", "stream", "in_time",
    "moved", "session_in_time",
)
CORE = [scenario for scenario in EVERYTHING if scenario.name in CORE_NAMES]

SERVERS = {
    "waitress": EVERYTHING,
    "wsgiref": [each.but(truncated=False) for each in EVERYTHING],  # HTTP/1.0: an answer that was cut looks complete
    "cheroot": CORE,
    "gunicorn-gthread": CORE,
}


@pytest.mark.parametrize(**cases(MODULE, SERVERS))
def test_scenario(visited, scenario):
    """The client saw what it should, and exactly the expected findings were made."""
    visited.judge(scenario)


every_server = pytest.mark.parametrize(**each_server(MODULE, SERVERS))


@every_server
def test_nobody_else_is_accused(visited):
    """Requests of which the tests know nothing have no findings, and respstart has no faults."""
    assert visited.strangers == set()
    assert "RS901" not in visited.running.log.read_text(encoding="utf-8")


@every_server
def test_concurrent_requests_are_not_mixed_up(visited):
    """Of many requests at the same time, exactly the late ones have a finding."""
    names = [f"{kind}-{visited.server}-{number}" for number in range(6) for kind in ("late", "good")]

    with ThreadPoolExecutor(6) as pool:
        responses = list(pool.map(lambda name: visited.running.ask(f"/one_of_many?name={name}", request_id=name), names))

    late = Scenario("one_of_many", (lost("RS101", "x-late"),))
    for name, response in zip(names, responses, strict=True):
        assert response.body.split() == [name.encode()] * 3
        expected = late if name.startswith("late") else Scenario("one_of_many")
        judge_findings(expected, visited.running.findings(name, len(expected.findings)), MODULE)


@every_server
def test_requests_on_one_connection_are_not_mixed_up(visited):
    """A late write of the first request is not told of the second."""
    names = [f"kept-{visited.server}-{number}" for number in range(4)]

    responses = visited.running.keep_alive(["/late_header", "/plain", "/late_cookie", "/plain"], names)

    assert [response.status for response in responses] == [200, 201, 200, 201]
    findings = [visited.running.findings(name, expected) for name, expected in zip(names, (1, 0, 1, 0), strict=True)]
    assert [[each["rule"] for each in found] for found in findings] == [["RS101"], [], ["RS103"], []]


@every_server
def test_a_client_that_goes_away_is_no_finding(visited):
    """Neither the server's complaint nor the end of the generator is late."""
    name = f"gone-{visited.server}"

    visited.running.ask("/endless", request_id=name, cut_after=3000)
    visited.running.ask("/plain", request_id=f"{name}-after")

    assert visited.running.quiet(name) == []
