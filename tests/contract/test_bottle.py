"""Bottle on real servers: what is named when something comes too late, and silence where nothing does."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness import Expected, Scenario, cases, each_server, judge_findings

MODULE = "bottle_app"
# Which of several returns it was is known from 3.12 on; before, the function that answers is named.
RETURN = "first" if sys.version_info >= (3, 12) else "def"


def lost(rule, subject=None, **writers):
    return Expected(rule, "lost", subject, **writers)


def late(name, rule="RS101", subject="x-total", first="first", **facts):
    """One write that comes too late."""
    if rule == "RS101":
        facts.setdefault("misses", (subject,))
    return Scenario(name, (lost(rule, subject, first=first),), **facts)


def cut(name, rule="RS401", outcome="truncated", first="first", **facts):
    """An exception in the middle of a stream."""
    return Scenario(name, (Expected(rule, outcome, first=first),), truncated=outcome == "truncated", **facts)


def second(name, first="first", late="refuse:late"):
    """A second start: the servers refuse it, and answer 500 because nothing had left."""
    return Scenario(name, (Expected("RS201", "raised", first=first, late=late),), path=f"/limit/{name}", status=500)


THREE = (
    lost("RS101", "x-total", late="late_header"), lost("RS102", late="late_status"), lost("RS103", "seen", late="late_cookie"),
)
LATE_WRITES = [
    late("late_header", body=b"row 2"),
    late("late_header_map"),
    late("late_header_update"),
    late("late_item"),
    late("late_added", subject="link", sees=("link",), misses=()),
    late("late_removal", subject="x-draft", sees=("x-draft",), misses=()),
    late("late_content_type", subject="content-type", misses=()),
    late("late_status", "RS102", None, body=b"failed"),
    Scenario(
        "late_status_and_header",
        (lost("RS102", late="late_status"), lost("RS101", "retry-after", late="late_header")), misses=("retry-after",),
    ),
    late("late_cookie", "RS103", "seen", misses=("set-cookie",)),
    late("late_second_cookie", "RS103", "second", sees=("set-cookie",)),
    late("late_cookie_deleted", "RS103", "basket", misses=("set-cookie",)),
    late("from_helper"),
    late("late_delegated"),
    late("late_skips_empty", sees=("x-early",)),
    late("late_returned", first="first" if sys.version_info >= (3, 12) else "yield"),
    Scenario("late_built", THREE, status=202, sees=("x-view",), misses=("x-total", "set-cookie")),
    Scenario("late_built_global", THREE, misses=("x-total", "set-cookie")),
    late("late_own_class", sees=("content-disposition",)),
    late("late_in_thread"),
    late("late_in_timer", "RS103", "expired"),
    late("late_in_close", subject="x-pages", body=b"page\npage"),
    late("late_in_finally", subject="x-done"),
    late("late_decorated", sees=("x-timing", "cache-control")),
    late("late_raised", status=409),
    late("late_from_handler", subject="x-tea", first="first" if sys.version_info >= (3, 12) else "raised", status=418),
    late("late_method"),
    late("late_mounted", path="/admin/late_mounted"),
    late("late_merged", path="/archive/late_merged"),
]
ERRORS = [
    cut("error_in_stream", body=b"row 1"),
    cut("error_returned_generator", body=b"row 1"),
    cut("error_of_type"),
    cut("redirect_in_stream", "RS403", body=b"cart"),
    cut("abort_in_stream", "RS402", body=b"page 0"),
    cut("answer_in_stream", "RS402", body=b"page 0"),
    cut("error_in_close", "RS404", "dropped", body=b"page"),
    Scenario("too_short", (Expected("RS302", "truncated", late=None),), truncated=True),
    Scenario("too_long", (lost("RS302"),)),
]
LAYERS = [
    second("limit_text", RETURN),
    second("limit_dict"),
    second("limit_page"),
    second("limit_built"),
    second("limit_abort"),
    second("limit_returned_error"),
    second("limit_error"),
    second("limit_handled", "first" if sys.version_info >= (3, 12) else "raised"),
    Scenario("retry", (Expected("RS202", "raised"),), path="/retry/retry", status=500),
]
CLEAN = [
    Scenario("plain", status=201, sees=("set-cookie", "x-before", "x-after")),
    Scenario("plain_head", path="/plain", method="HEAD", status=201),
    Scenario("stream", body=b"row 2", sees=("x-after",)),
    Scenario("stream_head", path="/stream", method="HEAD"),
    Scenario("late_header_head", path="/late_header", method="HEAD"),
    Scenario("finally_head", path="/late_in_finally", method="HEAD", sees=("x-done",)),
    Scenario("in_time", status=202, sees=("set-cookie", "x-total")),
    Scenario("read_late", body=b"200 1"),
    Scenario("json", body=b'"a"'),
    Scenario("nothing", status=204),
    Scenario("empty_stream", sees=("x-empty",)),
    Scenario("bytes_list", body=b"ab"),
    Scenario("file", body=b"bolts", sees=("etag",)),
    Scenario("file_head", path="/file", method="HEAD"),
    Scenario("file_range", path="/file", headers={"Range": "bytes=0-3"}, status=206, body=b"nuts"),
    Scenario("download", sees=("content-disposition",)),
    Scenario("open_file", body=b"bolts"),
    Scenario("moved", status=303, sees=("location", "set-cookie")),
    Scenario("moved_before_first", status=303, sees=("location",)),
    Scenario("stayed", path="/moved_before_first?stay=1", body=b"stayed"),
    Scenario("error_before_first", status=500),
    Scenario("error_in_time", status=500),
    Scenario("missing", path="/nowhere", status=404),
    Scenario("not_allowed", path="/plain", method="POST", sends=b"x=1", status=405),
    Scenario("unauthorized", status=401, body=b"who are you"),
    Scenario("maintenance", path="/plain?maintenance=1", status=503),
    Scenario("denied", status=403),
    Scenario("denied_again", path="/denied", status=403),
    Scenario("denied_raised", status=403),
    Scenario("denied_raised_again", path="/denied_raised", status=403),
    Scenario("gone", status=410),
    Scenario("handled", path="/limit_handled", status=402, body=b"paying first"),
    Scenario("short_handled", path="/limit/limit_handled?short=1", status=402, body=b"pay!"),
    Scenario("caught", body=b"caught error: two"),
    Scenario("never_sent", misses=("x-other",)),
    Scenario("copied", misses=("x-own",)),
    Scenario("not_modified", headers={"If-None-Match": '"v1"'}, status=304),
    Scenario("modified", path="/not_modified", body=b"the same"),
    Scenario("thread_of_its_own", body=b"Request context not initialized"),
    Scenario("posted", method="POST", sends=b"name=ann", headers={"Content-Type": "application/x-www-form-urlencoded"}, body=b"ann"),
    Scenario("mounted_plain", path="/admin/mounted_plain", sees=("set-cookie",), body=b"mounted"),
    Scenario("guest", path="/guest/", sees=("x-guest",), body=b"guest"),
    Scenario("short_enough", path="/limit/limit_text?short=1", body=b"short"),
]
EVERYTHING = [*LATE_WRITES, *ERRORS, *LAYERS, *CLEAN]
CORE_NAMES = (
    "late_header", "late_cookie", "late_built", "error_in_stream", "redirect_in_stream", "limit_text", "stream", "in_time", "file", "moved",
)
CORE = [scenario for scenario in EVERYTHING if scenario.name in CORE_NAMES]


def on_wsgiref(scenarios):
    """It speaks HTTP/1.0: an answer that was cut looks complete unless its length was promised."""
    return [each.but(truncated=False) if each.name != "too_short" else each for each in scenarios]


SERVERS = {
    "waitress": [each.but(truncated=True) if each.name == "error_in_close" else each for each in EVERYTHING],
    "wsgiref": on_wsgiref(EVERYTHING),
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
        responses = list(pool.map(lambda name: visited.running.ask(f"/one_of_many/{name}", request_id=name), names))

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
