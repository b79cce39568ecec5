"""Orders, whose number comes too late."""

from litestar import Litestar, Response, get
from litestar.background_tasks import BackgroundTask
from litestar.middleware.session.client_side import CookieBackendConfig
from litestar.response import Stream


@get("/order")
async def order() -> Response[dict[str, int]]:
    def mailed() -> None:
        response.set_cookie("mailed", "1")  # late: RS103

    response = Response({"order": 1}, background=BackgroundTask(mailed))  # first: RS103
    return response


@get("/search")
async def search(request: object) -> Stream:
    async def hits():
        yield b"no hits\n"
        request.session["searched"] = True  # late: RS104

    return Stream(hits())  # first: RS104


@get("/hello")
async def hello() -> Response[dict[str, str]]:
    return Response({"hello": "you"}, headers={"X-Hello": "1"})


app = Litestar([order, search, hello], middleware=[CookieBackendConfig(secret=b"not a secret 123").middleware])
