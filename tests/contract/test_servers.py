"""cheroot, granian and Tornado's container for WSGI applications: what each does with a head its own way, and every application there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import test_django_asgi
import test_django_wsgi
import test_flask
import test_raw_asgi
import test_raw_wsgi
import test_starlette
from audited import without_refusal

from respstart.testing import Expected, IntegrationContract, Scenario, judge_findings

APPS = Path(__file__).parent / "apps"


def lost(rule, subject=None, **writers):
    return Expected(rule, "lost", subject, **writers)


def found(rule, outcome, **writers):
    return (Expected(rule, outcome, **writers),)


EDITED = (lost("RS101", "x-late", late=None),)
CUT = found("RS401", "truncated")

OWN = [
    Scenario("edited_before_return", EDITED, misses=("x-late",)),
    Scenario("edited_in_body", EDITED, misses=("x-late",), body=b"one two"),
    Scenario("edited_in_close", EDITED, misses=("x-late",), body=b"one"),
    Scenario("lazy", status=201, sees=("x-lazy",), body=b"one two"),
    Scenario("lazy_middleware", sees=("x-tag",), body=b"one"),
    Scenario("replaced_before_return", status=503, body=b"sorry"),
    Scenario("replaced_before_first_chunk", status=503, body=b"sorry"),
    Scenario("replaced_after_first_chunk", found("RS402", "dropped"), truncated=True, body=b"one"),
    Scenario("second_before_return", found("RS201", "raised"), status=500),
    Scenario("second_in_body", found("RS201", "raised"), body=b"one refused"),
    Scenario("error_before_start", status=500),
    Scenario("error_before_return", status=500),
    Scenario("error_before_first_chunk", CUT, truncated=True),
    Scenario("error_after_first_chunk", CUT, truncated=True, body=b"one"),
    Scenario("error_with_length", CUT, truncated=True, body=b"one"),
    Scenario("plain", body=b"plain", sees=("content-length",)),
    Scenario("streamed", body=b"0 1 2"),
    Scenario("empty"),
    Scenario("head", path="/plain", method="HEAD"),
    Scenario("unknown", path="/nowhere", status=404, body=b"unknown"),
]


def adapted(scenarios, changes, *, without=()):
    """The same scenarios with a server's own changes by name."""
    return [each.but(**changes.get(each.name, {})) for each in scenarios if each.name not in without]


def taken(each, statuses):
    """A second start that the server takes silently: nothing is refused, and before the head has left it wins."""
    (each,) = without_refusal([each])
    return each.but(status=statuses.get(each.name, each.status))


def ended(each):
    """granian ends a body that an exception cut: without a length the client cannot tell."""
    return each.but(truncated=False) if each.truncated and any(one.rule.startswith("RS40") for one in each.findings) else each


# ---------------------------------------------------------------- WSGI by hand
OWN_ON_GRANIAN = {
    "edited_before_return": {"findings": (), "misses": (), "sees": ("x-late",)},
    "lazy": {"findings": (lost("RS303", first=None),), "status": 200, "sees": (), "misses": ("x-lazy",)},
    "lazy_middleware": {"findings": (lost("RS303", first=None),), "sees": (), "misses": ("x-tag",)},
    "replaced_before_first_chunk": {"findings": found("RS402", "dropped"), "status": 200},
    "replaced_after_first_chunk": {"truncated": False, "body": b"one sorry"},
    "second_before_return": {"findings": found("RS201", "lost"), "status": 404, "body": b"nothing"},
    "second_in_body": {"findings": found("RS201", "lost"), "body": b"one "},
    "error_before_first_chunk": {"truncated": False},
    "error_after_first_chunk": {"truncated": False},
}
OWN_ON_TORNADO = {
    "edited_before_return": {"findings": (), "misses": (), "sees": ("x-late",)},
    "edited_in_body": {"findings": (), "misses": (), "sees": ("x-late",)},
    "edited_in_close": {"findings": (), "misses": (), "sees": ("x-late",)},
    "replaced_after_first_chunk": {"findings": (), "status": 503, "truncated": False, "body": b"one sorry"},
    "second_before_return": {"findings": found("RS201", "lost"), "status": 404, "body": b"nothing"},
    "second_in_body": {"findings": found("RS201", "lost"), "status": 503, "body": b"one "},
    "error_after_first_chunk": {"status": None, "body": b""},
}
# At an exception Tornado's container answers nothing at all and lets the client wait, and so it does at HEAD: one such case is enough.
TORNADO_NEVER_ANSWERS = ("error_before_start", "error_before_return", "error_before_first_chunk", "error_with_length", "head")
OWN_SERVERS = {
    "cheroot": OWN,
    "granian-wsgi": adapted(OWN, OWN_ON_GRANIAN),
    "tornado-wsgi": adapted(OWN, OWN_ON_TORNADO, without=TORNADO_NEVER_ANSWERS),
}

