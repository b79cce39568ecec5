"""What the handlers use: helpers, hooks, and middleware around the application."""

from __future__ import annotations

import web


def rows(count=3):
    for number in range(count):
        yield f"row {number}\n"


def note(name, value):
    web.header(name, value)  # <from_helper:late>


def find(word):
    if word == "one":
        raise web.seeother("/plain")  # <redirect_in_stream:late>
    yield word


def stamp():
    web.header("X-Before", "1")


def finished():
    web.header("X-After", "1")


class Limit:
    """Refuses answers that are too long, although they have been started."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        body = self.app(environ, start_response)
        data = b"".join(body)
        if len(data) > 20:
            start_response("413 Content Too Large", [("Content-Type", "text/plain")])  # <refuse:late>
            return [b"too long"]
        return [data]


class Retry:
    """Runs the application again when it was busy."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        seen = []

        def watching(status, headers, exc_info=None):
            seen.append(status)
            return start_response(status, headers, exc_info)

        body = self.app(environ, watching)
        if seen[-1].startswith("503"):
            body = self.app(environ, watching)  # <retry:late>
        return body
