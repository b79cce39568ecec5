"""What the Litestar shop is made of: rows, helpers that write to responses, errors."""

from __future__ import annotations

import asyncio
import json
import time

from litestar.datastructures import Cookie


class StockError(Exception):
    """Has a handler."""


class AuditError(Exception):
    """Has none of its own."""


class BrokenFeedError(Exception):
    """Has none, and is not known to any handler by its status."""


async def rows(number: int = 3):
    for row in range(number):
        await asyncio.sleep(0.01)
        yield f"row {row}\n"


def slow_rows(number: int = 3):
    for row in range(number):
        time.sleep(0.01)
        yield f"row {row}\n"


def mark_total(response, total: int) -> None:
    response.headers["X-Total"] = total  # <late_header:late> <nested_iteration:late>


def downgrade(response) -> None:
    response.status_code = 206  # <late_status:late>


def remember_visit(response) -> None:
    response.set_cookie("visit", "1")  # <late_cookie:late>


def remember_last(session, value) -> None:
    session["last"] = value  # <late_session:late>


def crumb() -> Cookie:
    return Cookie(key="crumb", value="1")


def check_stock(item: str) -> str:
    if item == "gone":
        raise StockError(item)  # <handled_late:late> <looks_handled:late>
    return item


def load(text: str):
    return json.loads(text)  # <library_error:late>


def translate(item: str) -> None:
    try:
        {}[item]
    except KeyError as error:
        raise BrokenFeedError(item) from error  # <error_from:late>


def passes_on(item: str) -> None:
    try:
        fail(item)
    except AuditError:
        raise


def fail(item: str) -> None:
    raise AuditError(item)  # <reraised:late>


def failing_job() -> None:
    raise AuditError("job")  # <background_fails:late>
