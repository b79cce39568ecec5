"""An aiohttp application whose stream fails."""

import log_lines
from aiohttp import web


async def stream(request):
    response = web.StreamResponse()
    await response.prepare(request)  # <stream:first>
    await response.write(b"one")
    raise KeyError("two")


async def before(request):
    raise KeyError("nothing was started")


def app(port):
    log_lines.configure()
    application = web.Application()
    application.router.add_get("/stream", stream)
    application.router.add_get("/before", before)
    web.run_app(application, host="127.0.0.1", port=port)
