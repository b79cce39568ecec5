"""Nothing of a request outlives it, and no table of respstart grows."""

import gc
import weakref

import pytest

import respstart
from respstart.core.record import ResponseRecord
from respstart.hooks import binding, context, guard, wsgi
from respstart.hooks.binding import watched
from respstart.hooks.context import current


@pytest.fixture(autouse=True)
def installed():
    with respstart.tracing(output="off", otel="off"):
        yield


def flask_client():
    from flask import Flask, Response, session

    app = Flask("memory")
    app.secret_key = "x"

    @app.get("/")
    def page():
        session["n"] = 1
        return Response("x")

    @app.get("/late")
    def late():
        def body():
            yield "x"
            response.headers["X-Late"] = "1"

        response = Response(body())
        return response

    return app.test_client()


def starlette_client():
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.base import BaseHTTPMiddleware
    from starlette.middleware.sessions import SessionMiddleware
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route
    from starlette.testclient import TestClient

    async def page(request):
        request.session["n"] = 1
        return PlainTextResponse("x")

    class Gate(BaseHTTPMiddleware):
        async def dispatch(self, request, call_next):
            return await call_next(request)

    app = Starlette(routes=[Route("/", page), Route("/late", page)], middleware=[Middleware(Gate), Middleware(SessionMiddleware, secret_key="x")])
    return TestClient(app)


@pytest.mark.parametrize("client", [flask_client, starlette_client])
def test_no_table_grows(client):
    asks = client()
    sizes = []
    for _ in range(3):
        for _ in range(20):
            asks.get("/")
            asks.get("/late")
        gc.collect()
        sizes.append((len(watched), len(context._by_request), len(binding._built_outside)))
    assert sizes[0] == sizes[1] == sizes[2]
    assert current.get() is None


def test_a_body_that_a_bridge_never_closes_leaves_nothing_behind():
    import asyncio

    from asgiref.wsgi import WsgiToAsgi

    def application(environ, start_response):
        start_response("200 OK", [])
        return (chunk for chunk in (b"one", b"two"))

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)
        bodies.extend(each for each in gc.get_objects() if issubclass(type(each), wsgi.Body))  # somebody has them still when the request is over

    async def ask():
        app = respstart.asgi(WsgiToAsgi(application))
        for _ in range(5):
            await app({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [], "http_version": "1.1"}, receive, send)

    sent, bodies, before = [], [], set(context._by_request)  # an interrupt that a test made in the middle of a request may have left some
    asyncio.run(ask())
    assert bodies
    bodies.clear()
    gc.collect()
    assert b"two" in [message.get("body") for message in sent]
    assert set(context._by_request) <= before


def test_a_local_of_the_application_dies_with_the_request():
    class Local:
        pass

    references = []

    def app(environ, start_response):
        local = Local()
        references.append(weakref.ref(local))
        environ["app.local"] = local
        start_response("200 OK", [])
        return [b"x"]

    respstart.wsgi(app)({"REQUEST_METHOD": "GET"}, lambda *args: None)
    gc.collect()
    assert references[0]() is None


def test_a_response_dies_when_the_application_lets_it_go():
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route
    from starlette.testclient import TestClient

    references = []

    async def page(request):
        response = PlainTextResponse("x")
        references.append(weakref.ref(response))
        return response

    TestClient(Starlette(routes=[Route("/", page)])).get("/")
    gc.collect()
    assert references[0]() is None


def flask_failing():
    from flask import Flask, Response

    app = Flask("memory")

    @app.get("/")
    def page():
        def body():
            yield b"x"
            raise ZeroDivisionError

        return Response(body())

    def ask():
        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "SERVER_NAME": "s", "SERVER_PORT": "80", "wsgi.url_scheme": "http"}
        body = served(environ, lambda *args: None)
        try:
            list(body)
        finally:
            body.close()

    served = respstart.wsgi(app)
    return ask


def starlette_failing():
    import asyncio

    from starlette.applications import Starlette
    from starlette.responses import StreamingResponse
    from starlette.routing import Route

    async def page(request):
        async def body():
            yield b"x"
            raise ZeroDivisionError

        return StreamingResponse(body())

    async def receive():
        return await asyncio.Event().wait()

    async def send(message):
        """Nothing is refused."""

    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [], "http_version": "1.1"}
    served = respstart.asgi(Starlette(routes=[Route("/", page)]))
    return lambda: asyncio.run(served(dict(scope), receive, send))


