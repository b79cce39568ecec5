"""web.py on real servers: what is named when something comes too late, and silence where nothing does."""

from __future__ import annotations

import sys
from pathlib import Path

from respstart.testing import Expected, IntegrationContract, Scenario

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
GONE = Scenario("client_leaves", path="/endless", cut_after=3000, truncated=True)
EVERYTHING = [*LATE_WRITES, *ERRORS, *LAYERS, *CLEAN, GONE]
CORE_NAMES = (
    "late_header", "late_cookie", "late_status", "late_session", "error_in_stream", "redirect_in_stream", "limit_text", "stream", "in_time",
    "moved", "session_in_time", "client_leaves",
)
CORE = [scenario for scenario in EVERYTHING if scenario.name in CORE_NAMES]


def one_of_many(name):
    """One of many requests at the same time, with a late header if its name says so."""
    findings = (lost("RS101", "x-late"),) if name.startswith("late") else ()
    return Scenario(name, findings, f"/one_of_many?name={name}", body=f"{name}\n".encode() * 3, marks="one_of_many")


def kept(name, number):
    """A scenario as a request of a connection that is kept."""
    return next(each for each in EVERYTHING if each.name == name).again(f"{name}-kept-{number}")


class TestWebPy(IntegrationContract):
    integration = "webpy"
    apps = Path(__file__).parent / "apps"
    app = "webpy_app"
    servers = {
        "waitress": EVERYTHING,
        "wsgiref": [each.but(truncated=False) for each in EVERYTHING],  # HTTP/1.0: an answer that was cut looks complete
        "cheroot": CORE,
        "gunicorn-gthread": CORE,
    }
    at_once = [one_of_many(f"{kind}-{number}") for number in range(6) for kind in ("late", "good")]
    on_one_connection = [kept(name, number) for number, name in enumerate(("late_header", "plain", "late_cookie", "plain"))]

    def test_respstart_has_no_faults(self, visited):
        """Whatever was asked, no hook has failed."""
        assert "RS901" not in visited.running.log.read_text(encoding="utf-8")
