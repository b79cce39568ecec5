"""What the views of the shop call: rows, exports, responses of their own, and code that fails."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager

from flask import Response
from werkzeug.exceptions import HTTPException


class StockError(Exception):
    """A row that cannot be sold."""


class ExportError(Exception):
    """An export that broke."""


class Conflict(Exception):
    """A transaction that cannot be committed."""


def rows(count=3):
    for number in range(count):
        yield f"row {number}\n"


def flattened(parts):
    for part in parts:
        yield from part


def make_export(lines, name):
    response = Response(lines, mimetype="text/csv")  # <built_elsewhere:first>
    response.headers["Content-Disposition"] = f"attachment; filename={name}.csv"
    return response


class Meter:
    """Counts rows on their way out."""

    def __init__(self, lines):
        self.lines = lines
        self.response = None
        self.total = 0

    def __iter__(self):
        for line in self.lines:
            self.total += 1
            yield line
        self.store()

    def store(self):
        self.response.headers["X-Total"] = str(self.total)  # <late_header:late> <built_elsewhere:late>


class Teapot(HTTPException):
    """An answer of our own."""

    code = 418


class CsvResponse(Response):
    """A response class with a constructor of its own."""

    default_mimetype = "text/csv"

    def __init__(self, table, name="table"):
        super().__init__(self.encoded(table))
        self.headers["Content-Disposition"] = f"attachment; filename={name}.csv"

    def encoded(self, table):
        for row in table:
            yield ",".join(row) + "\n"
        self.headers["X-Rows"] = str(len(table))  # <own_class:late>


class TimedResponse(Response):
    """A response class that answers by itself."""

    def __call__(self, environ, start_response):
        began = time.perf_counter()
        body = super().__call__(environ, start_response)
        self.headers["Server-Timing"] = f"render;dur={time.perf_counter() - began}"  # <own_call:late>
        return body


class StampedResponse(Response):
    """A response class that adds to its head just in time."""

    def __call__(self, environ, start_response):
        self.headers["X-Stamp"] = "fresh"
        return super().__call__(environ, start_response)


def check(number):
    if number > 1:
        raise StockError(number)  # <error_in_stream:late> <error_reraised:late> <error_returned_generator:late> <async_error:late>
    return number


def broken_rows():
    for number in range(4):
        yield f"row {check(number)}\n"


def translated(lines):
    try:
        yield from lines
    except StockError as error:
        raise ExportError("half an export") from error  # <error_from:late>


def logged(lines, log):
    try:
        yield from lines
    except StockError:
        log.append("broken")
        raise


def decode(text):
    return json.loads(text)["name"]  # <error_in_library:late>


def collected(jobs):
    errors = []
    for job in jobs:
        try:
            yield job()
        except ValueError as error:
            errors.append(error)
    if errors:
        raise ExceptionGroup("jobs", errors)  # <error_group:late>


@contextmanager
def transaction(broken):
    yield []
    if broken:
        raise Conflict("somebody was faster")  # <error_in_exit:late>
