"""A Tornado application whose stream fails."""

import asyncio

import log_lines
import tornado.web


class Stream(tornado.web.RequestHandler):
    async def get(self):
        self.write("one")
        await self.flush()  # <stream:first>
        raise KeyError("two")


class Before(tornado.web.RequestHandler):
    def get(self):
        raise KeyError("nothing was started")


async def main(port):
    tornado.web.Application([("/stream", Stream), ("/before", Before)]).listen(port, "127.0.0.1")
    await asyncio.Event().wait()


def app(port):
    log_lines.configure()
    asyncio.run(main(port))
