"""Orders, whose number comes too late, and a session that is written in the stream."""

from quart import Quart, Response, session, stream_with_context

app = Quart(__name__)
app.secret_key = "not a secret"


@app.get("/export")
async def export():
    async def rows():
        yield b"order 0\n"
        yield b"order 1\n"
        response.headers["X-Orders"] = "2"  # late: RS101

    response = Response(rows())  # first: RS101
    return response


@app.get("/search")
async def search():
    @stream_with_context
    async def hits():
        yield b"no hits\n"
        session["searched"] = True  # late: RS104

    return Response(hits())  # first: RS104


@app.get("/hello")
async def hello():
    session["hello"] = True
    return {"hello": "you"}, 201, {"X-Hello": "1"}
