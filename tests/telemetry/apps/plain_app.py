"""Flask without a word of telemetry: whatever is there was brought by the command that started it."""

from flask import Flask, Response

app = Flask(__name__)


@app.get("/streamed")
def streamed():
    def rows():
        yield "id\n"
        response.set_cookie("last", "1")  # <streamed:late>
        yield "1\n"

    response = Response(rows())  # <streamed:first>
    return response
