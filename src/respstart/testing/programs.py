"""Servers that have no command of their own: `python -m respstart.testing.programs MODULE PORT SERVER`."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any


def wsgiref(app: Any, port: int) -> None:
    """The standard library's, with a thread for each request."""
    from socketserver import ThreadingMixIn
    from wsgiref.simple_server import WSGIServer, make_server

    class Threaded(ThreadingMixIn, WSGIServer):
        daemon_threads = True

    make_server("127.0.0.1", port, app, server_class=Threaded).serve_forever()


def werkzeug(app: Any, port: int) -> None:
    """The development server of werkzeug, and so of Flask."""
    from werkzeug.serving import run_simple

    run_simple("127.0.0.1", port, app, threaded=True)


def runserver(app: Any, port: int) -> None:
    """The development server of Django."""
    from django.core.servers.basehttp import run

    run("127.0.0.1", port, app, threading=True)


def cheroot(app: Any, port: int) -> None:
    """The server of CherryPy."""
    from cheroot.wsgi import Server

    Server(("127.0.0.1", port), app).safe_start()


def tornado(app: Any, port: int) -> None:
    """A WSGI application in Tornado's container."""
    import asyncio

    from tornado.httpserver import HTTPServer
    from tornado.wsgi import WSGIContainer

    async def main() -> None:
        HTTPServer(WSGIContainer(app)).listen(port, "127.0.0.1")
        await asyncio.Event().wait()

    asyncio.run(main())


def own(main: Any, port: int) -> None:
    """Frameworks with a server of their own: the module's `app` is a function that is given the port."""
    main(port)


def asgiref(app: Any, port: int) -> None:
    """A WSGI application behind asgiref's adapter, on uvicorn."""
    import uvicorn
    from asgiref.wsgi import WsgiToAsgi

    uvicorn.run(WsgiToAsgi(app), host="127.0.0.1", port=port, lifespan="off", timeout_graceful_shutdown=1)


def starlette(app: Any, port: int) -> None:
    """A WSGI application behind Starlette's (and so FastAPI's) adapter, on uvicorn."""
    import warnings

    import uvicorn

    warnings.simplefilter("ignore", DeprecationWarning)  # it points to a2wsgi, and is still what FastAPI's documentation shows
    from starlette.middleware.wsgi import WSGIMiddleware

    uvicorn.run(WSGIMiddleware(app), host="127.0.0.1", port=port, lifespan="off", timeout_graceful_shutdown=1)


def a2wsgi(app: Any, port: int) -> None:
    """An ASGI application behind a2wsgi's adapter, on waitress."""
    import waitress
    from a2wsgi import ASGIMiddleware

    waitress.serve(ASGIMiddleware(app), host="127.0.0.1", port=port, threads=8)


PROGRAMS = {program.__name__: program for program in (wsgiref, werkzeug, runserver, cheroot, tornado, own, asgiref, starlette, a2wsgi)}

if __name__ == "__main__":
    PROGRAMS[sys.argv[3]](import_module(sys.argv[1]).app, int(sys.argv[2]))
