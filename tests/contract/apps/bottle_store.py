"""What the store's handlers use: helpers, plugins, a class of its own, and middleware around it."""

from __future__ import annotations

import functools

from bottle import HTTPResponse, redirect, response


def rows(count=3):
    for number in range(count):
        yield f"row {number}\n"


def note(name, value):
    response.set_header(name, value)  # <from_helper:late>


def ensure_paid(number):
    if number == "open":
        redirect(f"/pay/{number}")  # <redirect_in_stream:late>


class Download(HTTPResponse):
    """A file for the user to keep."""

    def __init__(self, body, name):
        super().__init__(body)
        self.set_header("Content-Disposition", f"attachment; filename={name}")


class Pages:
    """A body of its own kind, which counts its pages."""

    def __init__(self, count):
        self.pages = iter([b"page\n"] * count)
        self.count = count

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.pages)

    def close(self):
        response.set_header("X-Pages", str(self.count))  # <late_in_close:late>


class FailsToClose(Pages):
    """A body whose file cannot be closed."""

    def close(self):
        raise OSError("the disk is full")  # <error_in_close:late>


def uncached(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        response.set_header("Cache-Control", "no-store")
        return function(*args, **kwargs)

    return wrapper


def timing(function):
    """A plugin: its header is in time."""

    def wrapper(*args, **kwargs):
        body = function(*args, **kwargs)
        response.add_header("X-Timing", "1")
        return body

    return wrapper


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
    """Runs the store again when it was busy."""

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
