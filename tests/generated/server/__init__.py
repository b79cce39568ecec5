"""Two small servers in the test's own process, as strict as the real ones: uvicorn's rules for ASGI, wsgiref for WSGI.

Several requests are answered at once: none goes on from its first byte before all of them have come that far. It is a package of
its own so that respstart can be told that a server is here, as real ones are known.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import threading
from collections.abc import Sequence
from typing import Any
from wsgiref.handlers import SimpleHandler

PATIENCE = 10.0  # seconds until a request is waited for no more


def ask(app: Any, protocol: str, requests: Sequence[tuple[str, str]]) -> None:
    """Ask for `(path, id)`, all of them at once. Exceptions that reach the server end there."""
    if protocol == "asgi":
        asyncio.run(_ask_asgi(app, requests))
    else:
        _ask_wsgi(app, requests)


# ---------------------------------------------------------------------- ASGI
async def _ask_asgi(app: Any, requests: Sequence[tuple[str, str]]) -> None:
    meeting = _Meeting(len(requests))
    answering = [asyncio.create_task(_answer(app, path, name, meeting)) for path, name in requests]
    await asyncio.wait_for(asyncio.gather(*answering), 3 * PATIENCE)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*left, return_exceptions=True)


class _Meeting:
    """Where every request waits once for all the others."""

    def __init__(self, expected: int) -> None:
        self._missing = expected
        self._complete = asyncio.Event()

    async def come(self) -> None:
        self._missing -= 1
        if self._missing == 0:
            self._complete.set()
        await asyncio.wait_for(self._complete.wait(), PATIENCE)


async def _answer(app: Any, path: str, name: str, meeting: _Meeting) -> None:
    started, met, ended = False, False, asyncio.Event()

    async def receive() -> dict[str, Any]:
        if not messages:
            await ended.wait()
            return {"type": "http.disconnect"}
        return messages.pop()

    async def send(message: dict[str, Any]) -> None:
        nonlocal started, met
        kind = message["type"]
        if ended.is_set():
            raise RuntimeError(f"Unexpected ASGI message '{kind}' sent, after response already completed.")
        if kind != ("http.response.body" if started else "http.response.start"):
            raise RuntimeError(f"Unexpected ASGI message '{kind}'.")
        if not started:
            started = True
        elif not message.get("more_body", False):
            ended.set()
        if not met:
            met = True
            await meeting.come()

    messages = [{"type": "http.request", "body": b"", "more_body": False}]
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "scheme": "http",
        "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": [(b"host", b"shop.test"), (b"x-request-id", name.encode())],
        "client": ("127.0.0.1", 50000), "server": ("127.0.0.1", 8000), "state": {},
    }  # fmt: skip
    with contextlib.suppress(Exception):  # the connection is closed, nothing else
        await app(scope, receive, send)
    ended.set()
    if not met:
        await meeting.come()


# ---------------------------------------------------------------------- WSGI
class _Handler(SimpleHandler):
    http_version = "1.1"
    meeting: threading.Barrier
    met = False

    def _write(self, data: bytes) -> None:
        super()._write(data)
        self.meet()

    def meet(self) -> None:
        if not self.met:
            self.met = True
            self.meeting.wait(PATIENCE)

    def log_exception(self, exc_info: Any) -> None:
        """Nobody reads it."""


def _ask_wsgi(app: Any, requests: Sequence[tuple[str, str]]) -> None:
    meeting = threading.Barrier(len(requests))
    threads = [threading.Thread(target=_serve, args=(app, path, name, meeting)) for path, name in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _serve(app: Any, path: str, name: str, meeting: threading.Barrier) -> None:
    environ = {
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "shop.test", "SERVER_PORT": "80", "REMOTE_ADDR": "127.0.0.1", "HTTP_X_REQUEST_ID": name,
    }  # fmt: skip
    handler = _Handler(io.BytesIO(), io.BytesIO(), io.StringIO(), environ, multithread=True)
    handler.meeting = meeting
    with contextlib.suppress(Exception):  # what fails in close() falls out of wsgiref
        handler.run(app)
    handler.meet()
