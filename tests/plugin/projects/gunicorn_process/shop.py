"""A report that is counted, and a cookie that is set when the client has the whole of it already."""

import time

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


@app.get("/mail")
def mail():
    def rows():
        yield "ordered"
        time.sleep(0.02)
        response.set_cookie("mailed", "1")  # late: RS103

    response = Response(rows(), headers={"Content-Length": "7"})  # first: RS103
    return response


@app.get("/hello")
def hello():
    return "hello", {"X-Hello": "1"}
