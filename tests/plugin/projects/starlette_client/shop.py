"""Orders as a stream; the number of the last one is remembered too late."""

import contextlib

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route


async def export(request):
    async def rows():
        for number in range(3):
            yield f"order {number}\n"
        response.set_cookie("last", "2")  # late: RS103

    response = StreamingResponse(rows())  # first: RS103
    return response


async def basket(request):
    async def rows():
        yield "basket\n"
        request.session["seen"] = True  # late: RS104

    return StreamingResponse(rows())  # first: RS104


async def status(request):
    return JSONResponse({"open": request.app.state.open})


@contextlib.asynccontextmanager
async def lifespan(app):
    app.state.open = True
    yield
    app.state.open = False


app = Starlette(
    routes=[Route("/export", export), Route("/basket", basket), Route("/status", status)],
    middleware=[Middleware(SessionMiddleware, secret_key="not a secret")],
    lifespan=lifespan,
)
app.state.open = False
