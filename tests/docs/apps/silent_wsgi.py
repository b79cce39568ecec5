"""Two mistakes of a WSGI application, without respstart: what the server says about them."""

from __future__ import annotations

from pathlib import Path


def start(start_response, status):
    start_response(status, [("Content-Type", "text/plain")])  # a list of its own: servers change it


def second_start(start_response):
    start(start_response, "200 OK")
    try:
        start(start_response, "500 Internal Server Error")
    except Exception as error:
        Path("raised").write_text(type(error).__name__)
    yield b"one\n"


def error_after_start(start_response):
    start(start_response, "200 OK")
    yield b"one\n"
    raise LookupError("two")


def app(environ, start_response):
    return globals()[environ["PATH_INFO"].strip("/")](start_response)
