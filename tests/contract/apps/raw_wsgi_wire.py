"""Middlewares that raw WSGI applications are put into."""

from __future__ import annotations

import functools
import sys
import threading
from contextlib import contextmanager

TEXT = ("Content-Type", "text/plain")


class Refused(Exception):
    """Nothing can be sold."""


def respond(start_response, status, text):
    start_response(status, [TEXT])  # <missing_return:first> <missing_return:late> <shared_helper:first> <shared_helper:late>
    return [text.encode()]


def send(start_response, status):
    return start_response(status, [TEXT])  # <through_partial:first> <through_partial:late>


def refuse(start_response):
    start_response("403 Forbidden", [TEXT])  # <second_from_executor:late>


def prices(count):
    for number in range(count):
        if number == 2:
            raise Refused(number)  # <error_in_stream:late> <error_in_iterator:late> <handled_too_late:late>
        yield f"price {number}\n".encode()


@contextmanager
def connection(log):
    log.append("open")
    try:
        yield log
    finally:
        log.append("closed")


def timed(app):
    @functools.wraps(app)
    def wrapper(environ, start_response):
        return app(environ, start_response)

    return wrapper


def tagged(app):
    """Adds a header on the way out, and passes everything on."""

    def tag(environ, start_response):
        def tagging(*start):
            status, headers, *rest = start
            return start_response(status, [*headers, ("X-Tag", "1")], *rest)

        return app(environ, tagging)

    return tag


def caught(app):
    """Answers exceptions by the book: with exc_info, which is legal until the head has left."""

    def catch(environ, start_response):
        try:
            body = app(environ, start_response)
            try:
                yield from body
            finally:
                if hasattr(body, "close"):
                    body.close()
        except Refused:
            start_response("500 Internal Server Error", [TEXT], sys.exc_info())
            yield b"refused"

    return catch


def caught_badly(app):
    """Answers exceptions without looking whether something was sent."""

    def catch(environ, start_response):
        try:
            return app(environ, start_response)
        except Refused as error:
            return apologize(start_response, error)

    return catch


def apologize(start_response, error):
    start_response("503 Service Unavailable", [TEXT])  # <badly_caught:late>
    return [str(error).encode()]


def buffered(app):
    """Holds everything back, and computes the length."""

    def buffer(environ, start_response):
        held = []
        body = app(environ, lambda *start: held.append(start))
        data = b"".join(body)
        if hasattr(body, "close"):
            body.close()
        status, headers = held[-1][:2]
        start_response(status, [*headers, ("Content-Length", str(len(data)))])
        return [data]

    return buffer


def rewritten(app):
    """Changes the body and forgets the length."""

    def rewrite(environ, start_response):
        for chunk in app(environ, start_response):
            yield chunk.replace(b"nuts", b"walnuts")  # <rewritten_body:late>

    return rewrite


def drained(app):
    """Reads the body for a log, and passes on what is left of it."""

    def drain(environ, start_response):
        body = iter(app(environ, start_response))
        environ["shop.log"] = next(body)
        return body

    return drain


def twice(app):
    """Warms the cache before the real run, with the real start_response."""

    def warm(environ, start_response):
        list(app(environ, start_response))
        return app(environ, start_response)  # <run_twice:late>

    return warm


def timeout(app, seconds):
    """Answers itself when the application is slow; both may answer."""

    def guard(environ, start_response):
        gate = threading.Event()

        def give_up():
            if not gate.is_set():
                start_response("504 Gateway Timeout", [TEXT])  # <timeout:first>

        timer = threading.Timer(seconds, give_up)
        timer.start()
        try:
            return app(environ, start_response)
        finally:
            gate.set()
            timer.cancel()

    return guard


class Limited:
    """Passes on some chunks and closes the application's body early."""

    def __init__(self, app, limit):
        self.app = app
        self.limit = limit

    def __call__(self, environ, start_response):
        self.body = self.app(environ, start_response)
        return self.some(self.body)

    def some(self, body):
        try:
            for _, chunk in zip(range(self.limit), body, strict=False):
                yield chunk
        finally:
            body.close()
