"""What the two sides of Falcon share: who filled the response, what came too late, and silence where nothing did."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from respstart.testing import Expected, IntegrationContract, Scenario, judge_findings

# Which of several returns it was is known from 3.12 on; before, the function that answers is named.
RETURN = "first" if sys.version_info >= (3, 12) else "def"


def only_with_return_lines(*scenarios):
    """Before 3.12 nothing tells that an error handler answered by setting a status only: a limit that the docs name."""
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
    late("late_header", "RS101", "x-total", misses=("x-total",), body=b"row 2"),
    late("late_header_appended", "RS101", "x-kind", sees=("x-kind",)),
    Scenario("late_headers", (lost("RS101", "x-one"), lost("RS101", "x-two")), misses=("x-one", "x-two")),
    late("late_status", "RS102", body=b"failed"),
    late("late_status_code", "RS102"),
    late("late_status_and_media", "RS102"),
    late("late_cookie", "RS103", "last_row", sees=("set-cookie",)),
    late("late_cookie_deleted", "RS103", "basket", misses=("set-cookie",)),
    late("late_removal", "RS101", "x-draft", sees=("x-draft",)),
    late("late_content_type", "RS101", "content-type"),
    Scenario(
        "late_properties",
        (
            lost("RS101", "cache-control", late="cache"),
            lost("RS101", "content-disposition", late="name"),
            lost("RS101", "etag", late="etag"),
        ),
        misses=("cache-control", "content-disposition", "etag"),
    ),
    late("late_link", "RS101", "link", misses=("link",)),
    late("before_first_chunk", "RS101", "x-early", misses=("x-early",)),
    late("late_private", "RS101", "x-private", late=None, misses=("x-private",)),
    late("own_response_method", "RS101", "x-sent"),
    late("late_in_replacement", "RS101", "x-replaced", body=b"replaced"),
    late("from_handler", "RS101", "retry-after", status=409, body=b"two of them"),
    late("late_in_decorator", "RS101", "x-audited", sees=("x-audit",), misses=("x-audited",)),
    late("late_in_hook", "RS101", "x-late", status=202, sees=("x-user",)),
    late("suffixed", "RS101", "x-late"),
    late("sunk", "RS102", path="/sunk/nuts", body=b"nuts"),
    late("late_in_thread", "RS101", "x-measured"),
    late("late_with_length", "RS101", "x-pages", body=b"page 2"),
]
ERRORS = [
    cut("error_in_stream", body=b"row 1"),
    cut("http_error_in_stream", "RS402", body=b"row 1"),
    cut("http_status_in_stream", "RS402", body=b"row 1"),
    cut("redirect_in_stream", "RS403", body=b"cart"),
    cut("handled_in_stream", body=b"row 1"),
]
STARTS = [
    second("limit_text"),
    second("limit_media"),
    second("limit_empty", RETURN),
    second("limit_raised"),
    second("limit_raised_elsewhere"),
    second("limit_redirect"),
    second("limit_translated"),
    second("limit_crashed"),
    *only_with_return_lines(second("limit_handled")),
    second("limit_asked"),
    second("limit_head", method="HEAD"),
    second("early_text"),
    second("early_error"),
    second("early_resource"),
    second("error_in_way_out"),
    second("by_framework_404", None, "/limit_nowhere"),
    second("by_framework_405", None, "/limit_text", method="DELETE"),
    second("by_framework_options", None, "/limit_text", method="OPTIONS"),
]
LAYERS = [
    Scenario("cascade", (Expected("RS201", "raised", late="fallback:late"),), status=500),
    Scenario("retry", (Expected("RS202", "raised"),), status=500),
]
CLEAN = [
    Scenario("plain", sees=("x-stamp",), body=b"plain"),
    Scenario("plain_head", path="/plain", method="HEAD", sees=("content-length",)),
    Scenario("plain_post", path="/plain", method="POST", status=201, sees=("location",)),
    Scenario("options", path="/plain", method="OPTIONS", sees=("allow",)),
    Scenario("not_allowed", path="/plain", method="DELETE", status=405),
    Scenario("missing", path="/nowhere", status=404),
    Scenario("everything_in_time", status=203, sees=("x-one", "set-cookie", "cache-control", "link")),
    Scenario("stream", body=b"row 2"),
    Scenario("stream_head", path="/stream", method="HEAD"),
    Scenario("late_header_head", path="/late_header", method="HEAD"),
    Scenario("no_content", status=204),
    Scenario("not_modified", headers={"If-None-Match": '"v1"'}, status=304),
    Scenario("modified", path="/not_modified", body=b"the same"),
    Scenario("crash", status=500),
    Scenario("http_error", status=400, sees=("x-why",)),
    Scenario("redirect", status=302, sees=("location",)),
    Scenario("handled", status=403),
    Scenario("before_and_after", sees=("x-user", "x-after")),
    Scenario("equal_write"),
    Scenario("copied", body=b"200"),
    Scenario("never_sent", body=b"plain"),
    Scenario("caught_in_stream", body=b"error: no more rows"),
    Scenario("static_file", path="/files/catalogue.txt", body=b"bolts"),
    Scenario("static_range", path="/files/catalogue.txt", headers={"Range": "bytes=0-3"}, status=206, body=b"nuts"),
    Scenario("static_missing", path="/files/none", status=404),
]
GONE = Scenario("client_leaves", path="/endless", cut_after=3000, truncated=True)
CORE_NAMES = (
    "late_header", "late_cookie", "late_content_type", "from_handler", "error_in_stream", "stream", "crash", "late_in_schedule",
    "client_leaves",
)


def core(scenarios):
    return [scenario for scenario in scenarios if scenario.name in CORE_NAMES]


def one_of_many(name):
    """One of many requests at the same time, with a late header if its name says so."""
    findings = (lost("RS101", "x-late"),) if name.startswith("late") else ()
    return Scenario(name, findings, f"/one_of_many/{name}", body=f"{name}\n".encode() * 3, marks="one_of_many")


def kept(name, number):
    """A scenario as a request of a connection that is kept."""
    return next(each for each in (*WRITES, *CLEAN) if each.name == name).again(f"{name}-kept-{number}")


class Falcon(IntegrationContract):
    """What holds on both sides."""

    integration = "falcon"
    apps = Path(__file__).parent / "apps"
    at_once = [one_of_many(f"{kind}-{number}") for number in range(6) for kind in ("late", "good")]
    on_one_connection = [kept(name, number) for number, name in enumerate(("late_header", "plain", "late_cookie", "plain"))]

    def test_another_request_is_late(self, visited):
        """The finding is about the response that was started, and names the request whose code came too late."""
        name = f"live-{visited.server}"
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(visited.running.ask, f"/live/{name}", request_id=name)
            poked = None
            while poked is None or poked.status == 500:  # until the first request has come so far
                poked = visited.running.ask(f"/poke/{name}", request_id=f"poke-{name}")

        assert (answer.result().body, poked.body) == (b"waiting\npoked\n", b"poked")
        findings = visited.running.findings(name)
        judge_findings(late("live", "RS101", "x-poked"), findings, visited.running.application)
        assert findings[0]["late_in"]["request"]["id"] == f"poke-{name}"
        assert visited.running.findings(f"poke-{name}", 0) == []
