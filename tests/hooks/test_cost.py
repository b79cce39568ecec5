"""What a clean request may cost, counted and not timed: calls of respstart's own functions, frames looked at, objects left behind."""

import sys
from collections import Counter

import pytest

import respstart
from respstart.core import stack
from respstart.hooks import binding, late
from respstart.hooks.binding import watched


@pytest.fixture(autouse=True)
def installed():
    with respstart.tracing(output="off", otel="off"):
        yield


def asgi_request(app):
    import asyncio

    async def ask():
        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            pass

        await app({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [], "root_path": ""}, receive, send)

    loop = asyncio.new_event_loop()
    return lambda: loop.run_until_complete(ask()), loop.close


def wsgi_request(app):
    def ask():
        from io import BytesIO

        environ = {
            "REQUEST_METHOD": "GET", "PATH_INFO": "/", "SERVER_NAME": "x", "SERVER_PORT": "80", "wsgi.url_scheme": "http", "wsgi.input": BytesIO()
        }  # fmt: skip
        body = app(environ, lambda *start: None)
        list(body)
        body.close()

    return ask, lambda: None


def starlette():
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def page(request):
        return PlainTextResponse("x")

    return asgi_request(Starlette(routes=[Route("/", page)]))


def fastapi():
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/")
    async def page():
        return {"x": 1}

    return asgi_request(app)


def flask():
    from flask import Flask

    app = Flask("cost")
    app.add_url_rule("/", view_func=lambda: "x")
    return wsgi_request(app)


def own_calls(ask):
    """How often each of respstart's own functions is called for one request."""
    calls = Counter()

    def count(frame, event, argument):
        if event == "call" and stack.is_own(frame.f_code):
            calls[frame.f_code.co_name] += 1

    ask()
    ask()
    sys.setprofile(count)
    try:
        ask()
    finally:
        sys.setprofile(None)
    return calls


# Some above what it takes today: one more call here costs every request of every application, and wants a reason.
@pytest.mark.parametrize(("application", "most"), [(starlette, 70), (fastapi, 110), (flask, 120)])
def test_a_clean_request_takes_few_calls(application, most):
    ask, close = application()
    calls = own_calls(ask)
    close()
    assert 20 < sum(calls.values()) <= most, calls.most_common()


def served_flask(wrap):
    from flask import Flask

    app = Flask("cost")
    app.add_url_rule("/", view_func=lambda: "x")
    return wsgi_request(respstart.wsgi(wrap(app)))


def passes_on(app):
    return app


def changes_the_start(app):
    def middleware(environ, start_response):
        def start(status, headers, exc_info=None):
            return start_response(status, [*headers, ("X-Mine", "1")])

        return app(environ, start)

    return middleware


@pytest.mark.parametrize(("wrap", "times"), [(passes_on, 0), (changes_the_start, 1)])
def test_behind_a_server_a_start_is_looked_at_twice_only_where_a_middleware_stands_between(wrap, times):
    ask, _ = served_flask(wrap)
    calls = own_calls(ask)
    assert calls["_inner_start"] == times
    assert not calls["is_carried"]  # no heads are compared where the response object itself makes the start


def test_a_server_that_is_given_its_application_with_each_request_has_it_traced_once():
    from starlette.applications import Starlette

    from respstart.hooks import births

    made = []
    trace = births._remembered(lambda app: made.append(app) or object())
    one, other = Starlette(), Starlette()
    assert trace(one) is trace(one)
    assert trace(other) is not trace(one)
    assert made == [one, other, one]


@pytest.mark.parametrize("application", [starlette, flask])
def test_frames_beyond_the_dispatcher_cost_nothing(application, monkeypatch):
    """A server, or a test runner, may stand on as many frames as it likes."""
    ask, close = application()
    ask()
    lengths = []
    for name in ("capture", "capture_start"):
        original = getattr(stack, name)

        def measured(*args, original=original):
            snapshot = original(*args)
            lengths.append(len(snapshot))
            return snapshot

        for module in (stack, sys.modules["respstart.hooks.runtime"]):
            if getattr(module, name, None) is original:
                monkeypatch.setattr(module, name, measured)

    def deeper(levels):
        return deeper(levels - 1) if levels else ask()

    ask()
    shallow, lengths[:] = list(lengths), []
    deeper(40)
    close()
    assert lengths == shallow
    assert 0 < max(shallow) < 2 * 16  # codes and offsets: it was the dispatcher that ended them, and no limit


def test_a_clean_request_diagnoses_and_looks_up_nothing(monkeypatch):
    """Lines, changes and whole stacks are for what went wrong."""
    ask, close = starlette()
    ask()

    def never(*args, **kwargs):
        raise AssertionError("on the clean path")

    for owner, name in ((stack, "line_of"), (stack, "lines"), (binding, "changes"), (late, "late_lines"), (late, "situate")):
        monkeypatch.setattr(owner, name, never)
    ask()
    close()
    assert not sys.modules["respstart.hooks.guard"].faults


def test_a_header_of_an_unwatched_response_is_set_by_one_call_more():
    from werkzeug.datastructures import Headers

    headers = Headers()
    headers["X-First"] = "1"

    def set_one():
        headers["X-Second"] = "2"

    assert id(headers) not in watched
    assert set(own_calls(set_one).elements()) <= {"write_item", "write"}
