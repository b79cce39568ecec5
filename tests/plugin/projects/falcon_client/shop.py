"""Orders in both worlds, WSGI and ASGI; the number comes too late."""

import falcon
import falcon.asgi


class Orders:
    def on_get(self, request, response):
        def rows():
            yield b"order 0\n"
            yield b"order 1\n"
            response.set_header("X-Orders", "2")  # late: RS101

        response.stream = rows()  # first: RS101

    def on_post(self, request, response):
        response.media = {"order": 1}
        response.set_header("X-Order", "1")


class AsyncOrders:
    async def on_get(self, request, response):
        async def rows():
            yield b"order 0\n"
            yield b"order 1\n"
            response.set_cookie("orders", "2")  # late: RS103

        response.stream = rows()  # first: RS103

    async def on_post(self, request, response):
        response.media = {"order": 1}
        response.set_header("X-Order", "1")


wsgi = falcon.App()
wsgi.add_route("/orders", Orders())
asgi = falcon.asgi.App()
asgi.add_route("/orders", AsyncOrders())
