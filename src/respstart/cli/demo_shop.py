"""A small shop with a bug: the export remembers the last order in a cookie, once the rows are on their way."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

ORDERS = [(1001, "teapot", "24.00"), (1002, "cups, set of four", "18.50"), (1003, "sugar bowl", "9.90")]


async def csv_rows() -> AsyncIterator[str]:
    yield "order,item,price\n"
    for number, item, price in ORDERS:
        yield f'{number},"{item}",{price}\n'


def remember_last_order(response: Response, number: int) -> None:
    response.set_cookie("last_export", str(number))


async def export_orders(request: Request) -> Response:
    async def body() -> AsyncIterator[str]:
        async for row in csv_rows():
            yield row
        remember_last_order(response, ORDERS[-1][0])

    response = StreamingResponse(body(), media_type="text/csv")
    return response


async def list_orders(request: Request) -> Response:
    return JSONResponse([number for number, _, _ in ORDERS])


app = Starlette(routes=[Route("/orders", list_orders), Route("/orders.csv", export_orders)])
