"""WSGI by hand and with werkzeug's objects on real servers: middlewares that forward, replace, run twice and answer too late."""

from __future__ import annotations

from pathlib import Path

from respstart.testing import Expected, IntegrationContract, Scenario

APPS = Path(__file__).parent / "apps"


def lost(rule, subject=None, **writers):
    return Expected(rule, "lost", subject, **writers)


def raised(rule="RS201", **writers):
    return Expected(rule, "raised", **writers)


SECOND_STARTS = [
    Scenario("missing_return", (raised(),), status=500),
    Scenario("shared_helper", (raised(),), status=500),
    Scenario("error_after_start", (raised(),), status=500),
    Scenario("swallowed_refusal", (raised(),), body=b"the first one"),
    Scenario("second_in_stream", (raised(),), body=b"one refused"),
    Scenario("start_in_close", (raised(),), body=b"done"),
    Scenario("badly_caught", (raised(),), status=500),
    Scenario("run_twice", (raised("RS202"),), status=500),
    Scenario("timeout", (raised("RS203"),), status=500),
    Scenario("start_in_thread", (raised("RS203"),), body=b"one two"),
    Scenario("after_write", (raised(),), body=b"written refused"),
    Scenario("through_partial", (raised(),), status=500),
    Scenario("second_from_executor", (raised("RS203"),), body=b"mine"),
]
HEADS = [
    Scenario("never_started", (lost("RS303", first=None),), status=500),
    Scenario("late_in_list", (lost("RS101", "x-late", late=None),), misses=("x-late",), body=b"one two"),
    Scenario("late_in_wsgiref_headers", (lost("RS101", "x-late", late=None),), misses=("x-late",)),
    Scenario("list_before_first_chunk", (lost("RS101", "x-eager", late=None),), misses=("x-eager",)),
    Scenario("too_long", (lost("RS302"),), body=b"1234"),
    Scenario("too_short", (Expected("RS302", "truncated", late=None),), truncated=True),
    Scenario("too_short_list", (Expected("RS302", "truncated", late=None),), truncated=True),
    Scenario("rewritten_body", (lost("RS302"),), body=b"waln"),
    Scenario("drained_body", (Expected("RS302", "truncated", late=None),), truncated=True),
]
ERRORS = [
    Scenario("error_in_stream", (Expected("RS401", "truncated"),), truncated=True, body=b"price 1"),
    Scenario("lazy", (Expected("RS401", "truncated"),), truncated=True, body=b"one"),
    Scenario("error_in_iterator", (Expected("RS401", "truncated"),), truncated=True),
    Scenario("handled_too_late", (Expected("RS402", "dropped"),), truncated=True, sees=("x-tag",)),
    Scenario("error_in_close", (Expected("RS404", "dropped"),), body=b"one two"),
    Scenario("started_in_executor", (Expected("RS401", "truncated"),), truncated=True, body=b"one"),
    Scenario("validated", (Expected("RS401", "truncated"),), truncated=True, body=b"one"),
    Scenario("empty_first_chunk", (Expected("RS402", "dropped", late="error"),), truncated=True),
    Scenario("aborted_in_stream", (Expected("RS402", "truncated"),), truncated=True),
]
OBJECTS = [
    Scenario("responder_late", (lost("RS101", "x-late"),), misses=("x-late",)),
    Scenario("request_late", (lost("RS103", "late"),)),
    Scenario("resent", (lost("RS101", "x-late"),), body=b"sent again"),
    Scenario("pages_late", (lost("RS102"),), path="/pages/nut"),
]
CLEAN = [
    Scenario("plain", body=b"plain"),
    Scenario("plain_head", path="/plain", method="HEAD"),
    Scenario("missing", path="/nowhere", status=404),
    Scenario("written", body=b"written and returned"),
    Scenario("exc_info_in_time", status=422),
    Scenario("exc_info_first", status=422),
    Scenario("exc_info_of_nothing"),
    Scenario("handled_in_time", status=500, body=b"refused"),
    Scenario("list_in_time"),
    Scenario("shared_list", sees=("x-shared",)),
    Scenario("shared_list_again", path="/shared_list", sees=("x-shared",)),
    Scenario("own_copy", body=b"one two"),
    Scenario("file", body=b"nuts and bolts"),
    Scenario("no_content", status=204),
    Scenario("not_modified", status=304),
    Scenario("head_with_length", method="HEAD"),
    Scenario("get_with_length", path="/head_with_length", body=b"nuts and bolts"),
    Scenario("head_with_body", method="HEAD"),
    Scenario("nested", body=b"plain"),
    Scenario("nested_in_shared_environ", sees=("x-outer",), body=b"plain"),
    Scenario("raised_after_start", status=500),
    Scenario("never_iterated", body=b"another one"),
    Scenario("sequence", body=b"one two"),
    Scenario("error_object", status=404),
    Scenario("retried_by_the_book", body=b"plain"),
    Scenario("early_hints", body=b"after the hints"),
    Scenario("in_context", body=b"one two"),
    Scenario("cleaned_up", body=b"one two"),
    Scenario("buffered", body=b"nuts", sees=("content-length",)),
    Scenario("buffered_twice", body=b"swapped"),
    Scenario("limited", body=b"one "),
    Scenario("pages_index", path="/pages/", sees=("x-pages",)),
    Scenario("pages_missing", path="/pages/missing", status=404),
]
BEAKER = [
    Scenario("late_beaker", (lost("RS104", "late"),), body=b"one two"),
    Scenario("good_beaker", sees=("set-cookie",)),
]
EVERYTHING = [*SECOND_STARTS, *HEADS, *ERRORS, *OBJECTS, *CLEAN]
CORE_NAMES = ("error_after_start", "swallowed_refusal", "error_in_stream", "request_late", "exc_info_in_time", "file", "in_context")
CORE = [scenario for scenario in EVERYTHING if scenario.name in CORE_NAMES]