RAW_ON_CHEROOT = {
    "start_in_close": {"truncated": True},
    "error_in_close": {"truncated": True},
    "never_started": {"status": None, "truncated": True},
    "rewritten_body": {"status": 500, "body": b"more bytes than the declared"},  # before its head
    "empty_first_chunk": {"findings": (), "status": 500, "truncated": False, "body": b"failed"},
}
RAW_STATUSES = {
    "missing_return": 200, "shared_helper": 409, "error_after_start": 422, "swallowed_refusal": 302, "badly_caught": 503, "run_twice": 200,
    "timeout": 200, "through_partial": 404, "second_from_executor": 403,
}
HEADLESS = (lost("RS303", first=None, late="first"),)
RAW_ON_GRANIAN = {
    "second_in_stream": {"body": b"one "},
    "start_in_close": {"findings": (*HEADLESS, lost("RS201"))},
    "never_started": {"status": 200},
    "lazy": {"findings": (*HEADLESS, *CUT), "truncated": False},
    "handled_too_late": {"findings": (*HEADLESS, *found("RS402", "dropped")), "truncated": False, "sees": ()},
    "empty_first_chunk": {"findings": (*HEADLESS, *found("RS402", "dropped", late="error")), "truncated": False},
    "rewritten_body": {"findings": (*HEADLESS, lost("RS302"))},
}
# There is no `write`; a body that is shorter than its length may cost the client the head as well, or not; and the last three start in
# a generator, which is told of `lazy` and has no marker here.
NOT_ON_GRANIAN = ("after_write", "written", "too_short", "drained_body", "in_context", "limited", "handled_in_time")
RAW_WSGI = [*test_raw_wsgi.EVERYTHING, *test_raw_wsgi.BEAKER]
RAW_SERVERS = {
    "cheroot": adapted(RAW_WSGI, RAW_ON_CHEROOT),
    "granian-wsgi": adapted(
        [ended(taken(each, RAW_STATUSES)) for each in RAW_WSGI], RAW_ON_GRANIAN, without=NOT_ON_GRANIAN
    ),
    "tornado-wsgi": [taken(each, RAW_STATUSES) for each in test_raw_wsgi.SECOND_STARTS if each.name in RAW_STATUSES],
}  # fmt: skip

# ---------------------------------------------------------------- Flask and Django behind WSGI
# On cheroot and granian an error before the first chunk is late: the application's markers are made for the others.
LATE_ON_BOTH = ("error_before_first_chunk",)
WON = {each.name: 413 if each.name.startswith("limit") else 200 for each in test_flask.LAYERS if each.status == 500} | {"retry": 503}
FLASK_SERVERS = {
    "cheroot": adapted(test_flask.EVERYTHING, {"error_in_close": {"truncated": True}}, without=LATE_ON_BOTH),
    "granian-wsgi": adapted(
        [ended(taken(each, WON)) for each in test_flask.EVERYTHING], {}, without=(*LATE_ON_BOTH, "first_chunk", "too_short")
    ),
    "tornado-wsgi": [taken(each, WON) for each in test_flask.CORE if each.name not in (*LATE_ON_BOTH, "error_in_stream", "gone")],
}  # fmt: skip
ELSEWHERE = {each.name: 200 for each in test_django_wsgi.SECOND_STARTS}
DJANGO_SERVERS = {
    "cheroot": adapted(test_django_wsgi.EVERYTHING, {}, without=LATE_ON_BOTH),
    "granian-wsgi": adapted([ended(taken(each, ELSEWHERE)) for each in test_django_wsgi.EVERYTHING], {}, without=LATE_ON_BOTH),
}

# ---------------------------------------------------------------- ASGI
ASGI = [
    Scenario("before_start", status=500),
    Scenario("before_body", found("RS401", "dropped"), status=500),
    Scenario("after_empty_body", CUT, truncated=True),
    Scenario("after_body", CUT, truncated=True),
    Scenario("after_end", found("RS404", "dropped")),
]
ASGI_ON_UVICORN = {"before_body": {"findings": CUT, "status": 200, "truncated": True}}
# What granian's `send` gives is no coroutine, which this application would need.
RAW_ASGI = [each for each in [*test_raw_asgi.CORE, *test_raw_asgi.MIDWAY, *test_raw_asgi.ERRORS] if each.name != "threaded"]
STARLETTE = adapted(
    [*test_starlette.FULL, *test_starlette.SSE],
    {
        # The head waits for the first bytes of the body: until then the server has an error page.
        "before_first_chunk": {"findings": found("RS402", "dropped"), "status": 500, "truncated": False},
        # No length is checked.
        "too_long": {"findings": found("RS302", "lost"), "truncated": False},
        "rebuilt": {"findings": found("RS302", "lost"), "truncated": False},
        "lengthened": {"findings": (Expected("RS302", "lost", late=None),), "truncated": False},
        "instead": {"findings": (Expected("RS302", "lost", late="first"),), "truncated": False},
        "drained": {"truncated": False},
    },
    without=("late_in_timer",),  # uvloop calls back from C: nobody at all is on the stack
)


