"""Which record a request belongs to: its own, also where a middleware has made another scope or environ of it, and nobody else's."""

import asyncio
import io

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from respstart.core.record import ResponseRecord
from respstart.hooks.context import current, enter, leave, record_of


def address(host, port):
    return host, port


def scope(**more):
    return {
        "type": "http", "path": "/", "headers": [(b"host", b"shop")], "client": address("127.0.0.1", 50000),
        "server": address("127.0.0.1", 8000), "state": {}, **more,
    }  # fmt: skip


def without(request, *keys):
    return {key: value for key, value in request.items() if key not in keys}


@pytest.fixture
def entered():
    """Enters a request, whose record it gives."""
    records = []

    def enter_request(request):
        records.append(ResponseRecord("wsgi" if "wsgi.input" in request else "asgi", request, lambda request: request, print))
        enter(records[-1])
        return records[-1]

    yield enter_request
    for record in records:
        leave(record)
    current.set(None)


COPIES = [
    lambda scope: scope,
    dict,
    lambda scope: {**scope, "headers": []},
    lambda scope: without(scope, "state"),
    lambda scope: {**without(scope, "state"), "headers": [], "path": "/mounted"},
    lambda scope: {**scope, "client": ("10.0.0.1", 1), "server": ("shop.test", 80), "headers": []},
]


@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_is_the_same_request(copy, entered):
    request = scope()
    record = entered(request)
    assert record_of(copy(request)) is record


def test_a_copied_environ_is_the_same_request(entered):
    environ = {"wsgi.input": io.BytesIO(), "PATH_INFO": "/"}
    record = entered(environ)
    assert record_of(dict(environ)) is record
    assert record_of({**environ, "wsgi.input": io.BytesIO()}) is None


def test_another_request_is_another_one_also_from_the_same_client(entered):
    request = scope()
    entered(request)
    assert record_of(scope()) is None
    assert record_of(scope(client=request["client"], state=None)) is None


def test_a_service_that_is_asked_in_process_has_a_response_of_its_own(found):
    """All clients of httpx that call an application have one address."""

    async def stock(request):
        async def body():
            yield b"1"
            response.headers["x-late"] = "1"

        response = StreamingResponse(body())
        return response

    async def export(request):
        return PlainTextResponse((await ask(Starlette(routes=[Route("/stock", stock)]), "/stock")).text)

    async def ask(app, path):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
            return await client.get(path)

    answer = asyncio.run(ask(Starlette(routes=[Route("/export", export)]), "/export"))
    assert answer.text == "1"
    (finding,) = found
    assert (finding.request.path, finding.subject) == ("/stock", "x-late")
    assert finding.first_writer.function.endswith(".stock")
