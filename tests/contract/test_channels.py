"""Django Channels: consumers that answer over HTTP by messages, behind its routers, sessions and logins, with Django's views beside them."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from audited import without_refusal

from respstart.testing import Application, Expected, IntegrationContract, Scenario, judge_findings

CHANNELS = Application(Path(__file__).parent / "apps", "channels_app")
VISITOR = {"Cookie": "sessionid=" + "visitor" * 4}
SHOPPER = {"Cookie": "sessionid=" + "shopper" * 4}
JOINING = {"Cookie": "sessionid=" + "joining" * 4}
LEAVING = {"Cookie": "sessionid=" + "leaving" * 4}


def finding(
    rule: str, outcome: str = "raised", subject: str | None = None, first: str | None = "first", late: str | None = "late"
) -> tuple[Expected, ...]:
    return (Expected(rule, outcome, subject, first, late),)


# The answer is complete: the rest is refused, or on daphne dropped.
COMPLETE = [
    Scenario("missing_return", finding("RS201"), status=409, body=b"nothing to do"),
    Scenario("missing_return-nested", finding("RS201"), path="/deep/deeper/missing_return", status=409, marks="missing_return"),
    Scenario("missing_return-stamped", finding("RS201"), path="/hall/missing_return", status=409, marks="missing_return", sees=("x-stamp",)),
    Scenario("reply", finding("RS201"), body=b"first"),
    Scenario("extended", finding("RS201"), body=b"one", sees=("access-control-allow-origin",)),
    Scenario("tagged", finding("RS201"), body=b"one", sees=("x-tagged",)),
    Scenario("by_messages", finding("RS201"), body=b"one"),
    Scenario("decorated", finding("RS201"), status=401),
    Scenario("parent", finding("RS201"), body=b"parent"),
    Scenario("race", finding("RS203"), body=b"cached"),
    Scenario("in_disconnect", finding("RS201"), status=400),
    Scenario("body_in_disconnect", finding("RS301"), body=b"done"),
    Scenario("heartbeat", finding("RS301"), body=b"over"),
    Scenario("in_thread", finding("RS201"), body=b"one"),
    Scenario("synchronous", finding("RS201"), body=b"one"),
    Scenario("after_the_answer", finding("RS301"), status=400),
    Scenario("call_twice", finding("RS202"), body=b"plain"),
    Scenario("routed", finding("RS202"), path="/twice/routed", body=b"plain"),
    Scenario("fallback", finding("RS201"), body=b"plain"),
]
# Only where the client's leaving is not told before what else there is to be dispatched.
PATIENT = [
    Scenario("gate", finding("RS201", "lost"), status=403),
    Scenario("event_after", finding("RS301", "lost"), body=b'{"chat": 1}'),
    Scenario("events_answer", finding("RS201", "lost"), body=b"changed"),
]
MIDWAY = [Scenario("headers_twice", finding("RS201"), body=b"one")]
CUT = [
    Scenario("patience", finding("RS201"), truncated=True, body=b"working"),
    Scenario("error_answer", finding("RS201"), truncated=True, body=b"a,b"),
    Scenario("error_after_headers", finding("RS401", "truncated"), truncated=True),
    Scenario("error_late", finding("RS401", "truncated"), truncated=True, body=b"one"),
    Scenario("not_found_late", finding("RS402", "truncated"), truncated=True, body=b"one"),
    Scenario("too_short", finding("RS302", "truncated", late=None), truncated=True),
]
ERRORS = [
    Scenario("error_after_end", finding("RS404", "dropped"), body=b"all"),
    Scenario("error_in_disconnect", finding("RS404", "dropped"), body=b"all"),
]
ENDED_AGAIN = Scenario("ends_in_disconnect", body=b"done")
BODY_FIRST = Scenario("body_first", finding("RS303", first=None), status=500)
# The message and its list belong to the consumer, which goes on writing to them: only the seal sees that.
SILENT = [
    Scenario("late_line", finding("RS101", "lost", "x-rows", late=None), misses=("x-rows",)),
    Scenario("late_cookie", finding("RS103", "lost", "seen", late=None), misses=("set-cookie",)),
]
SESSIONS = [
    Scenario("late_session", finding("RS104", "lost", "last"), path="/sessions/late_session", misses=("set-cookie",)),
    Scenario("late_session_known", finding("RS104", "lost", "last"), path="/sessions/late_session_known", headers=VISITOR),
    Scenario("late_session_in_thread", finding("RS104", "lost", "in_thread"), path="/sessions/late_session_in_thread"),
    Scenario("late_session_signed", finding("RS104", "lost", "last"), path="/signed/late_session_signed", misses=("set-cookie",)),
    Scenario("late_session_auth", finding("RS104", "lost", "last"), path="/auth/late_session_auth", headers=SHOPPER),
    Scenario("late_login", finding("RS104", "lost", "_auth_user_id"), path="/auth/late_login", misses=("set-cookie",)),
    Scenario("late_login_known", finding("RS104", "lost", "_auth_user_id"), path="/auth/late_login_known", headers=JOINING),
    Scenario("signed_twice", finding("RS104", "lost", "second"), path="/signed/signed_twice", sees=("set-cookie",)),
    Scenario("saved_unknown", finding("RS104", "lost", "seen"), path="/sessions/saved_late", misses=("set-cookie",)),
]
VIEWS = [
    Scenario("view_late", finding("RS101", "lost", "x-late"), misses=("x-late",)),
    Scenario("view_cookie", finding("RS103", "lost", "seen"), misses=("set-cookie",)),
    Scenario("view_unread", finding("RS104", "lost", "last"), headers=VISITOR),
    Scenario("view_session", headers=VISITOR, body=b"one1"),
    Scenario("view", body=b"a view"),
    Scenario("nowhere", status=404),
]
CLEAN = [
    *(Scenario(name) for name in ("plain", "ignored_events", "stops", "works")),
    Scenario("plain-nested", path="/deep/deeper/plain", body=b"plain"),
    Scenario("plain-head", path="/plain", method="HEAD"),
    Scenario("chunks", body=b"0123"),
    Scenario("chunks-stamped", path="/hall/chunks", body=b"0123", sees=("x-stamp",)),
    Scenario("sse", body=b"data: over", sees=("cache-control",)),
    Scenario("long_poll", body=b"hello"),
    Scenario("posted", method="POST", sends=b"some bytes", status=201, body=b"some bytes", sees=("location",)),
    Scenario("choosing", status=409),
    Scenario("choosing-post", path="/choosing", method="POST", sends=b"build", status=202, body=b"build"),
    Scenario("decorated-token", path="/decorated?token=1", body=b"welcome"),
    Scenario("caught", status=404),
    Scenario("redirect", status=302),
    Scenario("not_modified", status=304),
    Scenario("sets_cookie", sees=("set-cookie",)),
    Scenario("session_in_time", path="/sessions/session_in_time", sees=("set-cookie",)),
    Scenario("same_again", path="/sessions/same_again", sees=("set-cookie",)),
    Scenario("read_late", path="/sessions/read_late", body=b"None"),
    Scenario("read_late-known", path="/sessions/read_late", headers=VISITOR, body=b"1"),
    Scenario("saved_late", path="/sessions/saved_late", headers=VISITOR),
    Scenario("plain_session", path="/sessions/plain_session", headers=VISITOR, misses=("set-cookie",)),
    Scenario("login_in_time", path="/auth/login_in_time", body=b"ann", sees=("set-cookie",)),
    Scenario("late_logout", path="/auth/late_logout", headers=LEAVING),
]
CRASH = Scenario("crashes", status=500)
CORE = [*COMPLETE[:3], *COMPLETE[6:8], *MIDWAY, *SESSIONS[:2], *VIEWS[:2], *CLEAN[:10]]
UVICORN = [
    *COMPLETE, *MIDWAY, *CUT, *ERRORS, *SILENT, *SESSIONS, *VIEWS, *CLEAN, BODY_FIRST, CRASH, Scenario("silent", status=500),
    ENDED_AGAIN.but(findings=finding("RS301")),
]  # fmt: skip
# Where an exception follows the start, daphne's client waits for ever: one of them, and that last.
DAPHNE = [
    *without_refusal(COMPLETE), *PATIENT, *MIDWAY, BODY_FIRST, ENDED_AGAIN, *ERRORS, *SILENT, *SESSIONS, *VIEWS, *CLEAN, CRASH, CUT[0],
]  # fmt: skip


class TestChannels(IntegrationContract):
    integration = "channels"
    apps = CHANNELS.folder
    app = CHANNELS.module
    servers = {"daphne": DAPHNE, "uvicorn-h11": UVICORN, "hypercorn": CORE}


def one_of_many(number):
    """One of many requests at the same time, which is answered twice if its number is odd."""
    findings = finding("RS201", "lost") if number % 2 else ()
    return Scenario(f"mixed-{number}", findings, f"/mixed/{number}", sees=("x-number",), body=b"%d " % number * 4, marks="mixed")


class TestOnDaphne(IntegrationContract):
    """What the server that belongs to it does with many requests, and what needs more than one question."""

    integration = "channels"
    apps = CHANNELS.folder
    app = CHANNELS.module
    servers = {"daphne": [Scenario("endless", cut_after=30_000, truncated=True)]}
    at_once = [one_of_many(number) for number in range(12)]
    on_one_connection = [
        each.again(f"{each.name}-kept")
        for each in (*without_refusal([each for each in COMPLETE if each.name in ("missing_return", "after_the_answer")]), CLEAN[0])
    ]

    def test_what_the_client_got_is_told_where_the_server_says_nothing(self, visited):
        visited.running.ask("/missing_return", request_id="dropped")
        (found,) = visited.running.findings("dropped")
        assert (found["response"]["status"], found["response"]["complete"], found["request"]["framework"]) == (409, True, "channels")
        assert "the client never got it" in found["message"]

    def test_two_calls_of_one_helper_are_told_apart(self, visited):
        visited.running.ask("/reply", request_id="helper")
        (found,) = visited.running.findings("helper")
        reasons = [found[writer]["reason"] for writer in ("first_writer", "late_writer")]
        assert reasons[0] != reasons[1]
        assert all("TwoReplies.handle" in reason for reason in reasons)

    def test_an_answer_by_another_request(self, visited):
        with ThreadPoolExecutor(1) as pool:
            parked = pool.submit(visited.running.ask, "/parked", request_id="parked")
            assert visited.running.ask("/waking", request_id="waking").body == b"waking"
            assert parked.result().body == b"woken"
        found = visited.running.findings("parked")
        judge_findings(Scenario("parked", finding("RS201", "lost")), found, visited.running.application)
        assert found[0]["late_in"]["request"]["id"] == "waking"
        assert visited.running.quiet("waking") == []

    def test_web_sockets_are_left_alone(self, visited):
        from websockets.sync.client import connect

        with connect(f"ws://127.0.0.1:{visited.running.port}/echo", additional_headers={"X-Request-ID": "socket", **VISITOR}) as socket:
            socket.send('"hello"')
            assert json.loads(socket.recv()) == {"echo": "hello"}
            assert json.loads(socket.recv()) == {"bye": True}
        assert visited.running.quiet("socket") == []


# ---------------------------------------------------------------- Channels' own client, in the test's process
CLIENT = """
import asyncio, json, sys
import respstart
found = []
with respstart.tracing(output="off", otel="off"):
    respstart.on_finding(lambda finding: found.append(finding.to_dict()))
    import channels_app
    from channels.testing import HttpCommunicator

    async def ask(name, path, cookie):
        headers = [(b"x-request-id", name.encode()), *([(b"cookie", cookie.encode())] if cookie else [])]
        client = HttpCommunicator(channels_app.app, "GET", path, headers=headers)
        answer = await client.get_response()
        answer["headers"].append((b"x-test", b"an edit of the result"))
        try:
            await client.wait()
        except LookupError as error:
            return [answer["status"], answer["body"].decode(), str(error)]
        return [answer["status"], answer["body"].decode(), None]

    async def ask_all(requests):
        return {name: await ask(name, path, cookie) for name, path, cookie in requests}

    answers = asyncio.run(ask_all(json.loads(sys.argv[1])))
