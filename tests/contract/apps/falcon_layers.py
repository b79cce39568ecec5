"""WSGI middleware around the Falcon shop, with its second starts."""

from __future__ import annotations


class Limit:
    """Refuses what is too long, after it has been started."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        chunks = list(self.app(environ, start_response))
        start_response("413 Content Too Large", [("Content-Type", "text/plain")])  # <refuse:late>
        return [b"too large", *chunks]


class Cascade:
    """Asks a second application if the first one has nothing, after that has been started."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        statuses = []

        def watching(status, headers, exc_info=None):
            statuses.append(status)
            return start_response(status, headers, exc_info)

        body = self.app(environ, watching)
        if not statuses[0].startswith("404"):
            return body
        return fallback(environ, start_response)


def fallback(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])  # <fallback:late>
    return [b"found elsewhere"]


class Replay:
    """Asks the same application again if it is busy."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        body = self.app(environ, start_response)
        if body == [b"busy"]:
            return self.app(environ, start_response)  # <retry:late>
        return body
