"""Helpers of the shop, in a file of their own."""

from __future__ import annotations

import contextlib
import json

from aiohttp import web
from aiohttp_session import AbstractStorage, Session


class StockError(Exception):
    """There is nothing left."""


def check_stock() -> None:
    raise StockError("sold out")  # <fails_late:late> <fails_after_end:late>


async def count_down(number):
    while number:
        yield b"%d\n" % number
        number -= 1


async def open_stream(request):
    response = web.StreamResponse()
    await response.prepare(request)  # <late_status:first>
    return response


def forget_cart(response) -> None:
    response.del_cookie("cart")  # <late_cookie_delete:late>


def stamp_all(headers) -> None:
    headers["X-A"] = "1"  # <kept_headers:late_a>
    headers.extend({"X-B": "2"})  # <kept_headers:late_b>


def sign(response) -> None:
    response.headers.setdefault("X-Signature", "1")  # <in_executor:late>


class EventStream(web.StreamResponse):
    """A response class of the user's, with its own way to prepare and to send."""

    def __init__(self) -> None:
        super().__init__(headers={"Content-Type": "text/event-stream"})

    async def prepare(self, request):
        self.headers["Cache-Control"] = "no-cache"
        return await super().prepare(request)

    async def begin(self, request):
        await self.prepare(request)  # <own_start:first>
        return self

    async def send(self, text) -> None:
        await self.write(f"data: {text}\n\n".encode())
        if text == "one":
            self.headers["X-Last"] = text  # <own_class:late> <own_start:late>


@contextlib.asynccontextmanager
async def opened(request):
    stream = EventStream()
    await stream.prepare(request)
    try:
        yield stream
    finally:
        await stream.write_eof()


kept = {"known": {"created": 2**31, "session": {"count": 1}}}


class KeptStorage(AbstractStorage):
    """Sessions that stay on the server: the cookie holds no more than a key."""

    def __init__(self, store) -> None:
        super().__init__(cookie_name="KEPT")
        self.store = store

    async def load_session(self, request):
        key = self.load_cookie(request)
        return Session(key, data=self.store.get(key), new=key not in self.store)

    async def save_session(self, request, response, session) -> None:
        key = session.identity or "fresh"
        if not response.prepared:
            self.save_cookie(response, key)
        self.store[key] = json.loads(json.dumps(self._get_session_data(session)))
