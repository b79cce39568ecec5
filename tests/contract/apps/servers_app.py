"""WSGI by hand, on the paths where servers differ: when the head leaves, who keeps the header list, what an exception does."""

from __future__ import annotations

import sys
import time

TEXT = ("Content-Type", "text/plain")
ROUTES = {}


class Broken(Exception):
    """What a body raises here."""


def route(function):
    ROUTES[f"/{function.__name__}"] = function
    return function


def tagged(app):
    """A middleware that adds a header in time, and waits for the first chunk to do so."""

    def middleware(environ, start_response):
        def start(status, headers, exc_info=None):
            return start_response(status, [*headers, ("X-Tag", "1")], exc_info)

        yield from app(environ, start)

    return middleware


# ---------------------------------------------------------------- header lists
@route
def edited_before_return(environ, start_response):
    headers = [TEXT]
    start_response("200 OK", headers)  # <edited_before_return:first>
    headers.append(("X-Late", "1"))
    return [b"one"]


@route
def edited_in_body(environ, start_response):
    headers = [TEXT]
    start_response("200 OK", headers)  # <edited_in_body:first>

    def lines():
        yield b"one "
        headers.append(("X-Late", "1"))
        yield b"two"

    return lines()


class Report:
    """A body that counts itself when it is closed."""

    def __init__(self, headers):
        self.headers = headers

    def __iter__(self):
        yield b"one"

    def close(self):
        self.headers.append(("X-Late", "1"))


@route
def edited_in_close(environ, start_response):
    headers = [TEXT]
    start_response("200 OK", headers)  # <edited_in_close:first>
    return Report(headers)


# ---------------------------------------------------------------- when the head leaves
@route
def lazy(environ, start_response):
    start_response("201 Created", [TEXT, ("X-Lazy", "1")])  # <lazy:late>
    yield b"one "
    yield b"two"


def _eager(environ, start_response):
    start_response("200 OK", [TEXT])  # <lazy_middleware:late>
    return [b"one"]


ROUTES["/lazy_middleware"] = tagged(_eager)


@route
def replaced_before_return(environ, start_response):
    start_response("200 OK", [TEXT, ("X-First", "1")])
    try:
        raise Broken
    except Broken:
        start_response("503 Service Unavailable", [TEXT], sys.exc_info())
    return [b"sorry"]


@route
def replaced_before_first_chunk(environ, start_response):
    start_response("200 OK", [TEXT])  # <replaced_before_first_chunk:first>

    def lines():
        try:
            raise Broken  # <replaced_before_first_chunk:late>
        except Broken:
            start_response("503 Service Unavailable", [TEXT], sys.exc_info())
        yield b"sorry"

    return lines()


@route
def replaced_after_first_chunk(environ, start_response):
    start_response("200 OK", [TEXT])  # <replaced_after_first_chunk:first>

    def lines():
        yield b"one "
        try:
            raise Broken  # <replaced_after_first_chunk:late>
        except Broken:
            start_response("503 Service Unavailable", [TEXT], sys.exc_info())
        yield b"sorry"

    return lines()


@route
def second_in_body(environ, start_response):
    start_response("200 OK", [TEXT])  # <second_in_body:first>

    def lines():
        yield b"one "
        try:
            start_response("503 Service Unavailable", [TEXT])  # <second_in_body:late>
        except Exception:
            yield b"refused"

    return lines()


@route
def second_before_return(environ, start_response):
    start_response("200 OK", [TEXT])  # <second_before_return:first>
    start_response("404 Not Found", [TEXT])  # <second_before_return:late>
    return [b"nothing"]


# ---------------------------------------------------------------- exceptions
@route
def error_before_start(environ, start_response):
    raise Broken


@route
def error_before_return(environ, start_response):
    start_response("200 OK", [TEXT])
    raise Broken


@route
def error_before_first_chunk(environ, start_response):
    start_response("200 OK", [TEXT])  # <error_before_first_chunk:first>

    def lines():
        if environ:
            raise Broken  # <error_before_first_chunk:late>
        yield b"never"

    return lines()


@route
def error_after_first_chunk(environ, start_response):
    start_response("200 OK", [TEXT])  # <error_after_first_chunk:first>

    def lines():
        yield b"one "
        raise Broken  # <error_after_first_chunk:late>

    return lines()


@route
def error_with_length(environ, start_response):
    start_response("200 OK", [TEXT, ("Content-Length", "8")])  # <error_with_length:first>

    def lines():
        yield b"one "
        time.sleep(0.2)  # granian may throw away what has not left yet
        raise Broken  # <error_with_length:late>

    return lines()


# ---------------------------------------------------------------- nothing wrong
@route
def plain(environ, start_response):
    start_response("200 OK", [TEXT, ("Content-Length", "5")])
    return [b"plain"]


@route
def streamed(environ, start_response):
    start_response("200 OK", [TEXT])
    return (b"%d " % number for number in range(3))


@route
def empty(environ, start_response):
    start_response("200 OK", [TEXT])
    return []


@route
def echo(environ, start_response):
    start_response("200 OK", [TEXT])
    return [environ["QUERY_STRING"].encode(), b" "] * 3


@route
def odd_ones_late(environ, start_response):
    number = environ["QUERY_STRING"]
    headers = [TEXT, ("X-Number", number)]
    start_response("200 OK", headers)  # <odd_ones_late:first>

    def lines():
        for _ in range(3):
            yield number.encode() + b" "
        if int(number) % 2:
            start_response("500 Internal Server Error", headers)  # <odd_ones_late:late>

    return lines()


@route
def endless(environ, start_response):
    start_response("200 OK", [TEXT])
    return (b"." * 1000 for _ in range(2000))


def unknown(environ, start_response):
    start_response("404 Not Found", [TEXT])
    return [b"unknown"]


def app(environ, start_response):
    return ROUTES.get(environ["PATH_INFO"], unknown)(environ, start_response)
