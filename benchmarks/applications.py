"""Hello-world applications, the dearest case as a share, with what makes a request dearer: a longer body, more headers, more layers."""

from __future__ import annotations

import sys
import types
import weakref
from collections.abc import Callable
from typing import ClassVar

ASGI, WSGI, NATIVE = "asgi", "wsgi", "native"
PROTOCOLS = {"starlette": ASGI, "fastapi": ASGI, "flask": WSGI, "django": WSGI, "django-asgi": ASGI, "aiohttp": NATIVE}
FRAMEWORKS = tuple(PROTOCOLS)
HELLO = "Hello, world"
CHUNK = b"0123456789abcdef"


def application(framework: str, layers: int = 0) -> object:
    """The application of one of FRAMEWORKS, which answers `/`, `/chunks/NUMBER` and `/headers/NUMBER`.

    `layers` middlewares lie inside it that do nothing but hand on. One Django can be made in a process.
    """
    return _MAKERS[framework](layers)


def _starlette(layers: int) -> object:
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.responses import PlainTextResponse, StreamingResponse
    from starlette.routing import Route

    async def hello(request):
        return PlainTextResponse(HELLO)

    async def chunks(request):
        local = Local()  # noqa: F841 -- it is to be gone when the view has returned
        return StreamingResponse(_chunks_later(request.path_params["number"]), media_type="text/plain")

    async def headers(request):
        return _with_headers(PlainTextResponse(HELLO), request.path_params["number"])

    routes = [Route("/", hello), Route("/chunks/{number:int}", chunks), Route("/headers/{number:int}", headers)]
    return Starlette(routes=routes, middleware=[Middleware(_AsgiLayer)] * layers)


def _fastapi(layers: int) -> object:
    from fastapi import FastAPI, Response
    from fastapi.middleware import Middleware
    from fastapi.responses import StreamingResponse

    api = FastAPI(middleware=[Middleware(_AsgiLayer)] * layers)

    @api.get("/")
    async def hello():
        return {"message": HELLO}

    @api.get("/chunks/{number}")
    async def chunks(number: int):
        local = Local()  # noqa: F841
        return StreamingResponse(_chunks_later(number), media_type="text/plain")

    @api.get("/headers/{number}")
    async def headers(number: int):
        return _with_headers(Response(HELLO), number)

    return api


def _flask(layers: int) -> object:
    from flask import Flask, Response

    app = Flask("benchmark")

    @app.route("/")
    def hello():
        return HELLO

    @app.route("/chunks/<int:number>")
    def chunks(number):
        local = Local()  # noqa: F841
        return Response(_chunks(number), mimetype="text/plain")

    @app.route("/headers/<int:number>")
    def headers(number):
        return _with_headers(Response(HELLO), number)

    for _ in range(layers):
        app.wsgi_app = _wsgi_layer(app.wsgi_app)
    return app


_MIDDLEWARE = (
    "middleware.security.SecurityMiddleware", "contrib.sessions.middleware.SessionMiddleware", "middleware.common.CommonMiddleware",
    "middleware.csrf.CsrfViewMiddleware", "contrib.auth.middleware.AuthenticationMiddleware",
    "contrib.messages.middleware.MessageMiddleware", "middleware.clickjacking.XFrameOptionsMiddleware",
)  # fmt: skip


def _configure_django(layers: int, chunks: Callable[[int], object]) -> None:
    """With the middleware of a new project."""
    from django.conf import settings

    settings.configure(
        SECRET_KEY="x" * 50, ALLOWED_HOSTS=["*"], ROOT_URLCONF="benchmark_urls", LOGGING_CONFIG=None,
        MIDDLEWARE=[*(f"django.{name}" for name in _MIDDLEWARE), *["benchmarks.applications.django_layer"] * layers],
        INSTALLED_APPS=[f"django.contrib.{name}" for name in ("auth", "contenttypes", "sessions", "messages")],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    )  # fmt: skip
    from django.http import HttpResponse, StreamingHttpResponse
    from django.urls import path

    def hello(request):
        return HttpResponse(HELLO, content_type="text/plain")

    def many(request, number):
        local = Local()  # noqa: F841
        return StreamingHttpResponse(chunks(number), content_type="text/plain")

    def headers(request, number):
        return _with_headers(HttpResponse(HELLO, content_type="text/plain"), number)

    urls = sys.modules["benchmark_urls"] = types.ModuleType("benchmark_urls")
    urls.urlpatterns = [path("", hello), path("chunks/<int:number>", many), path("headers/<int:number>", headers)]


def _django(layers: int) -> object:
    _configure_django(layers, _chunks)
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


def _django_asgi(layers: int) -> object:
    _configure_django(layers, _chunks_later)
    from django.core.asgi import get_asgi_application

    return get_asgi_application()


def _aiohttp(layers: int) -> object:
    from aiohttp import web

    async def hello(request):
        return web.Response(text=HELLO)

    async def chunks(request):
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(int(request.match_info["number"])):
            await response.write(CHUNK)
        await response.write_eof()
        return response

    async def headers(request):
        return _with_headers(web.Response(text=HELLO), int(request.match_info["number"]))

    @web.middleware
    async def layer(request, handler):
        return await handler(request)

    app = web.Application(middlewares=[layer] * layers)
    app.add_routes([web.get("/", hello), web.get("/chunks/{number}", chunks), web.get("/headers/{number}", headers)])
    return app


_MAKERS = {
    "starlette": _starlette, "fastapi": _fastapi, "flask": _flask, "django": _django, "django-asgi": _django_asgi, "aiohttp": _aiohttp,
}  # fmt: skip


# ---------------------------------------------------------------------- what they are made of
def _with_headers(response, number):
    """The response with one header set so many times."""
    for _ in range(number):
        response.headers["X-Page"] = "1"
    return response


def _chunks(number):
    for _ in range(number):
        yield CHUNK


async def _chunks_later(number):
    for _ in range(number):
        yield CHUNK


class Local:
    """A local variable of every view that streams; `alive` holds those that something keeps."""

    alive: ClassVar[weakref.WeakSet[Local]] = weakref.WeakSet()

    def __init__(self):
        self.alive.add(self)


class _AsgiLayer:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def hand_on(message):
            await send(message)

        await self.app(scope, receive, hand_on)


def _wsgi_layer(app):
    def layer(environ, start_response):
        def hand_on(status, headers, exc_info=None):
            return start_response(status, headers, exc_info)

        return app(environ, hand_on)

    return layer


def django_layer(get_response):
    """A middleware of Django's own kind."""

    def layer(request):
        return get_response(request)

    return layer
