"""Small servers in the test's own process, as strict as the real ones: uvicorn's rules for ASGI, wsgiref for WSGI, and aiohttp's own."""

from __future__ import annotations

import asyncio
import inspect
import io
from dataclasses import dataclass, field
from typing import Any
from wsgiref.handlers import SimpleHandler


@dataclass
class Answer:
    """What the client got, and the exception that reached the server, if one did."""

    status: int | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    error: BaseException | None = None


def ask(app: Any, method: str = "GET", path: str = "/") -> Answer:
    """Send one request to a WSGI or ASGI application, or to one that brings its server."""
    if has_own_server(app):
        return asyncio.run(_ask_aiohttp(app, method, path))
    return asyncio.run(_ask_asgi(app, method, path)) if is_asgi(app) else _ask_wsgi(app, method, path)


def is_asgi(app: Any) -> bool:
    """Whether an application speaks ASGI: its call is a coroutine function."""
    return inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(type(app).__call__)


def has_own_server(app: Any) -> bool:
    """Whether an application is one of aiohttp's."""
    return type(app).__module__ == "aiohttp.web_app"


async def _ask_aiohttp(app: Any, method: str, path: str) -> Answer:
    from aiohttp import web

    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    reader, writer = await asyncio.open_connection(*runner.addresses[0])
    writer.write(f"{method} {path} HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n".encode())
    raw = await reader.read()
    writer.close()
    await runner.cleanup()
    return _parsed(raw)


async def _ask_asgi(app: Any, method: str, path: str) -> Answer:
    answer, ended = Answer(), asyncio.Event()

    async def receive() -> dict[str, Any]:
        if not requests:
            await ended.wait()
            return {"type": "http.disconnect"}
        return requests.pop()

    async def send(message: dict[str, Any]) -> None:
        kind = message["type"]
        if ended.is_set():
            raise RuntimeError(f"Unexpected ASGI message '{kind}' sent, after response already completed.")
        if kind != ("http.response.start" if answer.status is None else "http.response.body"):
            raise RuntimeError(f"Unexpected ASGI message '{kind}'.")
        if kind == "http.response.start":
            answer.status = message["status"]
            answer.headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in message["headers"]]
        else:
            answer.body += message.get("body", b"")
            if not message.get("more_body", False):
                ended.set()
        await asyncio.sleep(0)

    requests = [{"type": "http.request", "body": b"", "more_body": False}]
    try:
        await app(_scope(method, path), receive, send)
    except Exception as error:
        answer.error = error
    ended.set()
    await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)
    return answer


def _scope(method: str, path: str) -> dict[str, Any]:
    return {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "scheme": "http",
        "method": method, "path": path, "raw_path": path.encode(),
        "query_string": b"", "root_path": "", "headers": [(b"host", b"shop.test")],
        "client": _address("127.0.0.1", 50000), "server": _address("127.0.0.1", 8000), "state": {},
    }


def _address(host: str, port: int) -> tuple[str, int]:
    """A server makes one for each connection: a constant would be that of another request, too."""
    return host, port


class _Handler(SimpleHandler):
    http_version = "1.1"
    error: BaseException | None = None

    def log_exception(self, exc_info: Any) -> None:
        self.error = exc_info[1]


def _ask_wsgi(app: Any, method: str, path: str) -> Answer:
    output = io.BytesIO()
    environ = {
        "REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "shop.test", "SERVER_PORT": "80", "REMOTE_ADDR": "127.0.0.1",
    }
    handler = _Handler(io.BytesIO(), output, io.StringIO(), environ, multithread=False)
    handler.run(app)
    answer = _parsed(output.getvalue())
    answer.error = handler.error
    return answer


def _parsed(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = [(name.lower(), value) for name, _, value in (line.partition(": ") for line in rest)]
    return Answer(int(first.split()[1]) if first else None, headers, body)
