"""A report that is counted when the answer is on its way already."""

from flask import Flask, Response

app = Flask(__name__)


@app.get("/report")
def report():
    def rows():
        yield "row 0\n"
        response.headers["X-Rows"] = "1"  # late: RS101

    response = Response(rows())  # first: RS101
    return response


@app.get("/hello")
def hello():
    return "hello", {"X-Hello": "1"}
