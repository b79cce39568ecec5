"""ASGI by hand: exceptions around the moment when a server lets the head go."""

from __future__ import annotations

START, BODY = "http.response.start", "http.response.body"


class Broken(Exception):
    """What goes wrong here."""


async def before_start(send):
    raise Broken


async def before_body(send):
    await send({"type": START, "status": 200, "headers": []})  # <before_body:first>
    raise Broken  # <before_body:late>


async def after_empty_body(send):
    await send({"type": START, "status": 200, "headers": []})  # <after_empty_body:first>
    await send({"type": BODY, "body": b"", "more_body": True})
    raise Broken  # <after_empty_body:late>


async def after_body(send):
    await send({"type": START, "status": 200, "headers": []})  # <after_body:first>
    await send({"type": BODY, "body": b"one", "more_body": True})
    raise Broken  # <after_body:late>


async def after_end(send):
    await send({"type": START, "status": 200, "headers": []})  # <after_end:first>
    await send({"type": BODY, "body": b""})
    raise Broken  # <after_end:late>


ROUTES = {f"/{each.__name__}": each for each in (before_start, before_body, after_empty_body, after_body, after_end)}


async def app(scope, receive, send):
    if scope["type"] == "http":
        await ROUTES[scope["path"]](send)
