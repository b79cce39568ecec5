"""How each framework spells it: imports, response classes, late writes, and the application that registers the routes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from generated.parts import Fate, fill


@dataclass(frozen=True, repr=False)
class Framework:
    """The words of one framework. `assemble` takes what the routes registered and gives the source of `app`."""

    name: str
    protocol: str
    asynchronous: bool
    head: str
    parameters: str = ""
    plain: str = ""
    stream: str = ""
    http_error: str = 'raise Refused("no")'
    session: str = ""
    writes: Mapping[str, str] = field(default_factory=dict, hash=False)
    early: str = ""
    live: bool = False  # whether the head that it sends is the response object's own list
    assembled: str = ""
    mounted: str = ""
    answers_outside: bool = False  # whether a crash is answered outside of its own middleware
    handled: tuple[str, ...] = ()  # the exceptions that want to be an answer, or would have a handler, also in a stream

    def __repr__(self) -> str:
        return self.name.upper().replace("-", "_")  # as it is called here

    @property
    def raises(self) -> dict[str, str]:
        return {"error": 'raise LookupError("none")', "handled error": 'raise Refused("no")', "http error": self.http_error}

    @property
    def start(self) -> str:
        if self.protocol == "asgi":
            return 'await send({"type": "http.response.start", "status": 200, "headers": [(b"x-kind", b"raw")]})'
        return 'start_response("200 OK", [("X-Kind", "raw")])'

    @property
    def chunk(self) -> str:
        return 'await send({"type": "http.response.body", "body": b"more", "more_body": True})'

    def source(self, registered: Sequence[str], layers: Sequence[str], *, mounted: bool) -> str:
        """The source that makes `app` of the routes and of the layers that the framework itself runs."""
        made = fill(self.assembled, routes="\n".join(registered), layers="\n".join(layers), prefix="sub/" if mounted else "")
        return made + "\n" + fill(self.mounted) if mounted and self.mounted else made

    def answers(self, fate: Fate) -> Fate:
        """What the framework makes of an exception that nobody has answered."""
        if not fate.cause:
            return fate
        if self.answers_outside:  # the server gets it too
            return replace(fate, first=(fate.cause,), kept=(fate.cause,), raises="stream", cause="")
        return replace(fate, first=(fate.cause,), kept=(fate.cause,), raises="", cause="")


_WRITES = {
    "header": 'response.headers["X-Late"] = "1"',
    "removal": 'del response.headers["X-Draft"]',
    "status": "response.status_code = 299",
    "cookie": 'response.set_cookie("late", "1")',
}
_EARLY = fill("""
    response.headers["X-Draft"] = "1"
    response.status_code = 201
    response.set_cookie("early", "1")
""")

_STARLETTE_HEAD = """
    from starlette.applications import Starlette
    from starlette.background import BackgroundTask
    from starlette.endpoints import HTTPEndpoint
    from starlette.exceptions import HTTPException
    from starlette.middleware.base import BaseHTTPMiddleware
    from starlette.middleware.cors import CORSMiddleware
    from starlette.middleware.gzip import GZipMiddleware
    from starlette.middleware.sessions import SessionMiddleware
    from starlette.requests import Request
    from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
    from starlette.routing import Mount, Route

    class Lines(StreamingResponse):
        media_type = "text/csv"
