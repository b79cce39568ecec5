"""Ticks, and a cookie, and the second answer after the first: aiohttp says nothing."""

from aiohttp import web


async def ticks(request):
    response = web.StreamResponse()
    await response.prepare(request)  # first: RS103
    await response.write(b"tick\n")
    response.set_cookie("ticks", "1")  # late: RS103
    return response


async def exported(request):
    response = web.StreamResponse()
    await response.prepare(request)  # first: RS101
    await response.write(b"order\n")
    response.headers["X-Orders"] = "1"  # late: RS101
    await response.write_eof()
    return response


async def hello(request):
    return web.json_response({"hello": "you"}, headers={"X-Hello": "1"})


def make_app():
    app = web.Application()
    app.add_routes([web.get("/ticks", ticks), web.get("/export", exported), web.get("/hello", hello)])
    return app
