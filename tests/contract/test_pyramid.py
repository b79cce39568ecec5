"""Pyramid, and WebOb alone, on real servers: what is named when something comes too late, and silence where nothing does."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from respstart.testing import Expected, IntegrationContract, Scenario, judge_findings


def only_with_return_lines(*scenarios):
    """Before 3.12 nothing tells which of several user functions has returned the answer: a limit that the docs name."""
    return scenarios if sys.version_info >= (3, 12) else ()


def lost(rule, subject=None, **writers):
    return Expected(rule, "lost", subject, **writers)


def late(name, rule, subject=None, **facts):
    """One write that came too late."""
    return Scenario(name, (lost(rule, subject, late=facts.pop("late", "late")),), **facts)


def cut(name, rule="RS401", **facts):
    """An exception in the middle of a stream."""
    return Scenario(name, (Expected(rule, "truncated"),), truncated=True, **facts)


def second(name, first="first", path="", **facts):
    """A second start: the servers refuse it, and answer 500 because nothing had left."""
    return Scenario(name, (Expected("RS201", "raised", first=first, late="refuse:late"),), status=500, path=path, **facts)


WRITES = [
    late("late_header", "RS101", "x-total", sees=("x-tween", "x-event"), misses=("x-total",), body=b"row 2"),
    late("late_header_added", "RS101", "x-kind", sees=("x-kind",)),
    late("late_header_list", "RS101", "x-listed", misses=("x-listed",)),
    late("late_header_list_replaced", "RS101", "x-listed", misses=("x-listed",)),
    late("late_status", "RS102", body=b"failed"),
    late("late_status_int", "RS102"),
    late("late_cookie", "RS103", "last_row", misses=("set-cookie",)),
    late("late_cookie_deleted", "RS103", "basket", misses=("set-cookie",)),
    late("late_removal", "RS101", "x-draft", sees=("x-draft",)),
    Scenario(
        "late_properties",
        (
            lost("RS101", "content-type", late="type"),
            lost("RS101", "cache-control", late="cache"),
            lost("RS101", "last-modified", late="modified"),
            lost("RS101", "etag", late="etag"),
            lost("RS101", "content-disposition", late="disposition"),
        ),
        misses=("cache-control", "last-modified", "etag", "content-disposition"),
    ),
    Scenario("late_expiry", (lost("RS101", "cache-control"), lost("RS101", "expires")), misses=("cache-control", "expires")),
    late("before_first_chunk", "RS101", "x-early", misses=("x-early",)),
    late("own_class", "RS101", "x-rows", misses=("x-rows",)),
    late("built_elsewhere", "RS101", "x-export"),
    late("late_in_close", "RS101", "x-count"),
    late("late_in_thread", "RS101", "x-measured"),
    late("late_in_pool", "RS102"),
    late("late_in_tween", "RS101", "x-size"),
    late("from_handler", "RS101", "retry-after", status=409, body=b"two of them"),
    late("late_in_subrequest", "RS101", "x-asked", body=b"plain"),
    late("subresponse", "RS101", "x-total", marks="late_header", body=b"row 2"),
    late("on_exception", "RS101", "x-late", status=410, body=b"one"),
    late("late_in_class", "RS101", "x-late"),
    late("stamped_late", "RS101", "x-total", path="/stamped/late_header", marks="late_header", sees=("x-middle",), body=b"row 2"),
    late("stamped_by_wrapper", "RS101", "x-wrapped", path="/stamped/wrapped", sees=("x-middle",)),
    late("webob_late", "RS101", "x-late", path="/webob/late"),
    *only_with_return_lines(
        late("late_on_provided", "RS101", "x-late"),
    ),
    late("late_rendered", "RS103", "job", status=202),
]
SESSIONS = [
    late("late_session", "RS104", "visit", sees=("set-cookie",)),
    late("late_session_alone", "RS104", "visit", sees=("set-cookie",)),
    late("late_session_first", "RS104", "visit", misses=("set-cookie",)),
    late("late_session_cleared", "RS104", "user"),
    late("late_flash", "RS104", "_f_"),
    late("late_flash_read", "RS104", "_f_", body=b"welcome"),
    late("late_token", "RS104", "_csrft_"),
    late("late_callback", "RS105", "stamp", misses=("x-stamped",)),
]
ERRORS = [
    cut("error_in_stream", body=b"row 1"),
    cut("stamped_error", path="/stamped/error_in_stream", marks="error_in_stream", sees=("x-middle",), body=b"row 1"),
    cut("handled_in_stream", body=b"one"),
    cut("http_error_in_stream", "RS402", body=b"one"),
    cut("redirect_in_stream", "RS403", body=b"cart"),
    Scenario("too_short", (Expected("RS302", "truncated", late=None),), truncated=True),
    Scenario("too_long", (lost("RS302"),)),
]
STARTS = [
    second("limit_built"),
    second("limit_json"),
    second("limit_context"),
    second("limit_raised"),
    second("limit_raised_elsewhere"),
    second("limit_returned"),
    second("limit_missing"),
    second("limit_nowhere", marks="limit_missing"),
    second("limit_decorator", path="/limit_decorator?closed=1"),
    second("limit_tween"),
    second("limit_webob_error"),
    second("limit_replaced"),
    second("limit_webob_raw"),
    *only_with_return_lines(
        second("limit_class"),
        second("limit_rendered"),
        second("limit_provided"),
        second("limit_handled"),
        second("limit_webob_text"),
    ),
    Scenario("cascade", (Expected("RS201", "raised", late="fallback:late"),), status=500),
    Scenario("retry", (Expected("RS202", "raised"),), status=500),
]
CLEAN = [
    Scenario("plain", sees=("x-tween", "x-event"), body=b"plain"),
    Scenario("plain_head", path="/plain", method="HEAD", sees=("content-length",)),
    Scenario("late_header_head", path="/late_header", method="HEAD"),
    Scenario("missing", path="/nowhere", status=404, body=b"no /nowhere"),
    Scenario("not_allowed", path="/plain", method="POST", status=404),
    Scenario("everything_in_time", status=203, sees=("set-cookie", "x-stamped", "etag", "cache-control")),
    Scenario("stream", sees=("set-cookie",), body=b"row 2"),
    Scenario("file", body=b"bolts", sees=("last-modified",)),
    Scenario("file_head", path="/file", method="HEAD"),
    Scenario("file_range", path="/file", headers={"Range": "bytes=0-3"}, status=206, body=b"nuts"),
    Scenario("file_bad_range", path="/file", headers={"Range": "bytes=90-99"}, status=416),
    Scenario("static", path="/files/catalogue.txt", body=b"bolts"),
    Scenario("static_missing", path="/files/none/", status=404),
    Scenario("slash", path="/nowhere/", status=404),
    Scenario("slash_appended", path="/files/none", status=307),
    Scenario("static_cached", path="/files/catalogue.txt", headers={"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}, status=304),
    Scenario("no_content", status=204),
    Scenario("not_modified", status=304),
    Scenario("conditional", headers={"If-None-Match": '"v1"'}, status=304),
    Scenario("unconditional", path="/conditional", body=b"the same"),
    Scenario("crash", status=500),
    Scenario("error_before_first_chunk", status=500),
    Scenario("redirect", status=302, sees=("location",)),
    Scenario("handled", status=403),
    Scenario("subrequest", body=b"plainplain"),
    Scenario("remembered", sees=("set-cookie",)),
    Scenario("equal_write"),
    Scenario("read_late", body=b"200 OK"),
    Scenario("never_sent", body=b"of nobody"),
    Scenario("caught_in_stream", body=b"error: no more rows"),
    Scenario("cached", sees=("x-hits",)),
    Scenario("cached_again", path="/cached", sees=("x-hits",)),
    Scenario("body_read"),
    Scenario("limit_short", path="/webob/clean", sees=("set-cookie",)),
    Scenario("webob_missing", path="/webob/missing", status=404),
    Scenario("stamped", path="/stamped/plain", sees=("x-middle", "x-tween")),
    Scenario("stamped_stream", path="/stamped/stream", sees=("x-middle",), body=b"row 2"),
]
GONE = Scenario("client_leaves", path="/endless", cut_after=3000, truncated=True)
EVERYTHING = [*WRITES, *SESSIONS, *ERRORS, *STARTS, *CLEAN, GONE]
CORE_NAMES = ("late_header", "late_session", "late_callback", "error_in_stream", "stream", "file", "crash", "client_leaves")
CORE = [scenario for scenario in EVERYTHING if scenario.name in CORE_NAMES]


def one_of_many(name):
    """One of many requests at the same time, with a late header if its name says so."""
    findings = (lost("RS101", "x-late"),) if name.startswith("late") else ()
    return Scenario(name, findings, f"/one_of_many/{name}", body=f"{name}\n".encode() * 3, marks="one_of_many")


def kept(name, number):
    """A scenario as a request of a connection that is kept."""
    return next(each for each in EVERYTHING if each.name == name).again(f"{name}-kept-{number}")


class TestPyramid(IntegrationContract):
    integration = "pyramid"
    apps = Path(__file__).parent / "apps"
    app = "pyramid_app"
    servers = {"waitress": EVERYTHING, "cheroot": CORE, "gunicorn-gthread": CORE}
    at_once = [one_of_many(f"{kind}-{number}") for number in range(6) for kind in ("late", "good")]
    on_one_connection = [kept(name, number) for number, name in enumerate(("late_header", "plain", "late_session", "plain"))]

    def test_a_session_that_is_known_by_its_cookie(self, visited):
        """What was in the session before is no write; what is deleted too late, is."""
        name = f"known-{visited.server}"
        cookie = visited.running.ask("/late_session", request_id=f"{name}-before").headers["set-cookie"].partition(";")[0]

        response = visited.running.ask("/late_session_known", headers={"Cookie": cookie}, request_id=name)
        visited.running.ask("/read_late", headers={"Cookie": cookie}, request_id=f"{name}-read")

        assert response.body == b"visit 1\n"
        judge_findings(late("late_session_known", "RS104", "visit"), visited.running.findings(name), visited.running.application)
        assert visited.running.quiet(f"{name}-read") == []

    def test_another_request_is_late(self, visited):
        """The finding is about the response that was started, and names the request whose code came too late."""
        name = f"live-{visited.server}"
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(visited.running.ask, f"/live/{name}", request_id=name)
            poked = None
            while not answer.done() and (poked is None or poked.status == 500):  # until the first request has come so far
                poked = visited.running.ask(f"/poke/{name}", request_id=f"poke-{name}")

        assert (answer.result().body, poked.body) == (b"waiting\npoked\n", b"poked")
        findings = visited.running.findings(name)
        judge_findings(late("live", "RS101", "x-poked"), findings, visited.running.application)
        assert findings[0]["late_in"]["request"]["id"] == f"poke-{name}"
        assert visited.running.findings(f"poke-{name}", 0) == []