def on_wsgiref(scenario):
    """HTTP/1.0 without a length: an answer that was cut looks complete. The list of headers is read with the first chunk."""
    if scenario.name == "list_before_first_chunk":
        return scenario.but(findings=(), sees=("x-eager",), misses=())
    return scenario if scenario.name.startswith(("too_short", "drained")) else scenario.but(truncated=False)


def on_hypercorn(scenario):
    """A second start is taken silently, and it wins."""
    statuses = {"error_after_start": 422, "swallowed_refusal": 302}
    if scenario.name not in statuses:
        return scenario
    return scenario.but(findings=(lost("RS201"),), status=statuses[scenario.name])


def on_gunicorn(scenario):
    """A status that was never given is sent as `None`."""
    return scenario.but(status=None) if scenario.name == "never_started" else scenario


def on_waitress(scenario):
    """An exception in close() comes before the terminator, an empty chunk sends no head, and a late write is thrown away."""
    changes = {
        "start_in_close": {"truncated": True},
        "error_in_close": {"truncated": True},
        "empty_first_chunk": {"findings": (), "status": 500, "truncated": False, "body": b"failed"},
    }
    return scenario.but(**changes.get(scenario.name, {}))



class TestWsgi(IntegrationContract):
    integration = "wsgi"
    apps = APPS
    app = "raw_wsgi_app"
    servers = {
        "wsgiref": [on_wsgiref(each) for each in EVERYTHING],
        "gunicorn-sync": [on_gunicorn(each) for each in EVERYTHING],
        "waitress": [on_waitress(each) for each in EVERYTHING],
        "werkzeug": CORE,
        "runserver": [on_wsgiref(each) for each in CORE],
        "gunicorn-gthread": CORE,
        "hypercorn-wsgi": [on_hypercorn(each) for each in CORE],
    }


class TestBeaker(IntegrationContract):
    integration = "beaker"
    apps = APPS
    app = "raw_wsgi_app"
    servers = dict.fromkeys(("wsgiref", "gunicorn-sync", "waitress"), BEAKER)