print(json.dumps([answers, found]))
"""
# Not: a second request by other methods, streams of Django's (their last message has no body, which this client asks for), and
# consumers that only stop when they hear of the client's leaving.
ELSEWHERE = ("view_late", "view_cookie", "view_unread", "view_session", "ignored_events", "sse")
ASKED = [
    each
    for each in (*without_refusal(COMPLETE), *PATIENT, ENDED_AGAIN, ERRORS[0], *SESSIONS, *VIEWS, *CLEAN)
    if each.method == "GET" and each.name not in ELSEWHERE
]


@pytest.fixture(scope="module")
def asked():
    """In a process of its own: Django can be configured only once."""
    requests = [(each.name, each.url, each.headers.get("Cookie")) for each in ASKED]
    command = [sys.executable, "-c", CLIENT, json.dumps(requests)]
    done = subprocess.run(command, cwd=CHANNELS.folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("scenario", ASKED, ids=lambda scenario: scenario.name)
def test_in_the_tests_own_process(asked, scenario):
    answers, found = asked
    status, body, _ = answers[scenario.name]
    assert status == scenario.status
    assert scenario.body.decode() in body
    judge_findings(scenario, [each for each in found if each["request"]["id"] == scenario.name], CHANNELS)


def test_the_exception_still_reaches_the_test(asked):
    answers, _ = asked
    assert answers["error_after_end"][2] == "rows"
    assert answers["plain"][2] is None
