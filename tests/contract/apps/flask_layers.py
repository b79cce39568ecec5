"""WSGI middlewares that are put around the shop."""

from __future__ import annotations

TEXT = ("Content-Type", "text/plain")


class Stamp:
    """Adds a header on the way out: it forwards."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        def stamped(status, headers, exc_info=None):
            return start_response(status, [*headers, ("X-Stamp", "1")], exc_info)

        return self.app(environ, stamped)


class Cascade:
    """Asks for a page elsewhere when the shop has none, although the shop has answered by then."""

    def __init__(self, app, statuses=("404",)):
        self.app = app
        self.statuses = statuses

    def __call__(self, environ, start_response):
        seen = []

        def watching(status, headers, exc_info=None):
            seen.append(status)
            return start_response(status, headers, exc_info)

        body = self.app(environ, watching)
        if seen[0].startswith(self.statuses):
            return self.fallback(start_response)
        return body

    def fallback(self, start_response):
        start_response("200 OK", self.head())  # <fallback:late>
        return [b"from the archive"]

    def head(self):
        return [TEXT, ("X-From", "archive")]


class Limit:
    """Refuses answers that are too long."""

    def __init__(self, app, limit):
        self.app = app
        self.limit = limit

    def __call__(self, environ, start_response):
        body = self.app(environ, start_response)
        data = b"".join(body)
        if len(data) > self.limit:
            self.refuse(start_response)
            return [b"too long"]
        return [data]

    def refuse(self, start_response):
        status = "413 Content Too Large"
        start_response(status, [TEXT])  # <refuse:late>


class Retry:
    """Runs the shop again when it was busy."""

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


class PatientRetry:
    """Runs the shop again when it was busy, and holds the answer back until it is the one."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        for _ in range(2):
            held = []
            body = self.app(environ, lambda *start, held=held: held.append(start))
            if not held[0][0].startswith("503"):
                break
        start_response(*held[0])
        return body


class FirstChunk:
    """Sends the first chunk only and ends the body itself."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        body = self.app(environ, start_response)
        try:
            for chunk in body:
                yield chunk
                break
        finally:
            body.close()


class Replace:
    """Answers with a page of its own instead of errors: an author."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        held = []
        body = self.app(environ, lambda *start: held.append(start))
        status, headers = held[0][:2]
        if status.startswith("404"):
            own = [TEXT, ("X-Page", "replaced")]
            start_response("200 OK", own)  # <replaced_error:first>
            return self.page()
        start_response(status, headers)
        return body

    def page(self):
        yield b"nothing here"
        raise LookupError("no second part")  # <replaced_error:late>
