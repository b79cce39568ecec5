"""Orders as a stream; the last one is remembered too late, and whether they were mailed when nobody listens any more."""

import asyncio

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route


async def export(request):
    async def rows():
        yield "order 0\n"
        response.set_cookie("last", "1")  # late: RS103
        yield "order 1\n"

    response = StreamingResponse(rows())  # first: RS103
    return response


async def mail(request):
    async def later():
        await asyncio.sleep(0.02)
        response.headers["X-Mailed"] = "yes"  # late: RS101

    response = PlainTextResponse("ordered", background=later)  # first: RS101
    return response


async def hello(request):
    return PlainTextResponse("hello")


app = Starlette(routes=[Route("/export", export), Route("/mail", mail), Route("/hello", hello)])
