"""CherryPy on real servers: what is named when something comes too late, and silence where nothing does."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness import Expected, Scenario, cases, each_server, judge_findings

MODULE = "cherrypy_app"
# Which of several returns it was is known from 3.12 on; before, the function that answers is named.
RETURN = "first" if sys.version_info >= (3, 12) else "def"


def lost(rule, subject=None, **writers):
    return Expected(rule, "lost", subject, **writers)


def late(name, rule="RS101", subject="x-total", first="first", **facts):
    """One write that comes too late."""
    if rule == "RS101":
        facts.setdefault("misses", (subject,))
    return Scenario(name, (lost(rule, subject, first=first),), **facts)


def cut(name, rule, **facts):
    """An exception in the middle of a stream, to which CherryPy answers in vain."""
    return Scenario(name, (Expected(rule, "dropped"),), truncated=True, **facts)


def second(name, first="first", late="refuse:late"):
    """A second start: the servers refuse it, and answer 500 because nothing had left."""
    return Scenario(name, (Expected("RS201", "raised", first=first, late=late),), path=f"/limit/{name}", status=500)


LATE_WRITES = [
    late("late_header"),
    late("before_first"),
    late("late_update"),
    late("late_removal", subject="server", misses=()),
    late("late_content_type", subject="content-type", misses=()),
    late("late_status", "RS102", None),
    late("late_status_text", "RS102", None),
    late("late_cookie", "RS103", "seen", misses=("set-cookie",)),
    late("from_helper", "RS103", "total", misses=("set-cookie",)),
    late("late_returned", first=RETURN),
    late("late_decorated", sees=("cache-control",)),
    late("late_in_finally", subject="x-done"),
    late("late_in_thread"),
    late("late_in_timer", "RS103", "expired"),
    late("late_encoded"),
    late("own_length"),
    late("late_on_end_resource", subject="x-resource"),
    late("late_on_end_request", subject="x-request"),
    Scenario("late_json", (lost("RS101", "x-request", late="late_on_end_request:late"),), misses=("x-request",)),
    late("late_behind_hook"),
    late("late_regenerate", "RS103", "session_id"),
    late("late_expire", "RS103", "session_id"),
    late("late_session_on_end_request", "RS104", "seen"),
    late("late_method", path="/shelf/"),
]
ERRORS = [
    cut("error_in_stream", "RS402", body=b"row 1"),
    cut("redirect_in_stream", "RS403", body=b"cart"),
    cut("redirect_before_first", "RS403", status=500),
    cut("http_error_in_stream", "RS402", body=b"page 0"),
]
LAYERS = [
    second("limit_text", RETURN),
    second("limit_json"),
    second("limit_raised"),
    second("limit_redirect"),
    second("limit_error"),
    second("limit_generated"),
    Scenario("retry", (Expected("RS202", "raised"),), path="/retry/retry", status=500),
]
CLEAN = [
    Scenario("plain", status=201, sees=("set-cookie",)),
    Scenario("index", path="/", body=b"index"),
    Scenario("plain_head", path="/plain", method="HEAD", status=201),
    Scenario("collapsed", status=202, sees=("x-total", "set-cookie")),
    Scenario("stream", body=b"row 2"),
    Scenario("stream_head", path="/stream", method="HEAD"),
    Scenario("late_header_head", path="/late_header", method="HEAD"),
    Scenario("equal_write"),
    Scenario("read_late", body=b"text/html"),
    Scenario("tools", headers={"Accept-Encoding": "gzip"}, sees=("etag", "x-tool", "content-encoding")),
    Scenario("tools_unchanged", path="/tools", headers={"If-None-Match": "*"}, status=304),
    Scenario("zipped", headers={"Accept-Encoding": "gzip"}, sees=("content-encoding",)),
    Scenario("cached", body=b"cached"),
    Scenario("cached_again", path="/cached", body=b"cached"),
    Scenario("hooked", sees=("x-tool",)),
    Scenario("json", method="POST", sends=b"[1]", headers={"Content-Type": "application/json"}, body=b"[1]"),
    Scenario("file", body=b"bolts"),
    Scenario("file_range", path="/file", headers={"Range": "bytes=0-3"}, status=206, body=b"nuts"),
    Scenario("moved", status=303, sees=("location", "set-cookie")),
    Scenario("inside", status=201, body=b"plain"),
    Scenario("missing", path="/nowhere", status=404),
    Scenario("wrong_argument", path="/plain?what=1", status=404),
    Scenario("error_in_time", status=500),
    Scenario("error_collapsed", status=500),
    Scenario("error_before_first", status=500, truncated=True),  # CherryPy promises a text and sends none
    Scenario("own_error_response", status=503, body=b"sorry"),
    Scenario("own_error_page", status=404, sees=("x-page",), body=b"nothing here"),
    Scenario("hook_fails", status=500),
    Scenario("late_hook_fails", status=500),
    Scenario("nothing", status=204),
    Scenario("session", sees=("set-cookie",)),
    Scenario("session_streamed", sees=("set-cookie",)),
    Scenario("session_streamed_to_file", sees=("set-cookie",)),
    Scenario("session_read_late", sees=("set-cookie",)),
    Scenario("session_saved_twice", sees=("set-cookie",)),
    Scenario("posted", method="POST", sends=b"name=ann", headers={"Content-Type": "application/x-www-form-urlencoded"}, body=b"ann"),
    Scenario("put", path="/shelf/", method="PUT", sends=b"x", sees=("x-put",), body=b"put"),
    Scenario("short_enough", path="/limit/limit_text?short=1", body=b"short"),
]
EVERYTHING = [*LATE_WRITES, *ERRORS, *LAYERS, *CLEAN]
CORE_NAMES = (
    "late_header", "late_cookie", "before_first", "late_on_end_request", "error_in_stream", "redirect_in_stream", "limit_text", "stream",
    "collapsed", "file", "moved", "session_streamed",
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


@every_server
def test_a_session_that_is_read_late_is_no_finding(visited):
    """Loading it is no write, and a write after it is told by its own key."""
    cookie = visited.running.ask("/session_saved_twice").headers["set-cookie"].partition(";")[0]
    read, written = f"read-{visited.server}", f"written-{visited.server}"

    visited.running.ask("/session_read_late", headers={"Cookie": cookie}, request_id=read)
    visited.running.ask("/late_session_unread", headers={"Cookie": cookie}, request_id=written)

    assert visited.running.quiet(read) == []
    late = Scenario("late_session_unread", (lost("RS104", "seen", late="late_session_on_end_request:late"),))
    judge_findings(late, visited.running.findings(written), MODULE)
