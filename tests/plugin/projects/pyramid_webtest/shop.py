"""Orders, whose number comes too late, and a callback that will never be called."""

from pyramid.config import Configurator
from pyramid.response import Response


def orders(request):
    def rows():
        yield b"order 0\n"
        yield b"order 1\n"
        response.headers["X-Orders"] = "2"  # late: RS101

    response = Response(app_iter=rows())  # first: RS101
    return response


def counted(request):
    def rows():
        yield b"order\n"
        request.add_response_callback(lambda request, response: None)  # late: RS105

    return Response(app_iter=rows())  # first: RS105


def hello(request):
    request.response.headers["X-Hello"] = "1"
    return {"hello": "you"}


def make_app():
    with Configurator() as config:
        for view, renderer in ((orders, None), (counted, None), (hello, "json")):
            config.add_route(view.__name__, f"/{view.__name__}")
            config.add_view(view, route_name=view.__name__, renderer=renderer)
        return config.make_wsgi_app()
