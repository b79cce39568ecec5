"""What the views of the Pyramid shop use."""

from __future__ import annotations

from pyramid.httpexceptions import HTTPGone
from pyramid.response import Response

KEPT = Response("kept for everybody")


class StockError(Exception):
    """Something went wrong in the store."""


class Conflict(Exception):
    """Somebody else was faster; there is an exception view for it."""


def broken_rows():
    yield b"row 1\n"
    raise StockError("no more rows")  # <error_in_stream:late>


def make_error():
    return HTTPGone("gone")


def make_export(name):
    def rows():
        yield b"one\n"
        response.headers["X-Export"] = name  # <built_elsewhere:late>

    response = Response(app_iter=rows())  # <built_elsewhere:first>
    return response


def cached(request):
    """One response for all requests, changed before each sending."""
    KEPT.headers["X-Hits"] = str(int(KEPT.headers.get("X-Hits", "0")) + 1)
    return KEPT


class Report(Response):
    """A response class with its own body, which writes to its own head too late."""

    def __init__(self, names):
        super().__init__(app_iter=self.lines(names), content_type="text/csv")

    def lines(self, names):
        for name in names:
            yield f"{name}\n".encode()
        self.headers["X-Rows"] = str(len(names))  # <own_class:late>


class Closing:
    """A body that tells its length when it is closed."""

    response = None

    def __init__(self, chunks):
        self.chunks = iter(chunks)
        self.count = 0

    def __iter__(self):
        for chunk in self.chunks:
            self.count += 1
            yield chunk

    def close(self):
        self.response.headers["X-Count"] = str(self.count)  # <late_in_close:late>
