"""The start of a response object needs no stack only while it is its own: whoever decides otherwise on the way is the author."""

import asyncio
import inspect
import io

import pytest
from flask import Flask, Response as FlaskResponse
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from werkzeug.middleware.lint import LintMiddleware
from werkzeug.wrappers import Response

import drivers
import respstart

START, BODY = "http.response.start", "http.response.body"


def line_of(function, mark):
    """The number of the line of a function that ends with `# mark`."""
    lines, first = inspect.getsourcelines(function)
    return first + next(number for number, line in enumerate(lines) if line.rstrip().endswith(f"# {mark}"))


def streamed(media_type="text/csv"):
    async def page(request):
        async def body():
            yield b"one"
            response.headers["x-late"] = "1"
            yield b"two"

        response = StreamingResponse(body(), media_type=media_type)  # built
        return response

    return Starlette(routes=[Route("/", page)])


def passes_on(app):
    async def middleware(scope, receive, send):
        async def forward(message):
            await send(message)

        await app(scope, receive, forward)

    return middleware


def holds_back(decide):
    def wrap(app):
        async def middleware(scope, receive, send):
            held = []

            async def hold(message):
                if message["type"] == START:
                    return held.append(message)
                if held:
                    await send(decide(held.pop()))  # decided
                return await send(message)

            await app(scope, receive, hold)

        return middleware

    return wrap


def another_status(message):
    return {**message, "status": 503}


def other_headers(message):
    message["headers"][:] = [(b"x-mine", b"1")]  # the very list of the response object
    return message


def ask(app):
    async def receive():
        await asyncio.sleep(0)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        pass

    scope = {
        "type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [], "root_path": "", "asgi": {"spec_version": "2.4"},
    }  # fmt: skip
    asyncio.run(respstart.asgi(app)(scope, receive, send))


def copies_the_headers(app):
    """As Starlette's SessionMiddleware does, of every start."""

    async def middleware(scope, receive, send):
        async def add(message):
            if message["type"] == START:
                message["headers"] = [*message["headers"], (b"vary", b"cookie")]
            await send(message)

        await app(scope, receive, add)

    return middleware


def late_header(findings):
    return next(finding for finding in findings if finding.subject == "x-late")


@pytest.mark.parametrize("wrap", [lambda app: app, passes_on, holds_back(lambda message: message)])
def test_who_only_passes_it_on_is_no_author(found, wrap):
    ask(wrap(streamed()))
    assert late_header(found).first_writer.line == line_of(streamed, "built")


@pytest.mark.parametrize("media_type", ["text/csv", None])
def test_nor_where_others_add_headers_further_out(found, media_type):
    """A response without any headers is held back and passed on like one that has some."""
    ask(copies_the_headers(holds_back(lambda message: message)(streamed(media_type))))
    assert late_header(found).first_writer.line == line_of(streamed, "built")


def test_a_second_response_that_is_held_back_is_its_own_authors(found):
    async def page(request):
        await PlainTextResponse("one")(request.scope, request.receive, request._send)
        return PlainTextResponse("two")  # second

    ask(holds_back(lambda message: message)(Starlette(routes=[Route("/", page)])))
    (finding,) = [finding for finding in found if finding.rule == "RS201"]
    assert finding.late_writer.source.endswith("# second")


@pytest.mark.parametrize("outside", [lambda app: app, copies_the_headers])
def test_a_start_that_is_sent_again_is_told_of_who_sends_it_again(found, outside):
    """With each chunk, say. What others add to it once more is lost with it, and no finding of its own."""

    def resends(app):
        async def middleware(scope, receive, send):
            kept = []

            async def keep(message):
                if message["type"] == START:
                    return kept.append(message)
                await send(kept[0])  # sent again
                return await send(message)

            await app(scope, receive, keep)

        return middleware

    async def page(request):
        return StreamingResponse(iter([b"one", b"two"]))  # made

    ask(outside(resends(Starlette(routes=[Route("/", page)]))))
    (finding,) = found
    assert (finding.rule, finding.first_writer.source[-6:], finding.late_writer.source[-12:]) == ("RS201", "# made", "# sent again")


def test_a_header_that_somebody_writes_again_before_the_start_is_not_lost(found):
    """`Vary` is: by a compression of the very list of the response, then by a session in a copy of it."""

    def varies(name, copies):
        def wrap(app):
            async def middleware(scope, receive, send):
                async def add(message):
                    if message["type"] == START:
                        message["headers"] = list(message["headers"]) if copies else message["headers"]
                        MutableHeaders(raw=message["headers"]).add_vary_header(name)
                    await send(message)

                await app(scope, receive, add)

            return middleware

        return wrap

    async def page(request):
        return PlainTextResponse("x")

    ask(varies("Cookie", copies=True)(varies("Accept-Encoding", copies=False)(Starlette(routes=[Route("/", page)]))))
    assert not found


@pytest.mark.parametrize("decide", [another_status, other_headers])
def test_who_decides_on_another_head_is_the_author(found, decide):
    ask(holds_back(decide)(streamed()))
    assert late_header(found).first_writer.line == line_of(holds_back, "decided")


def longer(message):
    headers = [pair for pair in message["headers"] if pair[0] != b"content-length"]
    return {**message, "headers": [*headers, (b"content-length", b"99")]}


def test_who_changes_the_body_makes_another_length_and_is_no_author(found):
    async def page(request):
        def later():
            response.set_cookie("late", "1")

        response = PlainTextResponse("x", background=BackgroundTask(later))  # built
        return response

    ask(holds_back(longer)(Starlette(routes=[Route("/", page)])))
    (finding,) = [finding for finding in found if finding.rule == "RS103"]
    assert finding.first_writer.source.endswith("# built")


def test_neither_below_a_framework_s_own_entry(found):
    """`app.wsgi_app = Middleware(app.wsgi_app)` stands behind `Flask.__call__`."""
    app = Flask(__name__)

    @app.get("/")
    def page():
        def body():
            yield "one"
            response.headers["X-Late"] = "1"
            yield "two"

        response = FlaskResponse(body())  # built
        return response

    def minifies(inner):
        def middleware(environ, start_response):
            kept = []
            result = inner(environ, lambda *start: kept.extend(start))
            body = b"".join(result).upper()
            result.close()
            start_response(kept[0], [*kept[1], ("Content-Length", str(len(body)))])
            return [body]

        return middleware

    app.wsgi_app = minifies(app.wsgi_app)
    assert drivers.ask(respstart.wsgi(app)).body == b"ONETWO"
    (finding,) = found
    assert (finding.rule, finding.subject) == ("RS101", "x-late")
    assert finding.first_writer.source.endswith("# built")


@pytest.mark.filterwarnings("ignore")  # of the linter
def test_who_passes_it_on_below_a_tool_that_is_looked_through_is_on_the_stack(found):

    def application(environ, start_response):
        return Response("abc")(environ, start_response)

    def lengthens(environ, start_response):
        def forward(status, headers, exc_info=None):
            return start_response(status, headers)

        return [*application(environ, forward), b"more"]

    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": "/", "SERVER_NAME": "x", "SERVER_PORT": "80", "wsgi.url_scheme": "http", "wsgi.version": (1, 0),
        "wsgi.input": io.BytesIO(), "wsgi.errors": io.BytesIO(),
    }  # fmt: skip
    body = respstart.wsgi(LintMiddleware(lengthens))(environ, lambda *start: lambda data: None)
    assert b"".join(body) == b"abcmore"
    assert [finding.rule for finding in found] == ["RS302"]
    assert any(frame.name.endswith("forward") for frame in found[0].stacks.start)
