"""Hello-world applications, the dearest case as a share, and how to ask them in process, without a server."""

from __future__ import annotations

import asyncio
import io
import sys
import types
from collections.abc import Callable

ASGI, WSGI = ("starlette", "fastapi"), ("flask", "django")
FRAMEWORKS = (*ASGI, *WSGI)
HELLO = "Hello, world"


def application(framework: str) -> object:
    """The application of one of FRAMEWORKS."""
    return {"starlette": _starlette, "fastapi": _fastapi, "flask": _flask, "django": _django}[framework]()


def _starlette() -> object:
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def hello(request):
        return PlainTextResponse(HELLO)

    return Starlette(routes=[Route("/", hello)])


def _fastapi() -> object:
    from fastapi import FastAPI

    api = FastAPI()

    @api.get("/")
    async def hello():
        return {"message": HELLO}

    return api


def _flask() -> object:
    from flask import Flask

    app = Flask("benchmark")

    @app.route("/")
    def hello():
        return HELLO

    return app


_MIDDLEWARE = (
    "middleware.security.SecurityMiddleware", "contrib.sessions.middleware.SessionMiddleware", "middleware.common.CommonMiddleware",
    "middleware.csrf.CsrfViewMiddleware", "contrib.auth.middleware.AuthenticationMiddleware",
    "contrib.messages.middleware.MessageMiddleware", "middleware.clickjacking.XFrameOptionsMiddleware",
)  # fmt: skip


def _django() -> object:
    """With the middleware of a new project."""
    from django.conf import settings

    settings.configure(
        SECRET_KEY="x" * 50, ALLOWED_HOSTS=["*"], ROOT_URLCONF="benchmark_urls", LOGGING_CONFIG=None,
        MIDDLEWARE=[f"django.{name}" for name in _MIDDLEWARE],
        INSTALLED_APPS=[f"django.contrib.{name}" for name in ("auth", "contenttypes", "sessions", "messages")],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    )  # fmt: skip
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpResponse
    from django.urls import path

    def hello(request):
        return HttpResponse(HELLO, content_type="text/plain")

    urls = sys.modules["benchmark_urls"] = types.ModuleType("benchmark_urls")
    urls.urlpatterns = [path("", hello)]
    return get_wsgi_application()


def client(framework: str, app) -> Callable[[int], None]:
    """A function that asks the application so many times, and raises AssertionError when it does not answer 200."""
    return _asgi_client(app) if framework in ASGI else _wsgi_client(app)


def _asgi_client(app) -> Callable[[int], None]:
    loop = asyncio.new_event_loop()
    headers = [(b"host", b"127.0.0.1"), (b"user-agent", b"benchmark"), (b"accept", b"*/*")]

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def ask(number):
        for _ in range(number):
            started = []

            async def send(message, started=started):
                if message["type"] == "http.response.start":
                    started.append(message["status"])

            scope = {
                "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": "GET", "scheme": "http",
                "path": "/", "raw_path": b"/", "query_string": b"", "root_path": "", "headers": list(headers), "client": ("127.0.0.1", 1),
                "server": ("127.0.0.1", 80), "state": {},
            }  # fmt: skip
            await app(scope, receive, send)
            assert started == [200]

    return lambda number: loop.run_until_complete(ask(number))


def _wsgi_client(app) -> Callable[[int], None]:
    def ask(number):
        for _ in range(number):
            started = []
            environ = {
                "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/", "QUERY_STRING": "", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80",
                "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "127.0.0.1", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr,
                "wsgi.url_scheme": "http", "wsgi.version": (1, 0), "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False,
            }  # fmt: skip
            body = app(environ, lambda status, headers, exc_info=None, started=started: started.append(status))
            list(body)
            getattr(body, "close", lambda: None)()
            assert started == ["200 OK"]

    return ask
