"""Plain ASGI on real servers: nothing but messages, and middleware of every habit."""

from __future__ import annotations

from pathlib import Path

from audited import without_refusal

from respstart.testing import Expected, IntegrationContract, Scenario

APPS = Path(__file__).parent / "apps"


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
FULL = [*STARTS, *MIDWAY, *FORWARDED, *BODIES, *LENGTHS, *ERRORS, *SILENT, *CLEAN]


class TestAsgi(IntegrationContract):
    integration = "asgi"
    apps = APPS
    app = "raw_asgi_app"
    servers = {
        "uvicorn-httptools": FULL,
        "uvicorn-h11": FULL,
        "hypercorn": CORE,
        "daphne": without_refusal(CORE),
        "gunicorn-asgi": without_refusal(CORE),
    }

    def test_web_sockets_are_left_alone(self, visited):
        from websockets.sync.client import connect

        with connect(f"ws://127.0.0.1:{visited.running.port}/", additional_headers={"X-Request-ID": "socket"}) as socket:
            socket.send("hello")
            assert socket.recv() == "echo hello"
        assert visited.running.findings("socket", 0) == []


def one_of_many(number):
    """One of many requests at the same time, which ends twice if its number is odd."""
    return Scenario(f"mixed-{number}", finding("RS201") if number % 2 else (), f"/mixed?{number}", body=b"%d " % number * 4, marks="mixed")


class TestManyRequests(IntegrationContract):
    integration = "asgi"
    apps = APPS
    app = "raw_asgi_app"
    servers = {"uvicorn-h11": [Scenario("gone", path="/endless", cut_after=30_000, truncated=True)]}
    at_once = [one_of_many(number) for number in range(16)]
    on_one_connection = [one_of_many(1).but(name="kept-1"), Scenario("hello", body=b"hello"), BODIES[3]]

    def test_two_calls_of_one_helper_are_told_apart(self, visited):
        visited.running.ask("/shared_helper", request_id="helper")
        (found,) = visited.running.findings("helper")
        reasons = [found[writer]["reason"] for writer in ("first_writer", "late_writer")]
        assert reasons[0] != reasons[1]
        assert all("shared_helper" in reason for reason in reasons)
