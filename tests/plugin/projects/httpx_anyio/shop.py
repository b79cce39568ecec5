"""Prices, in any event loop; their number is told too late."""

import anyio
import anyio.lowlevel
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route


async def prices(request):
    async def rows():
        for number in range(2):
            await anyio.lowlevel.checkpoint()
            yield f"{number}.00\n"
        response.headers["X-Count"] = "2"  # late: RS101

    response = StreamingResponse(rows())  # first: RS101
    return response


async def hello(request):
    await anyio.lowlevel.checkpoint()
    return PlainTextResponse("hello")


app = Starlette(routes=[Route("/prices", prices), Route("/hello", hello)])
