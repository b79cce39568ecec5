"""The two applications of `respstart doctor --self-test`. Each starts a second response, which comes too late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


def wsgi_app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])  # first writer
    yield b"on its way"
    start_response("500 Internal Server Error", [])  # late writer


async def asgi_app(scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})  # first writer
    await send({"type": "http.response.body", "body": b"on its way", "more_body": True})
    await send({"type": "http.response.start", "status": 500, "headers": []})  # late writer
