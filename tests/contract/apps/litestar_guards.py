"""Middleware of the Litestar shop, in every form that Litestar knows, with habits good and bad."""

from __future__ import annotations

import asyncio
import json
import warnings

from litestar import Request, Response
from litestar.datastructures import MutableScopeHeaders
from litestar.middleware import ASGIMiddleware
from litestar.middleware.base import AbstractMiddleware, MiddlewareProtocol
from litestar.response.base import ASGIResponse

warnings.filterwarnings("ignore", category=DeprecationWarning)


class Audit:
    """Plain ASGI, the outermost one: after the answer it checks the books, which fails when it is asked to."""

    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        try:
            await self.app(scope, receive, send)
        finally:
            self.check(dict(scope.get("headers", ())).get(b"x-audit"))

    def check(self, wish: bytes | None) -> None:
        if wish == b"refuse":
            raise LookupError("the books do not balance")  # <audit:late>


class Tag(ASGIMiddleware):
    """Edits the start before it goes on: legal."""

    async def handle(self, scope, receive, send, next_app) -> None:
        async def tagged(message) -> None:
            if message["type"] == "http.response.start":
                MutableScopeHeaders.from_message(message)["X-Tag"] = "shop"
            await send(message)

        await next_app(scope, receive, tagged)


class Timing(AbstractMiddleware):
    """The same in the older form."""

    async def __call__(self, scope, receive, send) -> None:
        async def timed(message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((b"x-time", b"1"))
            await send(message)

        await self.app(scope, receive, timed)


class LateStamp(MiddlewareProtocol):
    """Edits the message after it was sent: nobody's probe sees it, and it is lost."""

    def __init__(self, app, **options) -> None:
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        async def stamped(message) -> None:
            await send(message)
            if message["type"] == "http.response.start":
                MutableScopeHeaders.from_message(message)["X-Stamp"] = "late"

        await self.app(scope, receive, stamped)


class Rewrite(ASGIMiddleware):
    """Sends a start of its own in the place of the one that it was given: legal."""

    async def handle(self, scope, receive, send, next_app) -> None:
        async def rewritten(message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message["headers"], (b"x-rewritten", b"1")]
                message = {"type": "http.response.start", "status": 203, "headers": headers}
            await send(message)

        await next_app(scope, receive, rewritten)


class Gate(AbstractMiddleware):
    """Forgets to return after its answer."""

    async def __call__(self, scope, receive, send) -> None:
        answer = Response({"detail": "members only"}, status_code=401)
        await answer.to_asgi_response(app=None, request=Request(scope))(scope, receive, send)  # <forgot_return:first>
        await self.app(scope, receive, send)


class CloseGate(AbstractMiddleware):
    """Answers in the place of the application: legal."""

    async def __call__(self, scope, receive, send) -> None:
        answer = Response({"detail": "members only"}, status_code=401)
        await answer.to_asgi_response(app=None, request=Request(scope))(scope, receive, send)  # <gate:first>


class JsonErrors(ASGIMiddleware):
    """Answers every error, also when it is too late."""

    async def handle(self, scope, receive, send, next_app) -> None:
        try:
            await next_app(scope, receive, send)
        except Exception as error:
            await self.explain(error, send)

    async def explain(self, error: Exception, send) -> None:
        body = json.dumps({"detail": str(error)}).encode()
        start = {"type": "http.response.start", "status": 502, "headers": [(b"content-type", b"application/json")]}
        await send(start)  # <catch_all:late>
        await send({"type": "http.response.body", "body": body})


class ErrorResponses(ASGIMiddleware):
    """The same with a response object."""

    async def handle(self, scope, receive, send, next_app) -> None:
        try:
            await next_app(scope, receive, send)
        except Exception as error:
            await ASGIResponse(body=str(error), status_code=502)(scope, receive, send)  # <catch_response:late>


class CarefulErrors(ASGIMiddleware):
    """Answers only as long as nothing has started."""

    async def handle(self, scope, receive, send, next_app) -> None:
        started = False

        async def seen(message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await next_app(scope, receive, seen)
        except Exception as error:
            if started:
                raise
            await ASGIResponse(body=str(error), status_code=502)(scope, receive, send)  # <careful:first>


class Timeout(ASGIMiddleware):
    """Gives up after a while, and answers whether or not the answer is under way."""

    async def handle(self, scope, receive, send, next_app) -> None:
        try:
            await asyncio.wait_for(next_app(scope, receive, send), 0.15)
        except TimeoutError:
            await ASGIResponse(body=b"too slow", status_code=504)(scope, receive, send)  # <timeout:late> <timed_out:first>


class Retry(ASGIMiddleware):
    """Asks again when the status is bad, although the bad answer is on its way."""

    async def handle(self, scope, receive, send, next_app) -> None:
        status = 0

        async def seen(message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        await next_app(scope, receive, seen)
        if status >= 500:
            await next_app(scope, receive, seen)  # <retry:late> <deep_retry:late>


class Footer(ASGIMiddleware):
    """Adds to a body that has ended."""

    async def handle(self, scope, receive, send, next_app) -> None:
        await next_app(scope, receive, send)
        await send({"type": "http.response.body", "body": b"footer"})  # <footer:late>


class Buffer(ASGIMiddleware):
    """Keeps the answer until it is complete: legal, and no author."""

    async def handle(self, scope, receive, send, next_app) -> None:
        kept = []

        async def keep(message) -> None:
            kept.append(message)

        await next_app(scope, receive, keep)
        body = b"".join(message.get("body", b"") for message in kept)
        MutableScopeHeaders.from_message(kept[0])["X-Buffered"] = str(len(body))
        await send(kept[0])
        await send({"type": "http.response.body", "body": body})
