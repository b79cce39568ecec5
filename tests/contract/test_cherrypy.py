"""CherryPy on real servers: what is named when something comes too late, and silence where nothing does."""

from __future__ import annotations

import sys
from pathlib import Path

from respstart.testing import Expected, IntegrationContract, Scenario, judge_findings

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
    late("late_cookie_attribute", "RS103", "seen", sees=("set-cookie",), misses=()),
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
    Scenario("redirect_before_first", (Expected("RS403", "dropped"),), status=500),
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
    Scenario("error_before_first", status=500),
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
GONE = Scenario("client_leaves", path="/endless", cut_after=3000, truncated=True)
EVERYTHING = [*LATE_WRITES, *ERRORS, *LAYERS, *CLEAN, GONE]
CORE_NAMES = (
    "late_header", "late_cookie", "before_first", "late_on_end_request", "error_in_stream", "redirect_in_stream", "limit_text", "stream",
    "collapsed", "file", "moved", "session_streamed", "client_leaves",
)
CORE = [scenario for scenario in EVERYTHING if scenario.name in CORE_NAMES]


def one_of_many(name):
    """One of many requests at the same time, with a late header if its name says so."""
    findings = (lost("RS101", "x-late"),) if name.startswith("late") else ()
    return Scenario(name, findings, f"/one_of_many?name={name}", body=f"{name}\n".encode() * 3, marks="one_of_many")


def kept(name, number):
    """A scenario as a request of a connection that is kept."""
    return next(each for each in EVERYTHING if each.name == name).again(f"{name}-kept-{number}")


class TestCherryPy(IntegrationContract):
    integration = "cherrypy"
    apps = Path(__file__).parent / "apps"
    app = "cherrypy_app"
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

    def test_a_session_that_is_read_late_is_no_finding(self, visited):
        """Loading it is no write, and a write after it is told by its own key."""
        cookie = visited.running.ask("/session_saved_twice").headers["set-cookie"].partition(";")[0]
        read, written = f"read-{visited.server}", f"written-{visited.server}"

        visited.running.ask("/session_read_late", headers={"Cookie": cookie}, request_id=read)
        visited.running.ask("/late_session_unread", headers={"Cookie": cookie}, request_id=written)

        assert visited.running.quiet(read) == []
        late = Scenario("late_session_unread", (lost("RS104", "seen", late="late_session_on_end_request:late"),))
        judge_findings(late, visited.running.findings(written), visited.running.application)
