"""Flask on real servers: what is named when something comes too late, and silence where nothing does."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from respstart.testing import Expected, IntegrationContract, Scenario, judge_findings

# Which of several returns it was is known from 3.12 on; before, the function that answers is named.
RETURN = "first" if sys.version_info >= (3, 12) else "def"


def only_with_return_lines(*scenarios):
    """Before 3.12 nothing tells which of several user functions has returned the answer: a limit that the docs name."""
    return scenarios if sys.version_info >= (3, 12) else ()


def lost(rule, subject=None, **writers):
    return Expected(rule, "lost", subject, **writers)


def second(name, late, first="first", **facts):
    """A second start: the servers refuse it, and answer 500 because nothing had left."""
    return Scenario(name, (Expected("RS201", "raised", first=first, late=late),), status=500, **facts)


def cut(name, rule="RS401", outcome="truncated", first="first", **facts):
    """An exception in the middle of a stream."""
    return Scenario(name, (Expected(rule, outcome, first=first),), truncated=outcome == "truncated", **facts)


LATE_WRITES = [
    Scenario("late_header", (lost("RS101", "x-total"),), misses=("x-total",), body=b"row 2"),
    Scenario("built_elsewhere", (lost("RS101", "x-total"),), misses=("x-total",), sees=("x-view",)),
    Scenario("own_class", (lost("RS101", "x-rows"),), misses=("x-rows",), body=b"bolt,2"),
    Scenario("own_call", (lost("RS101", "server-timing"),), misses=("server-timing",)),
    Scenario("late_status", (lost("RS102"),), body=b"failed"),
    Scenario(
        "late_status_and_header",
        (lost("RS102", late="late_status"), lost("RS101", "retry-after", late="late_header")), misses=("retry-after",),
    ),
    Scenario("late_cookie", (lost("RS103", "last_row"),)),
    Scenario("late_cookie_deleted", (lost("RS103", "basket"),)),
    Scenario("late_removal", (lost("RS101", "x-draft"),), sees=("x-draft",)),
    Scenario("late_cache_control", (lost("RS101", "cache-control"),), misses=("cache-control",)),
    Scenario("late_mimetype", (lost("RS101", "content-type"),)),
    Scenario("before_first_chunk", (lost("RS101", "x-early"),), misses=("x-early",)),
    Scenario("late_in_close", (lost("RS101", "x-books"),), misses=("x-books",)),
    Scenario("late_in_teardown", (lost("RS101", "x-teardown"),), misses=("x-teardown",)),
    Scenario("late_in_signal", (lost("RS101", "x-signal"),), misses=("x-signal",)),
    Scenario("late_in_thread", (lost("RS101", "x-measured"),)),
    Scenario("late_in_timer", (lost("RS103", "expired"),)),
    Scenario("late_in_pool", (lost("RS102"),)),
    Scenario("async_view", (lost("RS101", "x-async"),)),
    Scenario("from_handler", (lost("RS101", "retry-after"),), status=409, body=b"sold out"),
    Scenario("late_in_subrequest", (lost("RS101", "x-failed"),), body=b"plain"),
    Scenario("late_in_wrapped_body", (lost("RS101", "x-size"),), misses=("x-size",), body=b"row 2"),
    Scenario("late_in_replacement", (lost("RS101", "x-replaced"),), body=b"replaced"),
    Scenario("late_data", (lost("RS101", "content-length"),), body=b"short"),
    Scenario("blueprint_decorated", (lost("RS101", "x-late"),), sees=("x-panel",), misses=("x-late",)),
    Scenario("method_view", (lost("RS103", "counted"),), body=b"stock end"),
    Scenario("decorated_view", (lost("RS102"),), sees=("cache-control",)),
    Scenario("mounted", (lost("RS101", "x-audit"),), path="/admin/mounted", body=b"audit end"),
]
LATE_SESSIONS = [
    Scenario("late_session", (lost("RS104", "visit"),)),
    Scenario("late_session_in_place", (lost("RS104", "seen"),)),
    Scenario("late_session_pop", (lost("RS104", "basket"),)),
    Scenario("late_session_thread", (lost("RS104", "job"),)),
    Scenario("late_session_permanent", (lost("RS104", "_permanent"),)),
    Scenario("late_session_cleared", (lost("RS104", "user"),)),
    Scenario("late_flash", (lost("RS104", "_flashes"),)),
    Scenario("late_flash_read", (lost("RS104", "_flashes"),), body=b"welcome"),
    Scenario("late_template", (lost("RS104", "_flashes"),), body=b"ordered"),
    Scenario("late_login", (lost("RS104", "_user_id"),)),
    Scenario("late_callback", (lost("RS105", "mark"),), misses=("x-marked",)),
]
ERRORS = [
    cut("error_in_stream", body=b"row 1"),
    cut("error_returned_generator", first=RETURN, body=b"row 1"),
    cut("async_error", sees=("x-async",)),
    cut("error_from"),
    cut("error_reraised"),
    cut("error_in_library", body=b"nut"),
    cut("error_group", body=b"one"),
    cut("error_in_exit", body=b"row 2"),
    cut("error_in_close", "RS404", "dropped", body=b"row 2"),
    cut("abort_in_stream", "RS402", body=b"page 0"),
    cut("redirect_in_stream", "RS403", body=b"cart"),
    Scenario("too_short", (Expected("RS302", "truncated", late=None),), truncated=True),
    Scenario("too_long", (lost("RS302"),)),
]
LAYERS = [
    second("limit_text", "refuse:late", RETURN, path="/limit/limit_text"),
    second("limit_dict", "refuse:late", RETURN, path="/limit/limit_dict"),
    second("limit_tuple", "refuse:late", RETURN, path="/limit/limit_tuple"),
    second("limit_view", "refuse:late", RETURN, path="/limit/limit_view/60"),
    second("cascade", "fallback:late", path="/cascade/cascade"),
    *only_with_return_lines(second("limit_before", "refuse:late", path="/limit/plain?maintenance")),
    second("cascade_custom", "fallback:late", path="/cascade_any/cascade_custom"),
    *only_with_return_lines(second("cascade_handled", "fallback:late", path="/cascade_any/cascade_handled")),
    second("cascade_built", "fallback:late", path="/cascade_any/cascade_built"),
    second("by_framework_404", "fallback:late", None, path="/cascade_any/nowhere"),
    second("by_framework_405", "fallback:late", None, path="/cascade_any/plain", method="DELETE"),
    second("by_framework_308", "fallback:late", None, path="/cascade_any/slashed"),
    Scenario("retry", (Expected("RS202", "raised"),), path="/retry/retry", status=500),
    Scenario("replaced_error", (Expected("RS401", "truncated"),), path="/replace/nowhere", truncated=True, sees=("x-page",)),
]
CLEAN = [
    Scenario("plain", sees=("x-frame-options", "x-finished", "x-stamp")),
    Scenario("stream", body=b"row 2"),
    Scenario("stream_head", path="/stream", method="HEAD"),
    Scenario("head", path="/plain", method="HEAD"),
    Scenario("late_header_head", path="/late_header", method="HEAD"),
    Scenario("options", path="/plain", method="OPTIONS"),
    Scenario("not_allowed", path="/plain", method="POST", sends=b"x=1", status=405),
    Scenario("missing", path="/nowhere", status=404),
    Scenario("blueprint_clean", sees=("x-panel", "cache-control")),
    Scenario("method_view_post", path="/method_view", method="POST", sends=b"x=1", body=b"stored"),
    Scenario("callback_in_time", status=202),
    Scenario("own_call_in_time", sees=("x-stamp",)),
    Scenario("cached", sees=("x-hits",)),
    Scenario("cached_again", path="/cached", sees=("x-hits",)),
    Scenario("never_sent"),
    Scenario("copied"),
    Scenario("equal_write"),
    Scenario("read_late", body=b"none"),
    Scenario("error_in_time", status=500),
    Scenario("error_before_first_chunk", status=500),
    Scenario("caught_in_stream", body=b"error: 2"),
    Scenario("file", body=b"bolts", sees=("etag",)),
    Scenario("file_head", path="/file", method="HEAD"),
    Scenario("file_range", path="/file", headers={"Range": "bytes=0-3"}, status=206, body=b"nuts"),
    Scenario("not_modified", headers={"If-None-Match": '"v1"'}, status=304),
    Scenario("modified", path="/not_modified", body=b"the same"),
    Scenario("no_content", status=204),
    Scenario("subrequest", body=b"row 2"),
    Scenario("patient", path="/patient/retry", status=503),
    Scenario("short_enough", path="/limit/limit_text?short=1", body=b"short"),
    Scenario("archive", path="/cascade/plain", body=b"plain"),
    Scenario("first_chunk", path="/cut/stream", body=b"row 0"),
    Scenario("not_replaced", path="/replace/plain", body=b"plain"),
]
GONE = Scenario("gone", path="/endless", cut_after=3000, truncated=True)
EVERYTHING = [*LATE_WRITES, *LATE_SESSIONS, *ERRORS, *LAYERS, *CLEAN, GONE]
CORE_NAMES = ("late_header", "late_session", "error_in_stream", "limit_text", "stream", "error_before_first_chunk", "file", "gone")
CORE = [scenario for scenario in EVERYTHING if scenario.name in CORE_NAMES]
# hypercorn takes the second start silently, and it wins.
WINS = (lost("RS201", first=RETURN, late="refuse:late"),)
CORE_ON_HYPERCORN = [each.but(findings=WINS, status=413) if each.name == "limit_text" else each for each in CORE]
# wsgiref speaks HTTP/1.0: an answer that was cut looks complete.
CORE_ON_WSGIREF = [each.but(truncated=False) for each in CORE]


def one_of_many(name):
    """One of many requests at the same time, with a late header if its name says so."""
    findings = (lost("RS101", "x-late"),) if name.startswith("late") else ()
    return Scenario(name, findings, f"/one_of_many/{name}", body=f"{name}\n".encode() * 3, marks="one_of_many")


def kept(name, number):
    """A scenario as a request of a connection that is kept."""
    return next(each for each in EVERYTHING if each.name == name).again(f"{name}-kept-{number}")


class TestFlask(IntegrationContract):
    integration = "flask"
    apps = Path(__file__).parent / "apps"
    app = "flask_app"
    servers = {
        "werkzeug": EVERYTHING,
        "gunicorn-gthread": EVERYTHING,
        "wsgiref": CORE_ON_WSGIREF,
        "runserver": CORE_ON_WSGIREF,
        "gunicorn-sync": CORE,
        "waitress": CORE,
        "hypercorn-wsgi": CORE_ON_HYPERCORN,
    }
    at_once = [one_of_many(f"{kind}-{number}") for number in range(6) for kind in ("late", "good")]
    on_one_connection = [kept(name, number) for number, name in enumerate(("late_header", "plain", "late_session", "plain"))]

    def test_another_request_is_late(self, visited):
        """The finding is about the response that was started, and names the request whose code came too late."""
        name = f"live-{visited.server}"
        if visited.server not in ("gunicorn-sync", "hypercorn-wsgi"):  # they serve one request after the other
            with ThreadPoolExecutor(1) as pool:
                answer = pool.submit(visited.running.ask, f"/live/{name}", request_id=name)
                poked = None
                while poked is None or poked.status == 500:  # until the first request has come so far
                    poked = visited.running.ask(f"/poke/{name}", request_id=f"poke-{name}")

            assert (answer.result().body, poked.body) == (b"waiting\npoked\n", b"poked")
            findings = visited.running.findings(name)
            judge_findings(Scenario("live", (lost("RS101", "x-poked"),)), findings, visited.running.application)
            assert findings[0]["late_in"]["request"]["id"] == f"poke-{name}"
            assert visited.running.findings(f"poke-{name}", 0) == []
