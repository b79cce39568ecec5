from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route


async def page(request):
    async def body():
        yield b"first "
        response.set_cookie("late", "1")  # late
        yield b"second"

    response = StreamingResponse(body())  # first
    return response


app = Starlette(routes=[Route("/{name}", page)])
