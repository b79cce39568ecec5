"""Buggy applications, and what their clients get: bytes, or status, headers and body."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.handlers import SimpleHandler

PATHS = ("/", "/stream", "/fails", "/session", "/missing")


def ask_wsgi(app: Any, path: str, cookie: str = "") -> list[bytes]:
    """What wsgiref puts on the wire, and what it saw."""
    out = io.BytesIO()

    class Handler(SimpleHandler):
        def log_exception(self, exc_info: Any) -> None:
            out.write(f"server saw {exc_info[0].__name__}: {exc_info[1]}".encode())

    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "SERVER_NAME": "x", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_COOKIE": cookie}
    Handler(io.BytesIO(), out, io.StringIO(), environ).run(app)
    return [line for line in out.getvalue().split(b"\r\n") if not line.startswith((b"Date", b"Set-Cookie: session"))]


def ask_asgi(app: Any, path: str) -> list[Any]:
    """The messages that a server is given, and what it saw."""
    seen: list[Any] = []
    asked: list[Any] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Any:
        if asked:
            return asked.pop()
        await asyncio.sleep(3600)
        return None

    async def send(message: Any) -> None:
        kind = message["type"]
        if kind == "http.response.start" and seen:
            raise RuntimeError("started already")
        headers = [pair for pair in message.get("headers", ()) if not pair[1].startswith(b"session=")]
        seen.append((kind, message.get("status"), headers, message.get("body"), message.get("more_body")))

    async def ask() -> None:
        scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": [], "root_path": "",
                 "http_version": "1.1", "scheme": "http", "server": ("x", 80), "client": ("y", 1), "asgi": {"version": "3.0"}}  # fmt: skip
        try:
            await app(scope, receive, send)
        except Exception as error:
            seen.append(("server saw", type(error).__name__, str(error)))

    asyncio.run(ask())
    return seen


def flask_app() -> Any:
    """Late headers, a late session, an exception in the stream, a second start."""
    from flask import Flask, Response, after_this_request, session, stream_with_context

    app = Flask("faulty")
    app.secret_key = "x"

    @app.get("/")
    def page() -> Any:
        @after_this_request
        def later(response: Any) -> Any:
            response.headers["X-In-Time"] = "1"
            return response

        return "page"

    @app.get("/stream")
    def stream() -> Any:
        def body() -> Any:
            yield "first "
            session["late"] = 1
            response.headers["X-Late"] = "1"
            response.status_code = 500
            response.set_cookie("late", "1")
            yield "second"

        response = Response(stream_with_context(body()), headers={"X-A": "1"})
        response.set_cookie("in", "time")
        return response

    @app.get("/fails")
    def fails() -> Any:
        def body() -> Any:
            yield "first "
            raise ValueError("late")

        return Response(body(), headers={"Content-Length": "50"})

    @app.get("/session")
    def sets() -> Any:
        session["n"] = [1]
        return {"n": 1}

    return app


def raw_wsgi_app() -> Any:
    """Second starts, late edits of the list, a wrong length, body bytes without a start."""

    def app(environ: Any, start_response: Any) -> Any:
        headers = [("Content-Type", "text/plain"), ("Content-Length", "3")]
        path = environ["PATH_INFO"]
        if path == "/missing":
            return iter([b"never started"])
        start_response("200 OK", headers)
        if path == "/stream":

            def body() -> Any:
                yield b"one"
                headers.append(("X-Late", "1"))
                start_response("500 Oops", headers)

            return body()
        if path == "/fails":
            raise ValueError("after the start")
        return [b"longer than three"]

    return app


def starlette_app() -> Any:
    """Late headers behind a middleware, an exception in the stream, a background task that fails, a session."""
    from starlette.applications import Starlette
    from starlette.background import BackgroundTask
    from starlette.middleware import Middleware
    from starlette.middleware.base import BaseHTTPMiddleware
    from starlette.middleware.sessions import SessionMiddleware
    from starlette.responses import JSONResponse, StreamingResponse
    from starlette.routing import Route

    def fails() -> None:
        raise ValueError("in the background")

    async def page(request: Any) -> Any:
        return JSONResponse({"page": 1}, background=BackgroundTask(fails))

    async def stream(request: Any) -> Any:
        async def body() -> Any:
            yield b"first "
            response.headers["X-Late"] = "1"
            response.set_cookie("late", "1")
            response.status_code = 500
            if request.url.path == "/fails":
                raise ValueError("late")
            yield b"second"

        response = StreamingResponse(body())
        return response

    async def sets(request: Any) -> Any:
        request.session["n"] = 1
        return JSONResponse({})

    class Gate(BaseHTTPMiddleware):
        async def dispatch(self, request: Any, call_next: Any) -> Any:
            response = await call_next(request)
            response.headers["X-In-Time"] = "1"
            return response

    routes = [Route("/", page), Route("/stream", stream), Route("/fails", stream), Route("/session", sets)]
    return Starlette(routes=routes, middleware=[Middleware(SessionMiddleware, secret_key="x"), Middleware(Gate)])


def raw_asgi_app() -> Any:
    """Second starts, a body after the end, a task that races, a message that is edited."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"3")]}
        if scope["path"] == "/missing":
            await send({"type": "http.response.body", "body": b"never started"})
            return
        await send(start)
        start["headers"].append((b"x-late", b"1"))
        await send({"type": "http.response.body", "body": b"one", "more_body": scope["path"] == "/fails"})
        if scope["path"] == "/stream":
            await asyncio.create_task(send({"type": "http.response.body", "body": b"more"}))
        if scope["path"] == "/fails":
            raise ValueError("late")
        await send({"type": "http.response.start", "status": 500, "headers": []})

    return app


APPLICATIONS: dict[str, tuple[Callable[[], Any], Callable[[Any, str], list[Any]]]] = {
    "flask": (flask_app, ask_wsgi),
    "raw wsgi": (raw_wsgi_app, ask_wsgi),
    "starlette": (starlette_app, ask_asgi),
    "raw asgi": (raw_asgi_app, ask_asgi),
}


def wrapped(name: str) -> Any:
    """An application; the raw ASGI ones have no server that is patched, and are wrapped by hand (which is nothing while respstart is off)."""
    import respstart
    from respstart import tracer

    make, ask = APPLICATIONS[name]
    app = make()
    return respstart.asgi(app) if ask is ask_asgi and tracer.active() else app


Question = tuple[str, str]  # an application, and what it is asked for
QUESTIONS: list[Question] = [(name, path) for name in APPLICATIONS for path in PATHS]


def answer(question: Question) -> list[Any]:
    """What the client gets."""
    name, path = question
    return APPLICATIONS[name][1](wrapped(name), path)


def answers(questions: Iterable[Question] = QUESTIONS) -> dict[Question, list[Any]]:
    """What the clients get, each of an application that is made anew."""
    return {question: answer(question) for question in questions}
