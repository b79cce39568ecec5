"""Orders, whose number comes after the first piece, as does the word that they are not all."""

from sanic import Sanic
from sanic.response import json


async def export(request):
    response = await request.respond(content_type="text/plain")
    await response.send("order\n")  # first: RS101
    response.headers["X-Orders"] = "1"  # late: RS101
    await response.eof()


async def part(request):
    response = await request.respond(content_type="text/plain")
    await response.send("order\n")  # first: RS102
    response.status = 206  # late: RS102
    await response.eof()


async def hello(request):
    return json({"hello": "you"}, headers={"X-Hello": "1"})


def make_app(name):
    app = Sanic(name)
    for handler in (export, part, hello):
        app.add_route(handler, f"/{handler.__name__}")
    return app