"""

_STARLETTE = {
    "protocol": "asgi", "asynchronous": True, "parameters": "request: Request", "plain": "PlainTextResponse", "stream": "Lines",
    "http_error": 'raise HTTPException(418, "no")', "session": 'request.session["late"] = 1', "writes": _WRITES, "early": _EARLY,
    "live": True, "answers_outside": True, "handled": ("http error", "handled error"),
}  # fmt: skip

ASGI = Framework(
    "asgi", "asgi", asynchronous=True, head="from starlette.responses import PlainTextResponse",
    writes=_WRITES, early=_EARLY,
    assembled="""
        ROUTES = {}
        $routes
        async def app(scope, receive, send):
            await ROUTES[scope["path"]](scope, receive, send)
        $layers
    """,
)  # fmt: skip

WSGI = Framework(
    "wsgi", "wsgi", asynchronous=False, head="from werkzeug.middleware.dispatcher import DispatcherMiddleware",
    assembled="""
        ROUTES = {}
        $routes
        def app(environ, start_response):
            return ROUTES[environ["PATH_INFO"]](environ, start_response)
        $layers
    """,
    mounted="""
        def outside(environ, start_response):
            start_response("404 Not Found", [])
            return [b"nothing here"]
        app = DispatcherMiddleware(outside, {"/sub": app})
    """,
)  # fmt: skip

STARLETTE = Framework(
    "starlette", head=_STARLETTE_HEAD, **_STARLETTE,
    assembled="""
        async def on_refused(request, error):
            return JSONResponse({"refused": True}, status_code=409)  # <handler:first>
        app = Starlette(exception_handlers={Refused: on_refused})
        $layers
        $routes
    """,
    mounted="""
        app = Starlette(routes=[Mount("/sub", app=app)])
    """,
)  # fmt: skip

FASTAPI = Framework(
    "fastapi", head="from fastapi import FastAPI\n" + fill(_STARLETTE_HEAD), **_STARLETTE,
    assembled=STARLETTE.assembled.replace("app = Starlette(", "app = FastAPI("),
    mounted="""
        inner, app = app, FastAPI()
        app.mount("/sub", inner)
    """,
)  # fmt: skip

FLASK = Framework(
    "flask", "wsgi", asynchronous=False,
    head="""
        from flask import Flask, Response, abort, make_response, session, stream_with_context
        from flask.views import MethodView
        from werkzeug.middleware.dispatcher import DispatcherMiddleware
    """,
    plain="Response", stream="Response", handled=("http error",), http_error="abort(418)", session='session["late"] = 1', writes=_WRITES, early=_EARLY,
    assembled="""
        app = Flask(__name__)
        app.secret_key = "s"
        $layers
        @app.errorhandler(Refused)
        def on_refused(error):
            if not error.args:
                return "refused"
            return {"refused": True}, 409  # <handler:first>
        $routes
    """,
    mounted="""
        app = DispatcherMiddleware(Flask("outside"), {"/sub": app})
    """,
)  # fmt: skip

_DJANGO: dict[str, Any] = {
    "parameters": "request", "plain": "HttpResponse", "stream": "StreamingHttpResponse",
    "http_error": 'raise Http404("none")', "handled": ("http error",), "writes": _WRITES, "early": _EARLY,
}  # fmt: skip
_DJANGO_HEAD = """
    import django
    from django.conf import settings
    from django.http import Http404, HttpResponse, JsonResponse, StreamingHttpResponse
    if not settings.configured:
        settings.configure(ALLOWED_HOSTS=["*"], SECRET_KEY="s", LOGGING_CONFIG=None)
        django.setup()
    from django.core.handlers.asgi import ASGIHandler
    from django.core.handlers.wsgi import WSGIHandler
    from django.urls import include, path
    from django.utils.decorators import async_only_middleware
    from django.utils.deprecation import MiddlewareMixin
    from django.views import View
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = []
"""
_DJANGO_ASSEMBLED = """
    urls = []
    $layers
    $routes
    urlpatterns = [path("$prefix", include((urls, "shop")))]
    app = WSGIHandler()
"""

DJANGO = Framework("django", "wsgi", asynchronous=False, head=_DJANGO_HEAD, assembled=_DJANGO_ASSEMBLED, **_DJANGO)
DJANGO_ASGI = Framework(
    "django-asgi", "asgi", asynchronous=True, head=_DJANGO_HEAD, assembled=_DJANGO_ASSEMBLED.replace("WSGIHandler", "ASGIHandler"), **_DJANGO
)

FRAMEWORKS = (ASGI, WSGI, STARLETTE, FASTAPI, FLASK, DJANGO, DJANGO_ASGI)
