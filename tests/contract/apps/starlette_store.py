"""The data behind the shop: helpers that know nothing of HTTP, and some that know too much."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time

from starlette.exceptions import HTTPException
from starlette.responses import Response


class StockError(Exception):
    """The shop has a handler for it."""


class AuditError(Exception):
    """The shop has no handler for it but the one for everything."""


async def rows(count: int = 3):
    for number in range(count):
        await asyncio.sleep(0.01)
        yield f"row {number}\n"


def slow_rows(count: int = 3):
    for number in range(count):
        time.sleep(0.01)
        yield f"row {number}\n"


async def flattened(*sources):
    for source in sources:
        async for row in source:
            yield row


def mark_total(response: Response, total: int) -> None:
    response.headers["X-Total"] = str(total)  # <late_header:late> <nested_iteration:late>


def remember_visit(response: Response, name: str = "visit") -> None:
    response.set_cookie(name, "1", httponly=True)  # <late_cookie:late>


def save_last(session: dict, item: str) -> None:
    session["last"] = item  # <late_session:late>


def check_stock(item: str) -> str:
    if item == "gone":
        raise StockError(item)  # <handled_late:late> <handled_early:first>
    return item


def find(item: str) -> str:
    if item == "nowhere":
        raise HTTPException(404, "no such item")  # <not_found_late:late>
    return item


def decode(text: str) -> dict:
    return json.loads(text)  # <library_error:late>


def translate(text: str) -> dict:
    try:
        return decode(text)
    except ValueError as error:
        raise StockError("bad record") from error  # <error_from:late>


@contextlib.asynccontextmanager
async def transaction(log: list):
    log.append("begin")
    try:
        yield log
    except BaseException:
        log.append("rollback")
        raise
    log.append("commit")


async def broken_feed():
    yield "one\n"
    await asyncio.sleep(0.01)
    raise OSError("feed lost")  # <reraised:late> <looks_complete:late> <grouped:late>


async def failing_job(number: int) -> None:
    await asyncio.sleep(0.005 * number)
    if number == 2:
        raise OSError(f"job {number}")  # <task_group:late>
