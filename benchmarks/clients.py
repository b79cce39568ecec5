"""How an application is asked in process, without a server."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Awaitable, Callable
from functools import cache

from benchmarks.applications import ASGI, NATIVE, PROTOCOLS, WSGI

Ask = Callable[[int], None]


def client(framework: str, app, path: str = "/", outer: int = 0) -> Ask:
    """A function that asks for `path` so many times, and raises AssertionError when the answer is not 200.

    `outer` frames lie between it and the application.
    """
    return {ASGI: _asgi_client, WSGI: _wsgi_client, NATIVE: _aiohttp_client}[PROTOCOLS[framework]](app, path, outer)


def asgi_scope(path: str) -> dict[str, object]:
    """What a server hands to an ASGI application for a GET."""
    return {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "client": ("127.0.0.1", 1),
        "headers": [(b"host", b"127.0.0.1"), (b"user-agent", b"benchmark"), (b"accept", b"*/*")], "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip


def asgi_receive() -> Callable[[], Awaitable[dict[str, object]]]:
    """A request without a body, by a client that stays."""
    messages: list[dict[str, object]] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive():
        return messages.pop() if messages else await asyncio.get_running_loop().create_future()

    return receive


def wsgi_environ(path: str) -> dict[str, object]:
    """What a server hands to a WSGI application for a GET."""
    return {
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "127.0.0.1", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http", "wsgi.version": (1, 0), "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False,
    }  # fmt: skip


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """One for the process: an application of aiohttp is tied to its first."""
    return asyncio.new_event_loop()


def _asgi_client(app, path: str, outer: int) -> Ask:
    loop = _loop()

    async def below(frames, scope, receive, send):
        await (below(frames - 1, scope, receive, send) if frames else app(scope, receive, send))

    async def ask(number):
        for _ in range(number):
            started, receive = [], asgi_receive()

            async def send(message, started=started):
                if message["type"] == "http.response.start":
                    started.append(message["status"])

            scope = asgi_scope(path)
            await (below(outer - 1, scope, receive, send) if outer else app(scope, receive, send))
            assert started == [200], started

    return lambda number: loop.run_until_complete(ask(number))


def _wsgi_client(app, path: str, outer: int) -> Ask:
    def below(frames, environ, start_response):
        return below(frames - 1, environ, start_response) if frames else read(environ, start_response)

    def read(environ, start_response):
        body = app(environ, start_response)
        for _ in body:
            pass
        getattr(body, "close", lambda: None)()

    def ask(number):
        for _ in range(number):
            started = []
            environ = wsgi_environ(path)
            below(outer, environ, lambda status, headers, exc_info=None, started=started: started.append(status))
            assert started == ["200 OK"], started

    return ask


class _Wire(asyncio.Transport):
    """Where a server writes to; tells when an answer is complete."""

    def __init__(self, answered):
        super().__init__()
        self.answered = answered
        self.begins = self.ends = b""

    def write(self, data):
        self.begins, self.ends = self.begins or bytes(data), bytes(data)
        if self.ends.endswith((b"Hello, world", b"0\r\n\r\n")):
            self.answered.set()

    def is_closing(self):
        return False

    def close(self):
        """There is nothing to close."""

    def get_write_buffer_size(self):
        return 0


def _aiohttp_client(app, path: str, outer: int) -> Ask:
    """aiohttp's own server, with a connection that leads nowhere; it makes a task of its own, below which no `outer` frames can lie."""
    from aiohttp import web

    loop = _loop()
    request = b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % path.encode()

    async def ready():
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        protocol, wire = runner.server(), _Wire(asyncio.Event())
        protocol.connection_made(wire)
        return protocol, wire

    protocol, wire = loop.run_until_complete(ready())

    async def ask(number):
        for _ in range(number):
            wire.answered.clear()
            wire.begins = b""
            protocol.data_received(request)
            await wire.answered.wait()
            assert wire.begins.startswith(b"HTTP/1.1 200 OK"), wire.begins
            await asyncio.sleep(0)  # the server is done with the request after its last byte

    return lambda number: loop.run_until_complete(ask(number))
