"""A report that is counted when the answer is on its way already."""

from flask import Flask, Response

app = Flask(__name__)


@app.get("/export")
def export():
    def rows():
        yield "order 0\n"
        response.headers["X-Rows"] = "2"  # late: RS101
        yield "order 1\n"

    response = Response(rows())  # first: RS101
    return response


@app.get("/hello")
def hello():
    return "hello", {"X-Hello": "1"}
