"""Bottle on real servers: what is named when something comes too late, and silence where nothing does."""

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
GONE = Scenario("client_leaves", path="/endless", cut_after=3000, truncated=True)
EVERYTHING = [*LATE_WRITES, *ERRORS, *LAYERS, *CLEAN, GONE]
CORE_NAMES = (
    "late_header", "late_cookie", "late_built", "error_in_stream", "redirect_in_stream", "limit_text", "stream", "in_time", "file", "moved",
    "client_leaves",
)
CORE = [scenario for scenario in EVERYTHING if scenario.name in CORE_NAMES]


def on_wsgiref(scenarios):
    """It speaks HTTP/1.0: an answer that was cut looks complete unless its length was promised."""
    return [each.but(truncated=False) if each.name != "too_short" else each for each in scenarios]


def one_of_many(name):
    """One of many requests at the same time, with a late header if its name says so."""
    findings = (lost("RS101", "x-late"),) if name.startswith("late") else ()
    return Scenario(name, findings, f"/one_of_many/{name}", body=f"{name}\n".encode() * 3, marks="one_of_many")


def kept(name, number):
    """A scenario as a request of a connection that is kept."""
    return next(each for each in EVERYTHING if each.name == name).again(f"{name}-kept-{number}")


class TestBottle(IntegrationContract):
    integration = "bottle"
    apps = Path(__file__).parent / "apps"
    app = "bottle_app"
    servers = {
        "waitress": [each.but(truncated=True) if each.name == "error_in_close" else each for each in EVERYTHING],
        "wsgiref": on_wsgiref(EVERYTHING),
        "cheroot": CORE,
        "gunicorn-gthread": CORE,
    }
    at_once = [one_of_many(f"{kind}-{number}") for number in range(6) for kind in ("late", "good")]
    on_one_connection = [kept(name, number) for number, name in enumerate(("late_header", "plain", "late_cookie", "plain"))]

    def test_respstart_has_no_faults(self, visited):
        """Whatever was asked, no hook has failed."""
        assert "RS901" not in visited.running.log.read_text(encoding="utf-8")
