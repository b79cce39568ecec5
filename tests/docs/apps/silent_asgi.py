"""Two mistakes of an ASGI application, without respstart: what the server says about them."""

from __future__ import annotations

from pathlib import Path


def start(status):
    return {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]}


def body(text, *, more=False):
    return {"type": "http.response.body", "body": text, "more_body": more}


def remember(error):
    Path("raised").write_text(type(error).__name__)


async def second_start(send):
    await send(start(200))
    try:
        await send(start(500))
    except Exception as error:
        remember(error)
    await send(body(b"one\n"))


async def error_after_start(send):
    await send(start(200))
    await send(body(b"one\n", more=True))
    raise LookupError("two")


async def app(scope, receive, send):
    if scope["type"] == "http":
        await globals()[scope["path"].strip("/")](send)
