"""An ASGI application that fails, or answers twice, after the start; once from a task that nobody waits for."""

import asyncio
import gc

import log_lines

log_lines.configure()


async def app(scope, receive, send):
    if scope["type"] != "http":
        raise RuntimeError("only HTTP")
    if scope["path"] == "/before":
        raise KeyError("nothing was started")
    await send({"type": "http.response.start", "status": 200, "headers": []})  # <stream:first> <second:first> <task:first>
    await send({"type": "http.response.body", "body": b"one", "more_body": True})
    await ENDS[scope["path"]](send)


async def stream(send):
    raise KeyError("two")


async def second(send):
    await send({"type": "http.response.start", "status": 500, "headers": []})


async def task(send):
    late = asyncio.create_task(second(send))
    await asyncio.wait([late])
    del late
    gc.collect()  # asyncio says what nobody has asked for when the task is thrown away
    await send({"type": "http.response.body", "body": b"two"})


ENDS = {"/stream": stream, "/second": second, "/task": task}
