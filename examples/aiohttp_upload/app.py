"""Uploads whose progress is streamed to the client, line by line."""

from aiohttp import web
from checks import check


async def upload(request):
    progress = web.StreamResponse(headers={"Content-Type": "text/plain"})
    progress.enable_chunked_encoding()
    await progress.prepare(request)  # <first>
    async for part in request.content.iter_chunked(1024):
        await progress.write(b"checked %d bytes\n" % check(part))
    return web.Response(text="done\n")  # <late>


def make_app(argv):
    app = web.Application()
    app.router.add_post("/uploads", upload)
    return app
