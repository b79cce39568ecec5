"""Prices, whose source is named too late."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route


async def prices(request):
    async def rows():
        yield "1.00\n"
        yield "2.00\n"
        response.headers["X-Source"] = "market"  # late: RS101

    response = StreamingResponse(rows())  # first: RS101
    return response


async def hello(request):
    return PlainTextResponse("hello")


async def timed(request, call_next):
    response = await call_next(request)
    response.headers["X-Timed"] = "1"
    return response


app = Starlette(
    routes=[Route("/prices", prices), Route("/hello", hello)],
    middleware=[Middleware(BaseHTTPMiddleware, dispatch=timed)],
)
