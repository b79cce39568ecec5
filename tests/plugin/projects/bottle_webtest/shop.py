"""Orders, whose number comes too late."""

from bottle import Bottle, HTTPResponse, response

app = Bottle()


@app.get("/orders")
def orders():
    yield "order 0\n"  # first: RS101
    yield "order 1\n"
    response.set_header("X-Orders", "2")  # late: RS101


@app.get("/hello")
def hello():
    response.set_header("X-Hello", "1")
    return {"hello": "you"}


@app.get("/teapot")
def teapot():
    return HTTPResponse("short and stout", status=418)
