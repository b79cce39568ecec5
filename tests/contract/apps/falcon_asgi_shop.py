"""What the resources of the Falcon shop on ASGI use."""

from __future__ import annotations

import falcon


class StockError(Exception):
    """Something went wrong in the store."""


class Conflict(Exception):
    """Somebody else was faster; there is an error handler for it."""


class SoldOut(Exception):
    """Nothing left; its error handler answers with an error of Falcon's."""


async def broken_rows():
    yield b"row 1\n"
    raise StockError("no more rows")


def turn_to_error(resp, error):
    resp.status = falcon.HTTP_500  # <late_status_and_media:late>
    resp.media = {"error": str(error)}


async def pages(resp):
    yield b"page 1\n"
    resp.set_header("X-Pages", "2")  # <late_with_length:late>
    yield b"page 2\n"


def send(resp, req):
    async def rows():
        yield b"one\n"
        resp.set_header("X-Sent", "1")  # <own_response_method:late>

    resp.stream = rows()  # <own_response_method:first>


class Feed:
    """An asynchronous iterator that is no generator."""

    def __init__(self, count):
        self.numbers = iter(range(count))

    def __aiter__(self):
        return self

    async def __anext__(self):
        for number in self.numbers:
            return b"row %d\n" % number
        raise StopAsyncIteration
