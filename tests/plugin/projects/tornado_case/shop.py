"""A status that is set after the flush: the access log believes it, the client never sees it."""

from tornado import web


class Export(web.RequestHandler):
    async def get(self):
        self.write("order\n")
        await self.flush()  # first: RS102
        self.set_status(206)  # late: RS102


class Count(web.RequestHandler):
    async def get(self):
        self.write("1\n")
        self.finish()  # first: RS101
        self.set_header("X-Count", "1")  # late: RS101


class Hello(web.RequestHandler):
    def get(self):
        self.write({"hello": "you"})
        self.set_header("X-Hello", "1")


def make_app():
    return web.Application([("/export", Export), ("/count", Count), ("/hello", Hello)])
