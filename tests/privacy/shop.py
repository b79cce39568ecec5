"""Buggy applications full of secrets, asked with secrets. What a client sends and gets back is `secret(kind)`, which stands in no line of code."""

from __future__ import annotations

import asyncio
import contextlib
import io
from typing import Any

MARK = "retnuh"[::-1] + "2"


def secret(kind: str) -> str:
    """A text that must not be found in any output."""
    return f"{MARK}-{kind}"


def flask_shop() -> Any:
    from flask import Flask, Response, request, session, stream_with_context

    app = Flask("secrets")
    app.secret_key = secret("key")

    @app.route("/<where>", methods=["GET", "POST"])
    def page(where: str) -> Any:
        password = secret("local")
        session["card"] = secret("session")
        form = request.form.get("password")

        def body() -> Any:
            token = secret("local in a generator")
            yield secret("body")
            response.headers["X-Api-Key"] = secret("late header")
            response.set_cookie("account", secret("late cookie"))
            session["card"] = secret("late session")
            session["cart"] = {"number": secret("late session, deeper")}
            response.status = f"500 {secret('reason')}"
            response.headers["X-Trace"] = token + password + str(form)
            if where == "fails":
                raise RuntimeError("the stock is empty")

        response = Response(stream_with_context(body()), headers={"X-Secret": secret("header"), "Content-Length": "500"})
        response.set_cookie("login", secret("cookie"))
        return response

    return app


def raw_shop(environ: Any, start_response: Any) -> Any:
    headers = [("Content-Type", "text/plain"), ("X-Secret", secret("header")), ("Set-Cookie", f"login={secret('cookie')}"), ("Content-Length", "3")]
    start_response(f"200 {secret('reason')}", headers)
    if environ["PATH_INFO"] == "/fails":
        with contextlib.suppress(AssertionError):
            start_response(f"500 {secret('reason')}", [("X-Second", secret("second head"))])
    yield secret("body").encode()
    headers.append(("X-Late", secret("late header")))
    headers.append(("Set-Cookie", f"late={secret('late cookie')}; Path=/{secret('cookie path')}"))
    yield secret("late body").encode()


def starlette_shop() -> Any:
    from starlette.applications import Starlette
    from starlette.background import BackgroundTask
    from starlette.middleware import Middleware
    from starlette.middleware.sessions import SessionMiddleware
    from starlette.responses import StreamingResponse
    from starlette.routing import Route

    async def page(request: Any) -> Any:
        body = (await request.body()) + secret("local").encode()

        async def stream() -> Any:
            yield secret("body").encode() + body
            response.headers["X-Api-Key"] = secret("late header")
            response.set_cookie("account", secret("late cookie"))
            request.session["card"] = secret("late session")
            if request.url.path == "/fails":
                raise RuntimeError("the stock is empty")

        def remind() -> None:
            raise RuntimeError("nobody to remind")

        response = StreamingResponse(stream(), headers={"X-Secret": secret("header")}, background=BackgroundTask(remind))
        response.set_cookie("login", secret("cookie"))
        return response

    middleware = [Middleware(SessionMiddleware, secret_key=secret("key"))]
    return Starlette(routes=[Route("/{where}", page, methods=["GET", "POST"])], middleware=middleware)


async def raw_asgi_shop(scope: Any, receive: Any, send: Any) -> None:
    start = {"type": "http.response.start", "status": 200, "headers": [(b"x-secret", secret("header").encode()), (b"content-length", b"3")]}
    await send(start)
    start["headers"].append((b"x-late", secret("late header").encode()))
    start["headers"].append((b"set-cookie", b"late=" + secret("late cookie").encode()))
    await send({"type": "http.response.body", "body": secret("body").encode()})
    with contextlib.suppress(RuntimeError):
        await send({"type": "http.response.body", "body": secret("late body").encode()})
        await send({"type": "http.response.start", "status": 500, "headers": [(b"x-second", secret("second head").encode())]})


def ask_wsgi(app: Any, path: str, query: str, text: str) -> None:
    """One request to a WSGI application that is wrapped by hand; the server is as strict as most are."""
    started: list[Any] = []

    def start_response(status: Any, headers: Any, exc_info: Any = None) -> Any:
        assert not started, "started twice"
        started.append(status)
        return lambda data: None

    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": path, "SCRIPT_NAME": "", "QUERY_STRING": query, "SERVER_NAME": "x", "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_AUTHORIZATION": f"Bearer {secret('authorization')}", "HTTP_COOKIE": f"login={secret('sent cookie')}",
        "HTTP_X_API_KEY": secret("sent header"), "CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": str(len(text)),
        "wsgi.input": io.BytesIO(text.encode()), "wsgi.errors": io.StringIO(), "wsgi.url_scheme": "http", "wsgi.multithread": False,
        "wsgi.multiprocess": False, "wsgi.run_once": False, "wsgi.version": (1, 0),
    }  # fmt: skip
    body = app(environ, start_response)
    try:
        for _ in body:
            pass
    finally:
        if hasattr(body, "close"):
            body.close()


def ask_asgi(app: Any, path: str, query: str, text: str) -> None:
    """The same for ASGI."""
    seen: list[str] = []
    asked: list[Any] = [{"type": "http.request", "body": text.encode(), "more_body": False}]

    async def receive() -> Any:
        if not asked:
            await asyncio.sleep(3600)
        return asked.pop()

    async def send(message: Any) -> None:
        if seen and message["type"] == "http.response.start":
            raise RuntimeError("started already")
        seen.append(message["type"])

    headers = {"authorization": "authorization", "cookie": "sent cookie", "x-api-key": "sent header"}
    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode("utf-8", "replace"), "query_string": query.encode(), "root_path": "",
        "headers": [(name.encode(), secret(kind).encode()) for name, kind in headers.items()], "http_version": "1.1", "scheme": "http",
        "server": ("x", 80), "client": ("y", 1), "asgi": {"version": "3.0"},
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))


def visit() -> list[BaseException]:
    """Ask every application; returns what they raised."""
    import respstart

    raised: list[BaseException] = []
    query, text = f"token={secret('query')}", f"password={secret('form')}"
    for ask, app in (
        (ask_wsgi, respstart.wsgi(flask_shop())),
        (ask_wsgi, respstart.wsgi(raw_shop)),
        (ask_asgi, respstart.asgi(starlette_shop())),
        (ask_asgi, respstart.asgi(raw_asgi_shop)),
    ):
        for path in ("/page", "/fails"):
            try:
                ask(app, path, query, text)
            except Exception as error:
                raised.append(error)
    return raised
