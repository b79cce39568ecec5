"""What the resources of the Falcon shops use."""

from __future__ import annotations

import falcon


class StockError(Exception):
    """Something went wrong in the store."""


class Conflict(Exception):
    """Somebody else was faster; there is an error handler for it."""


class SoldOut(Exception):
    """Nothing left; its error handler answers with an error of Falcon's."""


def broken_rows():
    yield b"row 1\n"
    raise StockError("no more rows")


def turn_to_error(resp, error):
    resp.status = falcon.HTTP_500  # <late_status_and_media:late>
    resp.media = {"error": str(error)}


def make_error():
    return falcon.HTTPGone(title="gone")


def pages(resp):
    yield b"page 1\n"
    resp.set_header("X-Pages", "2")  # <late_with_length:late>
    yield b"page 2\n"


def send(resp, req):
    def rows():
        yield b"one\n"
        resp.set_header("X-Sent", "1")  # <own_response_method:late>

    resp.stream = rows()  # <own_response_method:first>


class Measured:
    """A body that counts itself, and tells the count when it is closed."""

    def __init__(self, resp, chunks):
        self.resp, self.chunks = resp, iter(chunks)
        self.count = 0

    def __iter__(self):
        return self

    def __next__(self):
        chunk = next(self.chunks)
        self.count += 1
        return chunk

    def close(self):
        self.resp.set_header("X-Count", str(self.count))  # <late_in_close:late>
