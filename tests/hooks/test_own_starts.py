"""The start of a response object needs no stack only while it is its own: whoever decides otherwise on the way is the author."""

import asyncio
import inspect
import io

import pytest
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route
from werkzeug.middleware.lint import LintMiddleware
from werkzeug.wrappers import Response

import respstart

START, BODY = "http.response.start", "http.response.body"


def line_of(function, mark):
    """The number of the line of a function that ends with `# mark`."""
    lines, first = inspect.getsourcelines(function)
    return first + next(number for number, line in enumerate(lines) if line.rstrip().endswith(f"# {mark}"))


def streamed():
    async def page(request):
        async def body():
            yield b"one"
            response.headers["x-late"] = "1"
            yield b"two"

        response = StreamingResponse(body())  # built
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


def late_header(findings):
    return next(finding for finding in findings if finding.subject == "x-late")


@pytest.mark.parametrize("wrap", [lambda app: app, passes_on, holds_back(lambda message: message)])
def test_who_only_passes_it_on_is_no_author(found, wrap):
    ask(wrap(streamed()))
    assert late_header(found).first_writer.line == line_of(streamed, "built")


@pytest.mark.parametrize("decide", [another_status, other_headers])
def test_who_decides_on_another_head_is_the_author(found, decide):
    ask(holds_back(decide)(streamed()))
    assert late_header(found).first_writer.line == line_of(holds_back, "decided")


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
