"""Orders, whose number comes too late."""

from flask import Flask, Response

app = Flask(__name__)


@app.get("/orders")
def orders():
    def rows():
        yield "order 0\n"
        yield "order 1\n"
        response.headers["X-Orders"] = "2"  # late: RS101

    response = Response(rows())  # first: RS101
    return response


@app.get("/hello")
def hello():
    return "hello", {"X-Hello": "1"}


def twice(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])  # first: RS201
    start_response("404 Not Found", [("Content-Type", "text/plain")])  # late: RS201
    return [b"here\n"]
