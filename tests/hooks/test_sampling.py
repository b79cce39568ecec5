"""A request that is left out (`sample`, `excluded_urls`) is left out as a whole, decided on once, and leaves nothing behind."""

import asyncio
import contextvars
import io
import weakref

import pytest
from a2wsgi import ASGIMiddleware, WSGIMiddleware
from aiohttp import web
from fastapi import FastAPI
from fastapi.responses import StreamingResponse as FastAPIStreamingResponse
from flask import Flask, Response
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Mount, Route

import drivers
import respstart
from respstart.hooks import binding, sampling


def starlette_app():
    async def page(request):
        async def body():
            yield b"one"
            response.headers["x-late"] = "1"

        response = StreamingResponse(body())
        return response

    return Starlette(routes=[Route("/", page), Route("/left-out", page)])


def fastapi_app():
    app = FastAPI()

    @app.get("/")
    @app.get("/left-out")
    async def page():
        async def body():
            yield b"one"
            response.headers["x-late"] = "1"

        response = FastAPIStreamingResponse(body())
        return response

    return app


def flask_app():
    app = Flask(__name__)

    @app.get("/")
    @app.get("/left-out")
    def page():
        def body():
            yield b"one"
            response.headers["x-late"] = "1"
            yield b"two"

        response = Response(body())
        return response

    return app


def aiohttp_app():
    async def page(request):
        response = web.StreamResponse()
        await response.prepare(request)
        response.headers["x-late"] = "1"
        return response

    app = web.Application()
    app.add_routes([web.get("/", page), web.get("/left-out", page)])
    return app


APPS = [starlette_app, fastapi_app, flask_app, aiohttp_app]


def served(app):
    """As beneath a server that respstart knows."""
    return app if drivers.has_own_server(app) else respstart.asgi(app) if drivers.is_asgi(app) else respstart.wsgi(app)


@pytest.fixture
def throws(monkeypatch):
    """The dice: what is thrown next, and how often it was."""
    thrown, values = [], []

    def throw():
        thrown.append(values.pop(0) if values else 0.99)  # nobody sees a failure here: it is respstart's own, and swallowed
        return thrown[-1]

    monkeypatch.setattr(sampling.random, "random", throw)
    return thrown, values


def found_in(ask, **settings):
    """What is found while `ask` is called."""
    found = []
    with respstart.tracing(output="off", otel="off", repeat_seconds=0, **settings):
        remove = respstart.on_finding(found.append)
        ask()
        remove()
    return found


@pytest.mark.parametrize("make", APPS)
def test_the_share_is_that_of_the_requests_however_many_layers_are_asked(make, throws):
    thrown, values = throws
    values += [0.4, 0.1, 0.9, 0.24, 0.25]

    def ask():
        for _ in range(5):
            assert drivers.ask(served(make())).status == 200

    assert len(found_in(ask, sample=0.25)) == 2  # those below
    assert len(thrown) == 5


@pytest.mark.parametrize("make", APPS)
def test_an_excluded_path_is_left_alone_and_the_others_are_not(make):
    def ask():
        for path in "/left-out", "/", "/left-out":
            assert drivers.ask(served(make()), path=path).status == 200

    (finding,) = found_in(ask, excluded_urls=["^/left"])
    assert finding.request.path == "/"


def test_where_the_framework_is_asked_first_it_is_the_same(throws):
    _, values = throws
    values += [0.9, 0.1] * 2

    def ask():
        for app in starlette_app(), flask_app():
            drivers.ask(app)
            drivers.ask(app)

    assert len(found_in(ask, sample=0.5)) == 2


def test_a_copy_of_the_request_is_the_same_request(throws):
    thrown, values = throws
    values += [0.9]
    inner = flask_app()

    def copies(environ, start_response):
        return inner(dict(environ), start_response)

    assert not found_in(lambda: drivers.ask(respstart.wsgi(copies)), sample=0.5)
    assert len(thrown) == 1


def wsgi_in_asgi():
    return Starlette(routes=[Mount("/", WSGIMiddleware(flask_app()))])


def asgi_in_wsgi():
    return ASGIMiddleware(starlette_app()).__call__


@pytest.mark.parametrize("make", [wsgi_in_asgi, asgi_in_wsgi])
@pytest.mark.parametrize(("dice", "findings"), [([0.9], 0), ([0.1], 1)])
def test_behind_a_bridge_it_is_as_outside(make, dice, findings, throws):
    thrown, values = throws
    values += dice

    def ask():
        assert drivers.ask(served(make())).status == 200

    assert len(found_in(ask, sample=0.5)) == findings
    assert len(thrown) == 1


def test_a_request_that_is_made_by_one_that_is_left_out_is_decided_on_by_itself(throws):
    thrown, values = throws
    values += [0.9, 0.1]
    other = starlette_app()

    async def app(scope, receive, send):
        await asyncio.to_thread(drivers.ask, other)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    assert len(found_in(lambda: drivers.ask(respstart.asgi(app)), sample=0.5)) == 1
    assert len(thrown) == 2


def test_websockets_and_lifespan_throw_no_dice(throws):
    thrown, _ = throws

    async def app(scope, receive, send):
        pass

    with respstart.tracing(output="off", otel="off", sample=0.5):
        for kind in "websocket", "lifespan":
            asyncio.run(respstart.asgi(app)({"type": kind, "path": "/"}, None, None))
    assert not thrown


@pytest.mark.parametrize("make", [starlette_app, fastapi_app, flask_app])
def test_nothing_is_remembered_of_what_is_left_out(make, monkeypatch):
    remembered = []
    monkeypatch.setattr(binding._built_outside, "remember", lambda response, snapshot: remembered.append(response))

    def ask():
        assert drivers.ask(served(make())).status == 200
        StreamingResponse([])  # outside of every request

    assert not found_in(ask, sample=0)
    assert len(remembered) == 1
    assert not sampling.is_left_out()


def test_what_inherits_the_context_of_a_request_that_is_left_out_is_not_left_out_itself(throws):
    """A server's callbacks may be registered in a request (where reading goes on, say), and bring the next one."""
    _, values = throws
    values += [0.9, 0.1]
    contexts = []

    def leaves_its_context(environ, start_response):
        contexts.append(contextvars.copy_context())
        start_response("204 No Content", [])
        return []

    def ask():
        drivers.ask(respstart.wsgi(leaves_its_context))
        contexts[0].run(drivers.ask, respstart.wsgi(flask_app()))

    (finding,) = found_in(ask, sample=0.5)
    assert finding.first_writer.basis == "built"


def test_nor_is_it_kept_alive_by_that():
    class Environ(dict):
        pass

    contexts = []

    def app(environ, start_response):
        contexts.append(contextvars.copy_context())
        start_response("204 No Content", [])
        return []

    with respstart.tracing(output="off", otel="off", sample=0):
        environ = Environ({"wsgi.input": io.BytesIO()})
        gone = weakref.ref(environ)
        respstart.wsgi(app)(environ, lambda *start: None)
        del environ
    assert gone() is None


def test_what_is_left_out_inside_of_a_request_writes_nothing_into_its_record(throws):
    """The session of an application that is asked in-process is not that of the application that asks it."""
    _, values = throws
    values += [0.1, 0.9]
    inside = Flask(__name__)

    @inside.get("/")
    def inner():
        return "x" if respstart.current() is None else "watched"

    def outer(environ, start_response):
        answer = inside.test_client().get("/").data
        start_response("200 OK", [])
        return [answer]

    def ask():
        assert drivers.ask(respstart.wsgi(outer)).body == b"x"

    assert not found_in(ask, sample=0.5)
