"""aiohttp with its own server: late writes, second heads, exceptions, bodies, sessions, and what is no finding."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import respstart
from respstart.testing import Application, Expected, IntegrationContract, Scenario, judge_findings

AIOHTTP = Application(Path(__file__).parent / "apps", "aiohttp_app")
# Before Python 3.12 it is not seen which of handler and middlewares returned nothing: nobody is named.
FOLLOWS = sys.version_info >= (3, 12)
RETURNED = "late" if FOLLOWS else None
KNOWN = {"Cookie": "KEPT=known"}
UPGRADE = {
    "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def lost(rule: str, subject: str | None = None, late: str | None = "late") -> tuple[Expected, ...]:
    return (Expected(rule, "lost", subject, late=late),)


def found(rule: str, outcome: str, late: str | None = "late") -> tuple[Expected, ...]:
    return (Expected(rule, outcome, late=late),)


def clean(path: str, **facts) -> Scenario:
    return Scenario(path.strip("/").replace("/", "-"), path=path, **facts)


WRITES = [
    Scenario("late_header", lost("RS101", "x-total"), misses=("x-total",)),
    Scenario("late_status", (Expected("RS102", "raised"),), truncated=True),
    Scenario("late_status_caught", found("RS102", "raised"), body=b"failed"),
    Scenario("late_cookie", lost("RS103", "visit"), misses=("set-cookie",)),
    Scenario("late_delete", lost("RS101", "x-draft"), sees=("x-draft",)),
    Scenario("late_cookie_delete", lost("RS103", "cart"), sees=("set-cookie",)),
    Scenario(
        "late_properties",
        (
            *lost("RS101", "content-type"), *lost("RS101", "last-modified", late="late_modified"), *lost("RS101", "etag", late="late_etag"),
        ),
        misses=("etag", "last-modified"),
    ),
    Scenario("two_lines", (*lost("RS101", "x-one", late="late_one"), *lost("RS101", "x-two", late="late_two")), misses=("x-one",)),
    Scenario("after_an_answer", lost("RS103", "job"), misses=("set-cookie",), sees=("x-in-time",)),
    Scenario("own_class", lost("RS101", "x-last"), misses=("x-last",), sees=("cache-control",)),
    Scenario("own_start", lost("RS101", "x-last"), misses=("x-last",)),
    Scenario("wrapped", lost("RS101", "x-stamp"), misses=("x-stamp",)),
    Scenario("view", lost("RS101", "x-view"), misses=("x-view",)),
    Scenario("prepared_answer", lost("RS101", "x-late"), misses=("x-late",)),
    Scenario("signal", lost("RS103", "track"), misses=("set-cookie",), sees=("x-prepared",)),
    Scenario("late_file", lost("RS101", "x-served"), misses=("x-served",), body=b"nuts"),
    Scenario("in_thread", lost("RS101", "x-thread")),
    Scenario("in_executor", lost("RS101", "x-signature")),
    Scenario("in_timer", lost("RS101", "x-timer")),
    Scenario("in_generator", lost("RS101", "x-total")),
    Scenario("early_in_generator", lost("RS103", "early"), misses=("set-cookie",)),
    Scenario(
        "stamped", (*lost("RS101", "x-total"), *lost("RS101", "x-stamp", late="stamp:late")), path="/stamp/late_header",
        marks="late_header", misses=("x-stamp",),
    ),
]  # fmt: skip
# Before Python 3.12 the line that took the headers stands for the write, and one that comes after the end is not seen.
FOLLOWED = [
    Scenario("late_cookie_attribute", lost("RS103", "cart"), sees=("set-cookie",)),
    Scenario("kept_headers", (*lost("RS101", "x-a", late="late_a"), *lost("RS101", "x-b", late="late_b")), misses=("x-a",)),
    Scenario("kept_before", lost("RS101", "x-late"), misses=("x-late",), sees=("x-kind",)),
    Scenario("after_the_end", lost("RS101", "x-task"), misses=("x-task",)),
]
ERRORS = [
    Scenario("fails_late", found("RS401", "truncated"), truncated=True),
    Scenario("fails_in_generator", found("RS401", "truncated"), truncated=True),
    Scenario("fails_before_first_chunk", found("RS401", "truncated"), status=None, truncated=True),
    Scenario("refuses_in_generator", found("RS402", "truncated"), truncated=True),
    Scenario("times_out", found("RS401", "truncated"), truncated=True),
    Scenario("grouped", found("RS401", "truncated"), truncated=True),
    Scenario("fails_after_end", found("RS404", "dropped"), body=b"all"),
]
SECOND_HEADS = [
    Scenario("other_returned", found("RS204", "corrupted"), truncated=True),
    Scenario("refused", found("RS204", "corrupted"), truncated=True),
    Scenario("redirects_late", found("RS204", "corrupted"), truncated=True),
    Scenario("nothing_returned", found("RS204", "corrupted"), truncated=True),
    Scenario("passed_on", found("RS204", "corrupted", RETURNED), path="/retry/nothing_returned", marks="nothing_returned", truncated=True),
    Scenario("lost_in_middleware", found("RS204", "corrupted", RETURNED), path="/forget/lost_in_middleware", truncated=True),
    Scenario("two_streams", found("RS204", "corrupted"), truncated=True),
    Scenario("stream_after_eof", found("RS201", "corrupted"), body=b"all"),
    Scenario("after_eof", found("RS201", "lost"), body=b"all"),
    Scenario("raises_in_stream", found("RS204", "corrupted"), path="/catch/raises_in_stream", truncated=True),
    Scenario("too_slow", found("RS204", "corrupted"), path="/deadline/slow", truncated=True),
    Scenario("flaky", found("RS204", "corrupted", late="first"), path="/retry/flaky", truncated=True),
]
BODIES = [
    Scenario("write_after_eof", found("RS301", "raised"), body=b"all"),
    Scenario("too_short", found("RS302", "truncated", late=None), truncated=True),
    Scenario("short_generator", found("RS302", "truncated", late=None), truncated=True),
    Scenario("too_long", found("RS302", "lost"), body=b"fiv"),
]
SESSIONS = [
    Scenario("late_session", lost("RS104", "seen"), path="/session/late_session", misses=("set-cookie",)),
    Scenario("late_session_loaded", lost("RS104", "seen"), path="/session/late_session_loaded"),
    Scenario(
        "late_session_dropped", lost("RS104", "count"), path="/session/late_session_dropped",
        headers={"Cookie": 'AIOHTTP_SESSION="{\\"created\\": 2000000000\\054 \\"session\\": {\\"count\\": 1}}"'},
    ),
    Scenario(
        "session_saved_late", (*lost("RS104", "seen"), *lost("RS103", "AIOHTTP_SESSION", late="late_cookie")),
        path="/session/session_saved_late", misses=("set-cookie",),
    ),
    Scenario("kept_session", lost("RS104", "seen"), path="/kept/kept_session", headers=KNOWN),
]  # fmt: skip
CLEAN = [
    *(clean(f"/{name}") for name in ("plain", "equal_write", "copied_headers", "never_sent", "caught_inside", "generated", "cloned")),
    clean("/in_time", status=203, sees=("x-one", "set-cookie", "x-prepared")),
    clean("/replaced", status=202, body=b"final"),
    clean("/replaced_by_redirect", status=302),
    clean("/replaced_by_error", status=500),
    *(clean(f"/{name}", status=500) for name in ("fails_early", "nothing_at_all")),
    clean("/fails_while_preparing", status=None, truncated=True),
    clean("/refused_early", status=403),
    clean("/redirected", status=302, sees=("location",)),
    clean("/missing", status=404),
    clean("/no_content", status=204),
    clean("/not_modified", status=304),
    clean("/compressed", headers={"Accept-Encoding": "gzip"}, sees=("content-encoding",)),
    clean("/compressed_stream", headers={"Accept-Encoding": "gzip"}, sees=("content-encoding",)),
    clean("/sized_stream", body=b"abcdefghijkl"),
    clean("/own_writer", body=b"abcdef"),
    clean("/file", sees=("x-file",), body=b"screws"),
    Scenario("file-head", path="/file", method="HEAD"),
    Scenario("file-range", path="/file", headers={"Range": "bytes=2-5"}, status=206, body=b"ts\nb"),
    Scenario("file-bad-range", path="/file", headers={"Range": "bytes=200-500"}, status=416),
    Scenario("file-unchanged", path="/file", headers={"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}, status=304),
    Scenario("file-precondition", path="/file", headers={"If-Match": '"other"'}, status=412),
    clean("/packed", headers={"Accept-Encoding": "gzip"}, sees=("content-encoding",)),
    clean("/opened_file", body=b"screws"),
    clean("/static/catalogue.txt", body=b"screws"),
    clean("/static/missing.txt", status=404),
    clean("/events", body=b"data: 2"),
    Scenario("head", path="/plain", method="HEAD"),
    Scenario("head-stream", path="/in_time", method="HEAD", status=203),
    Scenario("head-sized", path="/sized_stream", method="HEAD"),
    Scenario("wrong-method", path="/plain", method="POST", status=405),
    Scenario("expects", path="/plain", headers={"Expect": "100-continue"}),
    Scenario("no-upgrade", path="/echo", status=400),
    Scenario("upgrade", path="/echo", headers=UPGRADE, sends=b"\x88\x80abcd", status=None, truncated=True),
    clean("/stamp/plain", sees=("x-stamp", "x-prepared")),
    clean("/careful/plain", sees=("x-seen",)),
    clean("/careful/in_time", status=203, misses=("x-seen",)),
    clean("/careful/refused_early", status=403, sees=("x-seen",)),
    clean("/careful/fails_early", status=409),
    clean("/deadline/slow_answer", status=504),
    clean("/deadline/in_time", status=203),
    clean("/catch/fails_early", status=409),
    clean("/session/session_in_time", sees=("set-cookie",)),
    clean("/session/session_only_read", body=b"None"),
    clean("/session/session_saved_by_hand", sees=("set-cookie",)),
    clean("/session/refused_early", status=403),
    clean("/session/redirected", status=302),
    clean("/session/fails_early", status=500),
    clean("/kept/session_in_time", sees=("set-cookie",)),
    clean("/kept/session_only_read"),
    clean("/kept/kept_session_saved", headers=KNOWN),
]
ALL = [*WRITES, *(FOLLOWED if FOLLOWS else ()), *ERRORS, *SECOND_HEADS, *BODIES, *SESSIONS, *CLEAN]
GONE = [Scenario(name, cut_after=5000, truncated=True) for name in ("endless", "gives_up")]
UNDER_GUNICORN_NAMES = (
    "late_header", "fails_late", "redirects_late", "in_time", "file", "static-catalogue.txt", "generated", "replaced",
    "careful-refused_early",
)
UNDER_GUNICORN = [each for each in ALL if each.name in UNDER_GUNICORN_NAMES]


def tagged(name):
    """One of many requests, each with a late header of its own name."""
    return Scenario(name, lost("RS101", f"x-{name}"), "/tagged", marks="tagged")


class TestAiohttp(IntegrationContract):
    integration = "aiohttp"
    apps = AIOHTTP.folder
    app = AIOHTTP.module
    servers = {
        "own": [*ALL, *GONE],
        # The workers that aiohttp brings for gunicorn, on both loops.
        "gunicorn-aiohttp": UNDER_GUNICORN,
        "gunicorn-aiohttp-uvloop": UNDER_GUNICORN,
    }
    at_once = [tagged(f"r{number}") for number in range(24)]
    on_one_connection = [tagged(name) for name in ("one", "two", "three")]

    def test_one_request_writes_to_another(self, visited):
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda path: visited.running.ask(path, request_id="pair"), ("/subscribe", "/publish")))
        assert [answer.body for answer in answers] == [b"abcdef", b"ok"]
        assert visited.running.quiet("pair") == []

    def test_what_is_wrong_with_respstart_itself(self, visited):
        """After everything above no hook has failed."""
        assert [finding for finding in visited.running.all_findings() if finding["rule"] == "RS901"] == []


IN_PROCESS = [
    ("/late_header", "late_header", Expected("RS101", "lost", "x-total")),
    ("/two_lines", "two_lines", Expected("RS101", "lost", "x-one", late="late_one")),
    ("/after_an_answer", "after_an_answer", Expected("RS103", "lost", "job")),
    ("/view", "view", Expected("RS101", "lost", "x-view")),
    ("/session/late_session", "late_session", Expected("RS104", "lost", "seen")),
    ("/other_returned", "other_returned", Expected("RS204", "corrupted")),
    ("/nothing_returned", "nothing_returned", Expected("RS204", "corrupted")),
    ("/fails_late", "fails_late", Expected("RS401", "truncated")),
    ("/in_time", "", None),
    ("/file", "", None),
    ("/replaced_by_error", "", None),
    ("/careful/refused_early", "", None),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::aiohttp.web_exceptions.NotAppKeyWarning")  # aiohttp_session's own
@pytest.mark.parametrize(("path", "name", "expected"), IN_PROCESS)
def test_its_own_test_client(monkeypatch, path, name, expected):
    """Client and server in one loop; the application was imported before respstart was switched on."""
    monkeypatch.syspath_prepend(str(AIOHTTP.folder))
    import aiohttp_app
    from aiohttp import ClientError
    from aiohttp.test_utils import TestClient, TestServer

    async def ask():
        async with TestClient(TestServer(aiohttp_app.make_app())) as client:
            with contextlib.suppress(ClientError):
                response = await client.get(path)
                response.headers  # noqa: B018 the client's own response
                await response.read()
            while aiohttp_app.tasks:
                await asyncio.gather(*aiohttp_app.tasks)

    found = []
    with respstart.tracing(output="off", otel="off"):
        forget = respstart.on_finding(lambda finding: found.append(finding.to_dict()))
        asyncio.run(ask())
        forget()
    same = [finding for finding in found if expected is None or finding["subject"] == expected.subject]
    judge_findings(Scenario(name, (expected,) if expected else ()), same, AIOHTTP)
