"""`child.py NEIGHBOUR ORDER UNDO`: runs two buggy applications beside a neighbour, and prints what was seen as JSON.

ORDER is `alone` (no respstart), `neighbour first` or `respstart first`. Both are switched off again; UNDO tells who goes first.
"""

from __future__ import annotations

import asyncio
import io
import json
import sys
import types
from pathlib import Path
from typing import Any
from wsgiref.handlers import SimpleHandler

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


def flask_app() -> Any:
    from flask import Flask, Response

    app = Flask("shop")

    @app.get("/")
    def page() -> Any:
        def body() -> Any:
            yield "first "
            response.set_cookie("late", "1")  # late cookie
            yield "second"

        response = Response(body())  # first writer
        return response

    return app


def starlette_app() -> Any:
    from starlette.applications import Starlette
    from starlette.responses import StreamingResponse
    from starlette.routing import Route

    async def page(request: Any) -> Any:
        async def body() -> Any:
            yield b"first "
            response.headers["x-late"] = "1"  # late header
            yield b"second"

        response = StreamingResponse(body())  # first writer of the stream
        return response

    return Starlette(routes=[Route("/", page)])


def django_app(more_urls: list[str], **settings: Any) -> Any:
    """The same as Flask's, with these settings."""
    import django
    from django.conf import settings as chosen
    from django.core.wsgi import get_wsgi_application
    from django.http import StreamingHttpResponse as Response
    from django.urls import include, path

    def page(request: Any) -> Any:
        def body() -> Any:
            yield "first "
            response.set_cookie("late", "1")  # late cookie
            yield "second"

        response = Response(body())  # first writer
        return response

    urls: Any = types.ModuleType("urls")
    chosen.configure(SECRET_KEY="x", ALLOWED_HOSTS=["*"], ROOT_URLCONF=urls, **settings)
    django.setup()
    urls.urlpatterns = [path("", page), *(path("", include(each)) for each in more_urls)]
    return get_wsgi_application()


# They are others each time: the time, and what django-debug-toolbar tells of a request.
_VARYING = ("Date:", "djdt-", "Server-Timing:")


def ask_wsgi(app: Any) -> str:
    out = io.BytesIO()
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "SERVER_NAME": "x", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "QUERY_STRING": "", "REMOTE_ADDR": "127.0.0.1"}
    SimpleHandler(io.BytesIO(), out, io.StringIO(), environ).run(app)
    return "\n".join(line for line in out.getvalue().decode().splitlines() if not line.startswith(_VARYING))


def ask_asgi(app: Any) -> list[Any]:
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.sleep(60)

    async def send(message: Any) -> None:
        headers = sorted((name.decode(), value.decode()) for name, value in message.get("headers", ()))
        sent.append((message["type"], message.get("status"), headers, message.get("body", b"").decode(), message.get("more_body")))

    scope = {"type": "http", "method": "GET", "path": "/", "raw_path": b"/", "query_string": b"", "headers": [], "root_path": "", "http_version": "1.1", "scheme": "http",
             "server": ("x", 80), "client": ("127.0.0.1", 1), "asgi": {"version": "3.0"}}  # fmt: skip
    asyncio.run(app(scope, receive, send))
    return sent


def main(name: str, order: str, undo: str) -> None:
    """Print what was seen."""
    import respstart
    from neighbours.table import BY_NAME

    findings: list[Any] = []
    flask, starlette = flask_app(), starlette_app()
    if order == "respstart first":
        respstart.install(output="off", otel="off")
    traced_by_class, traced_by_class_asgi, off = BY_NAME[name].on(flask, starlette)
    if order == "neighbour first":
        respstart.install(output="off", otel="off")
    respstart.on_finding(lambda finding: findings.append((finding.rule, _line(finding.first_writer), _line(finding.late_writer))))
    answers = [ask_wsgi(traced_by_class), ask_asgi(traced_by_class_asgi)]
    found = list(findings)
    steps = [respstart.uninstall, off or (lambda: None)]
    for step in steps if undo == "respstart" else reversed(steps):
        step()
    findings.clear()
    after = [ask_wsgi(flask), ask_asgi(starlette)]
    from respstart.hooks import guard

    print(json.dumps({"answers": answers, "findings": found, "after": after, "findings after": findings, "faults": list(guard.faults)}))


def _line(writer: Any) -> str | None:
    """The text of the line that is named."""
    return writer.source.strip() if writer is not None and writer.source else None


if __name__ == "__main__":
    main(*sys.argv[1:])
