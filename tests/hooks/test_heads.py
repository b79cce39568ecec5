"""When a head has left, as far as the server tells: its own edits before are no findings, the application's edits afterwards are."""

from __future__ import annotations

import io
import sys
from wsgiref.handlers import SimpleHandler

import pytest

import respstart

HEAD = {"REQUEST_METHOD": "HEAD", "PATH_INFO": "/", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http"}


class ReadsFirst(SimpleHandler):
    """Answers HEAD like Django's runserver: the whole body is read, the headers are edited, and only then they leave."""

    def finish_response(self):
        for _ in self.result:
            pass
        self.headers["Connection"] = "close"
        del self.headers["Content-Length"]
        self.send_headers()
        self.close()


def served(handler, app):
    out = io.BytesIO()
    handler(io.BytesIO(), out, io.StringIO(), HEAD).run(app)
    return out.getvalue()


def test_an_edit_of_the_server_before_the_head_leaves_is_no_finding(found):
    def app(environ, start_response):
        start_response("200 OK", [("Content-Length", "4")])
        return (chunk for chunk in (b"ab", b"cd"))

    assert b"Connection: close" in served(ReadsFirst, app)
    assert found == []


def test_an_edit_of_the_application_after_the_head_has_left_is_a_finding(found):
    def app(environ, start_response):
        headers = [("Content-Length", "4")]
        start_response("200 OK", headers)
        yield b"ab"
        headers.append(("X-Late", "1"))
        yield b"cd"

    assert b"X-Late" not in served(SimpleHandler, app)
    assert [(finding.rule, finding.subject) for finding in found] == [("RS101", "x-late")]


def test_a_server_that_does_not_tell_that_the_head_has_left(found):
    """Its `write` is a plain function: that the head has left is known when it raises again what the second start was to answer."""

    def application(environ, start_response):
        start_response("200 OK", [])(b"sent")
        try:
            raise LookupError("late")
        except LookupError:
            start_response("404 Not Found", [], sys.exc_info())

    def start_response(status, headers, exc_info=None):
        if exc_info:
            raise exc_info[1]
        return lambda data: None

    with pytest.raises(LookupError):
        respstart.wsgi(application)({"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, start_response)
    assert [(finding.rule, finding.outcome) for finding in found] == [("RS402", "dropped")]