@pytest.mark.parametrize("failing", [flask_failing, starlette_failing])
def test_a_body_that_fails_leaves_no_record_behind(failing):
    """Its exception holds its frames, and they hold the body: as long as a table leads there, nothing of it would ever die."""
    ask = failing()

    def records():
        gc.collect()
        return {id(each) for each in gc.get_objects() if type(each) is ResponseRecord}

    before = records()
    for _ in range(3):
        with pytest.raises((ZeroDivisionError, ExceptionGroup)):
            ask()
    assert records() <= before


def test_a_body_that_is_never_closed_is_not_kept():
    def app(environ, start_response):
        start_response("200 OK", [])
        yield b"x"

    class Marker(dict):
        pass

    environ = Marker(REQUEST_METHOD="GET")
    reference = weakref.ref(environ)
    body = respstart.wsgi(app)(environ, lambda *args: None)
    next(iter(body))
    current.set(None)  # a real worker thread takes the next request
    del body, environ
    gc.collect()
    assert reference() is None


def test_a_failure_when_an_object_dies_is_counted_and_reaches_nobody(capfd):
    """A weak reference's callback has no caller: Python itself would print what it raises."""

    def fails():
        raise ZeroDivisionError

    guard.faults.clear()
    binding._forget_dead([], fails, None)
    assert sum(guard.faults.values()) == 1
    guard.faults.clear()
    assert "Exception ignored" not in capfd.readouterr().err


class TestBetweenTheChunks:
    """A streamed WSGI body keeps its request current between its chunks, which costs less; nobody is to notice."""

    @staticmethod
    def stream(*texts):
        def app(environ, start_response):
            start_response("200 OK", [])

            def body():
                for text in texts:
                    seen.append(current.get())
                    yield text

            return body()

        seen = []
        return respstart.wsgi(app), seen

    @staticmethod
    def environ():
        return {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "wsgi.input": object()}

    def test_its_code_runs_for_its_request_and_what_follows_for_none(self):
        app, seen = self.stream(b"1", b"2", b"3")
        assert list(app(self.environ(), lambda *args: None)) == [b"1", b"2", b"3"]
        assert len({id(record) for record in seen}) == 1
        assert seen[0].ended_at is not None
        assert current.get() is None

    def test_one_inside_of_another_gives_back(self):
        inner, inside = self.stream(b"a", b"b")
        after = []

        def app(environ, start_response):
            start_response("200 OK", [])

            def body():
                for chunk in inner(TestBetweenTheChunks.environ(), lambda *args: None):
                    after.append(current.get())
                    yield chunk

            return body()

        outer = iter(respstart.wsgi(app)(self.environ(), lambda *args: None))
        assert next(outer) == b"a"
        assert list(outer) == [b"b"]
        assert after[0] is after[1] is not inside[0]
        assert current.get() is None

    def test_one_that_is_left_alone_is_forgotten(self):
        app, _ = self.stream(b"1", b"2")
        body = iter(app(self.environ(), lambda *args: None))
        next(body)
        del body
        gc.collect()
        assert current.get() is None

    def test_one_that_is_left_alone_is_no_part_of_the_next(self):
        """Somebody has it still, and goes on to another request in the same thread."""
        app, seen = self.stream(b"1", b"2")
        kept = iter(app(self.environ(), lambda *args: None))
        next(kept)
        other, others = self.stream(b"x")
        assert list(other(self.environ(), lambda *args: None)) == [b"x"]
        assert others[0] is not seen[0]
        assert current.get() is None
        assert list(kept) == [b"2"]
        assert seen[1] is seen[0]
        assert current.get() is None

    def test_a_response_that_is_built_in_between_is_none_of_its(self):
        from werkzeug.wrappers import Response

        app, seen = self.stream(b"1", b"2")
        body = iter(app(self.environ(), lambda *args: None))
        next(body)
        response = Response("kept between requests")
        assert not seen[0].built
        assert binding._built_outside.get(response)
        body.close()

    def test_a_part_of_its_own_body_is_no_gap(self):
        """What the application iterates over itself runs within its own code."""
        running = []

        def app(environ, start_response):
            start_response("200 OK", [])

            def body():
                part = wsgi.Chunks(current.get(), iter([b"1", b"2"]), ends=False)
                for chunk in part:
                    running.append(not current.get().lent)
                    yield chunk

            return body()

        assert list(respstart.wsgi(app)(self.environ(), lambda *args: None)) == [b"1", b"2"]
        assert running == [True, True]
        assert current.get() is None
