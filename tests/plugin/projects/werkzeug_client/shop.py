"""A plain application: an error page after the first piece, which werkzeug's client takes without a word."""

from werkzeug.wrappers import Request, Response


@Request.application
def hello(request):
    return Response("hello", headers={"X-Hello": "1"})


def refused(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])  # first: RS201
    if environ["QUERY_STRING"] != "password":
        start_response("403 Forbidden", [("Content-Type", "text/plain")])  # late: RS201
    return [b"secret\n"]


def counted(environ, start_response):
    def rows():
        yield b"row\n"
        response.set_cookie("rows", "1")  # late: RS103

    response = Response(rows())
    return response(environ, start_response)  # first: RS103


def app(environ, start_response):
    return {"/refused": refused, "/counted": counted}.get(environ["PATH_INFO"], hello)(environ, start_response)
