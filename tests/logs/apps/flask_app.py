"""A Flask application whose streams fail, before and after a start; what it catches it logs itself."""

import flask
import log_lines

log_lines.configure()
app = flask.Flask(__name__)


@app.get("/stream")
def stream():
    def rows():
        yield "one"
        raise KeyError("two")

    return rows()  # <stream:first>


@app.get("/before")
def before():
    raise KeyError("nothing was started")


@app.get("/caught")
def caught():
    def rows():
        yield "one"
        try:
            flask.request.environ["shop.start"]("500 Oops", [])
        except AssertionError:
            app.logger.exception("no second answer")
        try:
            raise KeyError("of no consequence")
        except KeyError:
            app.logger.exception("no price")
        yield "two"

    return flask.Response(flask.stream_with_context(rows()))  # <caught:first>


class Shop:
    """A middleware that lets views start an answer by themselves."""

    def __init__(self, inner):
        self.inner = inner

    def __call__(self, environ, start_response):
        environ["shop.start"] = start_response
        return self.inner(environ, start_response)


app.wsgi_app = Shop(app.wsgi_app)
