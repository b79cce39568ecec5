"""Flask with FlaskInstrumentor, which ends the span before the body is iterated."""

from flask import Flask, Response
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from sdk import set_up, switch_on_at_last

set_up()
app = Flask(__name__)
FlaskInstrumentor().instrument_app(app)


@app.get("/streamed")
def streamed():
    def rows():
        yield "id\n"
        response.set_cookie("last", "1")  # <streamed:late>
        yield "1\n"

    response = Response(rows())  # <streamed:first>
    return response


@app.get("/clean")
def clean():
    return "goods"


switch_on_at_last()
