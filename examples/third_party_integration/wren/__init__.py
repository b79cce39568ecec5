"""Wren: a web framework small enough to read in one minute."""

from __future__ import annotations

from http import HTTPStatus


class Headers:
    """The headers of an answer."""

    def __init__(self, **fields):
        self.fields = {name.replace("_", "-"): value for name, value in fields.items()}

    def __setitem__(self, name, value):
        self.fields[name] = value

    def __delitem__(self, name):
        del self.fields[name]


class Answer:
    """What a view returns: lines of text, a status and headers."""

    def __init__(self, lines, status=200, **headers):
        self.lines = lines
        self.status = status
        self.headers = Headers(Content_Type="text/plain; charset=utf-8", **headers)

    def __call__(self, environ, start_response):
        start_response(f"{self.status} {HTTPStatus(self.status).phrase}", list(self.headers.fields.items()))
        return (line.encode() for line in self.lines)


class Refusal(Exception):
    """Raised by a view that will not answer."""

    def __init__(self, status):
        super().__init__(status)
        self.status = status


class Wren:
    """A WSGI application made of views: functions that take the environ and return an Answer, or text."""

    def __init__(self):
        self.views = {}

    def view(self, function):
        self.views[f"/{function.__name__}"] = function
        return function

    def __call__(self, environ, start_response):
        try:
            answer = self.dispatch(environ)
        except Refusal as refusal:
            answer = self.refuse(refusal)
        return answer(environ, start_response)

    def dispatch(self, environ):
        view = self.views.get(environ["PATH_INFO"])
        if view is None:
            raise Refusal(404)
        result = view(environ)
        return result if isinstance(result, Answer) else Answer([result])

    def refuse(self, refusal):
        return Answer([HTTPStatus(refusal.status).phrase], refusal.status)
