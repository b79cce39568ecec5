"""What the pages use: helpers, tools and hooks, and middleware around the site."""

from __future__ import annotations

import functools

import cherrypy


def rows(count=3):
    for number in range(count):
        yield f"row {number}\n".encode()


def remember(name, value):
    cherrypy.response.cookie[name] = value  # <from_helper:late>


def ensure_paid(number):
    if number == "open":
        raise cherrypy.HTTPRedirect("/pay")  # <redirect_in_stream:late>


def in_time():
    cherrypy.response.headers["X-Tool"] = "1"


def after_the_head():
    cherrypy.response.headers["X-Resource"] = "1"  # <late_on_end_resource:late>


def after_the_body():
    cherrypy.response.headers["X-Request"] = "1"  # <late_on_end_request:late>


def session_after_the_body():
    cherrypy.session.acquire_lock()
    cherrypy.session["seen"] = "1"  # <late_session_on_end_request:late>


def read_session():
    cherrypy.session.acquire_lock()
    cherrypy.session.get("seen")


def instead():
    """A hook that answers in the place of the page."""
    cherrypy.request.handler = None
    cherrypy.response.body = hooked_rows()  # <late_behind_hook:first>


def hooked_rows():
    yield b"one"
    cherrypy.response.headers["X-Total"] = "1"  # <late_behind_hook:late>


def hurt():
    raise OSError("the disk is full")


def sorry():
    cherrypy.response.status = 503
    cherrypy.response.body = [b"sorry"]


def not_there(status, message, traceback, version):
    cherrypy.response.headers["X-Page"] = "404"
    return b"nothing here"


def uncached(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        cherrypy.response.headers["Cache-Control"] = "no-store"
        return function(*args, **kwargs)

    return wrapper


class Limit:
    """Refuses answers that are too long, although they have been started."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        body = self.app(environ, start_response)
        data = b"".join(body)
        body.close()
        if len(data) > 20:
            start_response("413 Content Too Large", [("Content-Type", "text/plain")])  # <refuse:late>
            return [b"too long"]
        return [data]


class Retry:
    """Runs the site again when it was busy."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        seen = []

        def watching(status, headers, exc_info=None):
            seen.append(status)
            return start_response(status, headers, exc_info)

        body = self.app(environ, watching)
        if seen[-1].startswith("503"):
            body.close()
            body = self.app(environ, watching)  # <retry:late>
        return body
