"""A report that is counted when the answer is on its way already."""

import time

from flask import Flask, Response

app = Flask(__name__)


@app.get("/report")
def report():
    def rows():
        yield "row 0\n"
        yield "row 1\n"
        response.headers["X-Rows"] = "2"  # late: RS101

    response = Response(rows(), headers={"Content-Length": "12"})  # first: RS101
    return response


@app.get("/slow")
def slow():
    def rows():
        yield "row\n"
        time.sleep(0.05)
        response.set_cookie("rows", "1")  # late: RS103

    response = Response(rows(), headers={"Content-Length": "4"})  # first: RS103
    return response


@app.get("/hello")
def hello():
    return "hello", {"X-Hello": "1"}
