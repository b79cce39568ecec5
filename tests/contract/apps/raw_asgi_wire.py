"""Small helpers around the protocol, as every application without a framework grows them."""

from __future__ import annotations

import asyncio

START, BODY = "http.response.start", "http.response.body"


async def begin(send, status: int = 200, *headers: tuple[bytes, bytes]) -> list:
    """Starts a response: most applications have one line like this, so that it tells nothing by itself."""
    fields = [(b"content-type", b"text/plain"), *headers]
    await send(  # <begin:first> <begin:late> <body_after_end:started> <ends_itself:started> <late_append:started>
        {"type": START, "status": status, "headers": fields}
    )
    return fields


async def write(send, body: bytes, *, more: bool = False) -> None:
    await send({"type": BODY, "body": body, "more_body": more})


class Reply:
    """A response class of the house."""

    def __init__(self, body: bytes, status: int = 200) -> None:
        self.body = body
        self.status = status

    async def __call__(self, scope, receive, send) -> None:
        length = str(len(self.body)).encode()
        await send({"type": START, "status": self.status, "headers": [(b"content-length", length)]})  # <reply:first> <reply:late>
        await send({"type": BODY, "body": self.body})


class Outbox:
    """Messages go through a queue to one writer task: whoever put the start there is its author, the writer only forwards."""

    def __init__(self, send) -> None:
        self.queue: asyncio.Queue = asyncio.Queue()
        self.send = send

    async def put(self, message) -> None:
        await self.queue.put(message)

    async def run(self) -> None:
        while (message := await self.queue.get()) is not None:
            await self.send(message)  # <queued:first>
