"""Django and its REST framework behind WSGI on real servers: views, middlewares, sessions of three kinds, messages."""

from __future__ import annotations

from pathlib import Path

from respstart.testing import Expected, IntegrationContract, Scenario


def lost(rule, subject=None, **writers):
    return Expected(rule, "lost", subject, **writers)


def cut(name, rule="RS401", **facts):
    """An exception in the middle of a stream."""
    return Scenario(name, (Expected(rule, "truncated"),), truncated=True, **facts)


def second(name, **facts):
    """A second start by the middleware around the site: the servers refuse it, and answer 500 because nothing had left."""
    return Scenario(name, (Expected("RS201", "raised", late="fallback:late"),), status=500, **facts)


LATE_WRITES = [
    Scenario("late_header", (lost("RS101", "x-total"),), misses=("x-total",), sees=("x-version",), body=b"row 2"),
    Scenario("late_in_headers", (lost("RS101", "x-late"),), misses=("x-late",)),
    Scenario("late_removal", (lost("RS101", "x-draft"),), sees=("x-draft",)),
    Scenario("own_class", (lost("RS101", "x-rows"),), status=201, misses=("x-rows",)),
    Scenario("late_status", (lost("RS102"),), body=b"failed"),
    Scenario("late_cookie", (lost("RS103", "basket"),)),
    Scenario("late_cookie_deleted", (lost("RS103", "basket"),)),
    Scenario("late_morsel", (lost("RS103", "release"),)),
    Scenario("decorated", (lost("RS101", "x-late"),), sees=("x-tagged",)),
    Scenario("compressed", (lost("RS101", "x-late"),), headers={"Accept-Encoding": "gzip"}, sees=("content-encoding",)),
    Scenario("wrapped_body", (lost("RS101", "x-chunks"),), misses=("x-chunks",)),
    Scenario("replaced", (lost("RS101", "x-replaced"),), sees=("x-was",), body=b"replaced"),
    Scenario("late_in_exit", (lost("RS101", "x-lock"),), body=b"row 2"),
    Scenario("late_in_timer", (lost("RS103", "basket"),)),
    Scenario("late_in_pool", (lost("RS101", "x-job"),)),
    Scenario("async_view", (lost("RS101", "x-async"),)),
    Scenario("late_in_mixin", (lost("RS102"),), sees=("x-explained",), body=b"row 2"),
    Scenario("partial_view", (lost("RS101", "x-kind"),), body=b"csv"),
    Scenario("object_view", (lost("RS103", "shelf"),)),
    Scenario("class_based", (lost("RS101", "x-report"),), path="/class_based/stock"),
    Scenario("custom_404", (lost("RS101", "x-searched"),), path="/nowhere", status=404, body=b"nothing here"),
    Scenario("drf_late", (lost("RS101", "x-stamp"),), body=b"nut"),
    Scenario("drf_viewset", (lost("RS103", "item"),), path="/items/nut/"),
]
LATE_SESSIONS = [
    Scenario("late_session", (lost("RS104", "visit"),), path="/signed/visit"),
    Scenario("late_session_existing", (lost("RS104", "visit"),), path="/signed/visit_existing"),
    Scenario("late_session_db", (lost("RS104", "visit"),), path="/db/visit"),
    Scenario("late_session_cache", (lost("RS104", "visit"),), path="/cache/visit"),
    Scenario("late_session_unsaved", (lost("RS104", "visit"),), path="/db/visit_existing"),
    Scenario("late_session_unknown", (lost("RS104", "visit"),), path="/db/visit_saved_unknown"),
    Scenario("late_session_cycled", (lost("RS104", "user"),), path="/db/visit_cycled"),
    Scenario("late_session_flushed", (lost("RS104", "user"),), path="/signed/visit_flushed"),
    Scenario("late_message", (lost("RS103", "messages"),)),
    Scenario("late_token", (lost("RS103", "csrftoken"),)),
    Scenario("token_in_time", sees=("set-cookie",)),
    Scenario("late_message_read", (lost("RS103", "messages"),), body=b"welcome"),
]
ERRORS = [
    cut("error_in_stream", body=b"row 1"),
    cut("error_from", body=b"row 1"),
    cut("error_in_generic", sees=("cache-control",)),
    cut("missing_in_stream", "RS402", body=b"page 1"),
    cut("denied_in_stream", "RS402", body=b"public"),
    cut("drf_stream", "RS402", body=b"one"),
    cut("drf_error", body=b"row 1"),
    Scenario("error_in_close", (Expected("RS404", "dropped"),), body=b"done"),
]
SECOND_STARTS = [
    second("cascade"),
    second("cascade_redirect"),
    second("cascade_explained"),
    second("cascade_template"),
    second("cascade_denied"),
    second("cascade_shut", path="/plain?shut=1"),
    second("drf_cascade", path="/items/0/"),
]
CLEAN = [
    Scenario("plain", body=b"plain", sees=("x-version", "set-cookie")),
    Scenario("head", path="/plain", method="HEAD"),
    Scenario("stream", body=b"row 2"),
    Scenario("stream_head", path="/stream", method="HEAD"),
    Scenario("template", body=b"nut", sees=("x-rendered",)),
    Scenario("rendered", body=b"bolt"),
    Scenario("cached", sees=("x-hits",)),
    Scenario("cached_again", path="/cached", sees=("x-hits",)),
    Scenario("cached_page", body=b"true"),
    Scenario("cached_page_again", path="/cached_page", body=b"true"),
    Scenario("conditional", headers={"If-None-Match": '"v1"'}, status=304),
    Scenario("unconditional", path="/conditional", body=b"the same"),
    Scenario("not_modified", status=304),
    Scenario("file", body=b"bolts"),
    Scenario("file_head", path="/file", method="HEAD"),
    Scenario("no_content", status=204),
    Scenario("no_content_head", path="/no_content", method="HEAD", status=204),
    Scenario("never_sent", body=b"two"),
    Scenario("equal_write", body=b"one"),
    Scenario("read_late", body=b"None"),
    Scenario("session_saved", path="/db/visit_saved", body=b"hello"),
    Scenario("session_saved_in_cache", path="/cache/visit_saved", body=b"hello"),
    Scenario("error_in_time", status=500),
    Scenario("denied_in_time", status=403),
    Scenario("error_before_first_chunk", status=500),
    Scenario("caught_in_stream", body=b"error"),
    Scenario("subrequest", body=b"plain"),
    Scenario("posted", method="POST", sends=b"x=1", status=302, sees=("location",)),
    Scenario("drf_list", path="/items/", body=b"nut"),
    Scenario("drf_head", path="/items/", method="HEAD"),
    Scenario("drf_not_allowed", path="/items/", method="DELETE", status=405),
    Scenario(
        "drf_created", path="/drf_late", method="POST", headers={"Content-Type": "application/json"},
        sends=b'{"name": "nut"}', status=201,
    ),
    Scenario(
        "drf_invalid", path="/drf_late", method="POST", headers={"Content-Type": "application/json"}, sends=b"{}", status=400,
    ),
]
EVERYTHING = [*LATE_WRITES, *LATE_SESSIONS, *ERRORS, *SECOND_STARTS, *CLEAN]
CORE_NAMES = ("late_header", "late_session_unsaved", "missing_in_stream", "cascade", "stream", "file", "session_saved")
CORE = [scenario for scenario in EVERYTHING if scenario.name in CORE_NAMES]


