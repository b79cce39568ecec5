"""What the views of the shop call: rows, exports, responses and bodies of their own, and code that fails."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

from quart import Response, abort, redirect, session
from quart.wrappers.response import IterableBody
from werkzeug.exceptions import HTTPException


class StockError(Exception):
    """A row that cannot be sold."""


class ExportError(Exception):
    """An export that broke."""


class Conflict(Exception):
    """A transaction that cannot be committed."""


class Teapot(HTTPException):
    """An answer of our own."""

    code = 418


async def rows(count=3):
    for number in range(count):
        await asyncio.sleep(0)
        yield f"row {number}\n"


def plain_rows(count=3):
    for number in range(count):
        yield f"row {number}\n"


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

    async def __aiter__(self):
        async for line in self.lines:
            self.total += 1
            yield line
        await self.store()

    async def store(self):
        await asyncio.sleep(0)
        self.response.headers["X-Total"] = str(self.total)  # <late_header:late> <built_elsewhere:late>


class CsvResponse(Response):
    """A response class with a constructor of its own."""

    default_mimetype = "text/csv"

    def __init__(self, table, name="table"):
        super().__init__(self.encoded(table))
        self.headers["Content-Disposition"] = f"attachment; filename={name}.csv"

    async def encoded(self, table):
        for row in table:
            yield ",".join(row) + "\n"
        self.headers["X-Rows"] = str(len(table))  # <own_class:late>


class CountedBody(IterableBody):
    """A body of our own, which tells at its end how often it was asked."""

    response = None

    async def __aexit__(self, *error):
        self.response.headers["X-Closed"] = "1"  # <own_body:late>
        await super().__aexit__(*error)


def check(number):
    if number > 1:
        raise StockError(number)  # <error_in_stream:late> <error_returned:late> <error_plain:late> <error_reraised:late> <sync_error:late>
    return number


async def broken_rows():
    for number in range(4):
        yield f"row {check(number)}\n"


def broken_plain_rows():
    for number in range(4):
        yield f"row {check(number)}\n"


async def translated(lines):
    try:
        async for line in lines:
            yield line
    except StockError as error:
        raise ExportError("half an export") from error  # <error_from:late>


async def logged(lines, log):
    try:
        async for line in lines:
            yield line
    except StockError:
        log.append("broken")
        raise


async def decoded(texts):
    for text in texts:
        yield json.loads(text)["name"]  # <error_in_library:late>


async def price(name):
    await asyncio.sleep(0)
    if name == "bolt":
        raise ValueError("no price")  # <error_group:late>


async def priced(names):
    yield "prices\n"
    async with asyncio.TaskGroup() as group:
        for name in names:
            group.create_task(price(name))


@asynccontextmanager
async def transaction():
    yield []
    raise Conflict("somebody was faster")  # <error_in_exit:late>


def allow(page):
    if page:
        abort(403)  # <abort_in_stream:late> <sync_abort:late>


def go_on(url):
    abort(redirect(url))  # <redirect_in_stream:late>


def append_history(answer):
    session["history"] = [*session.get("history", []), answer]  # <late_history:late>


async def slowly(text):
    await asyncio.sleep(0.02)
    return text