def _only(visited, name):
    (finding,) = visited.running.findings(name)
    return finding


class TestRawWsgi(IntegrationContract):
    integration = "wsgi"
    apps = APPS
    app = "raw_wsgi_app"
    servers = RAW_SERVERS


class TestFlask(IntegrationContract):
    integration = "flask"
    apps = APPS
    app = "flask_app"
    servers = FLASK_SERVERS


class TestDjangoWsgi(IntegrationContract):
    integration = "django"
    apps = APPS
    app = "django_wsgi_app"
    servers = DJANGO_SERVERS


class TestDjangoAsgi(IntegrationContract):
    integration = "django"
    apps = APPS
    app = "django_asgi_app"
    servers = {"granian-asgi": test_django_asgi.CORE}


class TestAsgi(IntegrationContract):
    integration = "asgi"
    apps = APPS
    app = "servers_asgi_app"
    servers = {"granian-asgi": ASGI, "uvicorn-h11": adapted(ASGI, ASGI_ON_UVICORN)}


class TestRawAsgi(IntegrationContract):
    integration = "asgi"
    apps = APPS
    app = "raw_asgi_app"
    servers = {"granian-asgi": RAW_ASGI}


class TestStarlette(IntegrationContract):
    integration = "starlette"
    apps = APPS
    app = "starlette_app"
    servers = {"granian-asgi": STARLETTE}

    def test_an_error_page_of_the_server_is_no_cut_answer(self, visited):
        """The client got an answer, and not the one that was wanted."""
        assert _only(visited, "before_first_chunk")["message"].endswith("the server sent an error page of its own instead")


class TestServers(IntegrationContract):
    integration = "wsgi"
    apps = APPS
    app = "servers_app"
    servers = OWN_SERVERS

    def test_a_finding_names_the_server(self, visited):
        """The table's name, not the protocol's."""
        server = visited.server.partition("-")[0]
        assert {finding["request"]["server"] for finding in visited.running.all_findings()} == {server}

    def test_a_second_start_that_wins_is_told_so(self, visited):
        """Where the server puts it in the place of the first, the client never got the first."""
        wins = {"cheroot": (), "granian-wsgi": ("second_before_return",), "tornado-wsgi": ("second_before_return", "second_in_body")}
        told = [name for name in ("second_before_return", "second_in_body") if "in the place of" in _only(visited, name)["message"]]
        assert told == list(wins[visited.server])

    def test_a_cut_answer_looks_complete_where_the_server_ends_it(self, visited):
        """granian ends the body as if nothing had happened; with a length the client can count."""
        if visited.server == "tornado-wsgi":  # it reads the whole body before
            return
        hidden = "looks complete" if visited.server == "granian-wsgi" else False
        names = ("error_before_first_chunk", "error_after_first_chunk", "error_with_length")
        assert [_only(visited, name)["response"]["complete"] for name in names] == [hidden, hidden, False]
        assert ("looks complete" in _only(visited, names[0])["message"]) == bool(hidden)

    def test_concurrent_requests_are_not_mixed_up(self, visited):
        """Of many requests at the same time, exactly the late ones have a finding."""
        numbers = range(16)
        with ThreadPoolExecutor(8) as pool:
            responses = list(pool.map(lambda number: visited.running.ask(f"/odd_ones_late?{number}", request_id=f"many-{number}"), numbers))
        outcome = "raised" if visited.server == "cheroot" else "lost"
        for number, response in zip(numbers, responses, strict=True):
            assert (response.headers["x-number"], response.body) == (str(number), b"%d " % number * 3)
            expected = found("RS201", outcome) if number % 2 else ()
            judge_findings(Scenario("odd_ones_late", expected), visited.running.findings(f"many-{number}", number % 2), visited.running.application)

    def test_requests_on_one_connection_have_their_own_records(self, visited):
        """A late start of the first request is not told of the next."""
        names = [f"kept-{number}" for number in range(4)]
        paths = ["/odd_ones_late?3", "/plain", "/odd_ones_late?5", "/odd_ones_late?4"]
        if visited.server == "cheroot":  # it closes the connection after the exception
            paths[:1], paths[2:3] = ["/edited_in_body"], ["/edited_in_close"]
        visited.running.keep_alive(paths, names)
        assert [len(visited.running.findings(name, wanted)) for name, wanted in zip(names, (1, 0, 1, 0), strict=True)] == [1, 0, 1, 0]

    def test_a_client_that_goes_away_is_no_finding(self, visited):
        """Neither the server's complaint nor the end of the generator is late."""
        visited.running.ask("/endless", request_id="gone", cut_after=3000)
        visited.running.ask("/plain", request_id="gone-after")
        assert visited.running.quiet("gone") == []