def on_wsgiref(scenario):
    """Without a length and without chunks: an answer that was cut looks complete."""
    return scenario.but(truncated=False)


def on_hypercorn(scenario):
    """A second start is taken silently, and it wins."""
    return scenario.but(findings=(lost("RS201", late="fallback:late"),), status=200) if scenario.name == "cascade" else scenario



def one_of_many(name):
    """One of many requests at the same time, with a late header if its name says so."""
    findings = (lost("RS101", "x-late"),) if name.startswith("late") else ()
    return Scenario(name, findings, f"/one_of_many?name={name}", body=f"{name}\n".encode() * 3, marks="one_of_many")


def kept(name, number):
    """A scenario as a request of a connection that is kept."""
    return next(each for each in EVERYTHING if each.name == name).again(f"{name}-kept-{number}")


class TestDjangoWsgi(IntegrationContract):
    integration = "django"
    apps = Path(__file__).parent / "apps"
    app = "django_wsgi_app"
    servers = {
        "runserver": [on_wsgiref(each) for each in EVERYTHING],
        "gunicorn-gthread": EVERYTHING,
        "wsgiref": [on_wsgiref(each) for each in CORE],
        "werkzeug": CORE,
        "gunicorn-sync": CORE,
        "waitress": CORE,
        "hypercorn-wsgi": [on_hypercorn(each) for each in CORE],
    }
    at_once = [one_of_many(f"{kind}-{number}") for number in range(6) for kind in ("late", "good")]
    on_one_connection = [kept(name, number) for number, name in enumerate(("late_header", "plain", "late_session", "plain"))]
