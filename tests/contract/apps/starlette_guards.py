"""Middleware of the shop, in plain ASGI: every habit, good and bad."""

from __future__ import annotations

import asyncio

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse


class Middleware:
    """What all of them share."""

    def __init__(self, app, **options) -> None:
        self.app = app
        self.options = options

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await self.handle(scope, receive, send)

    async def handle(self, scope, receive, send) -> None:
        await self.app(scope, receive, send)


class Audit(Middleware):
    """The outermost one: after the answer it checks the books, which fails when it is asked to."""

    async def handle(self, scope, receive, send) -> None:
        try:
            await self.app(scope, receive, send)
        finally:
            self.check(dict(scope["headers"]).get(b"x-audit"))

    def check(self, wish: bytes | None) -> None:
        if wish == b"refuse":
            raise LookupError("the books do not balance")  # <audit:late>


class Tag(Middleware):
    """Edits the start before it goes on: legal."""

    async def handle(self, scope, receive, send) -> None:
        async def tagged(message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Tag"] = "shop"
            await send(message)

        await self.app(scope, receive, tagged)


class Rewrite(Middleware):
    """Sends a start of its own in the place of the one that it was given: legal, and an author."""

    async def handle(self, scope, receive, send) -> None:
        async def rewritten(message) -> None:
            if message["type"] == "http.response.start":
                status = 502 if message["status"] == 500 else message["status"]
                headers = [*message["headers"], (b"x-rewritten", b"1")]
                await send({"type": "http.response.start", "status": status, "headers": headers})  # <crashed:first>
            else:
                await send(message)

        await self.app(scope, receive, rewritten)


class Buffer(Middleware):
    """Holds everything back, then sends it in one piece: legal."""

    async def handle(self, scope, receive, send) -> None:
        held = []

        async def hold(message) -> None:
            held.append(message)

        await self.app(scope, receive, hold)
        for message in held:
            await send(message)  # <buffered:forwarded>


class HoldBack(Middleware):
    """Holds the start back until the first chunk is there."""

    async def handle(self, scope, receive, send) -> None:
        held = []

        async def hold(message) -> None:
            if message["type"] == "http.response.start":
                held.append(message)
                return
            while held:
                await send(held.pop())
            await send(message)

        await self.app(scope, receive, hold)


class Instead(Middleware):
    """Drops the start, and makes one of its own when the body comes."""

    async def handle(self, scope, receive, send) -> None:
        async def answer(message) -> None:
            if message["type"] == "http.response.body":
                await send({"type": "http.response.start", "status": 203, "headers": [(b"content-length", b"3")]})  # <instead:first>
                await send({"type": "http.response.body", "body": b"four"})

        await self.app(scope, receive, answer)


class HideErrors(Middleware):
    """Replaces a bad answer before it has left: the first start is dropped here."""

    async def handle(self, scope, receive, send) -> None:
        failed = False

        async def hide(message) -> None:
            nonlocal failed
            if message["type"] == "http.response.start" and message["status"] >= 500:
                failed = True
            if not failed:
                await send(message)

        await self.app(scope, receive, hide)
        if failed:
            sorry = PlainTextResponse("come back later", status_code=503)  # <replaced_start:first>
            await sorry(scope, receive, send)  # <replaced_start:first>


class LateStamp(Middleware):
    """Stamps the header list after it has passed it on."""

    async def handle(self, scope, receive, send) -> None:
        async def stamp(message) -> None:
            await send(message)
            if message["type"] == "http.response.start":
                message["headers"].append((b"x-stamp", b"late"))

        await self.app(scope, receive, stamp)


class LateView(Middleware):
    """Writes through a view of the headers after the answer is complete."""

    async def handle(self, scope, receive, send) -> None:
        start = None

        async def keep(message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
            await send(message)

        await self.app(scope, receive, keep)
        self.stamp(MutableHeaders(scope=start))

    def stamp(self, headers: MutableHeaders) -> None:
        headers["X-Seen"] = "1"  # <late_view:late>


class Timeout(Middleware):
    """Gives up on the application, without a look at what it has sent."""

    async def handle(self, scope, receive, send) -> None:
        try:
            await asyncio.wait_for(self.app(scope, receive, send), self.options["limit"])
        except TimeoutError:
            await self.give_up(scope, receive, send)

    async def give_up(self, scope, receive, send) -> None:
        sorry = JSONResponse({"detail": "too slow"}, status_code=504)  # <timeout:late>
        await sorry(scope, receive, send)  # <timeout:late>


class CatchAll(Middleware):
    """Answers every exception, started or not."""

    async def handle(self, scope, receive, send) -> None:
        try:
            await self.app(scope, receive, send)
        except Exception as error:
            await self.answer(send, type(error).__name__.encode())

    async def answer(self, send, text: bytes) -> None:
        headers = [(b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": 500, "headers": headers})  # <catch_all:late> <catch_all_early:first>
        await send({"type": "http.response.body", "body": text})


class CarefulCatchAll(Middleware):
    """Answers only while nothing has started, else lets the exception go: done right."""

    async def handle(self, scope, receive, send) -> None:
        started = False

        async def watch(message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception:
            if started:
                raise
            await PlainTextResponse("sorry", status_code=500)(scope, receive, send)  # <careful:first>


class Retry(Middleware):
    """Runs the rest once more when the answer was a bad one, which has left already."""

    async def handle(self, scope, receive, send) -> None:
        statuses = []

        async def watch(message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
            await send(message)

        await self.app(scope, receive, watch)
        if statuses[0] >= 500:
            await self.app(scope, receive, watch)  # <retry:late>


class CarefulRetry(Middleware):
    """Holds each attempt back until it is known to be the one."""

    async def handle(self, scope, receive, send) -> None:
        for _ in range(3):
            held = []

            async def hold(message, held=held) -> None:
                held.append(message)

            await self.app(scope, receive, hold)
            if held[0]["status"] < 500:
                break
        for message in held:
            await send(message)


class Cascade:
    """Tries one application after the other until one knows the path; the 404 has left by then."""

    def __init__(self, *apps) -> None:
        self.apps = apps

    async def __call__(self, scope, receive, send) -> None:
        for app in self.apps:
            if await self.attempt(app, scope, receive, send):
                return

    async def attempt(self, app, scope, receive, send) -> bool:
        known = True

        async def watch(message) -> None:
            nonlocal known
            if message["type"] == "http.response.start":
                known = message["status"] != 404
            await send(message)  # <cascade:late>

        await app(dict(scope), receive, watch)
        return known


class Gate(Middleware):
    """Answers itself when the key is missing, then forgets to stop."""

    async def handle(self, scope, receive, send) -> None:
        if b"x-key" not in dict(scope["headers"]):
            denied = PlainTextResponse("key?", status_code=401)  # <forgot_return:first>
            await denied(scope, receive, send)  # <forgot_return:first>
        await self.app(scope, receive, send)


class CloseGate(Gate):
    """The same, done right."""

    async def handle(self, scope, receive, send) -> None:
        if b"x-key" in dict(scope["headers"]):
            await self.app(scope, receive, send)
        else:
            await PlainTextResponse("key?", status_code=401)(scope, receive, send)  # <gate:first>


class Minify(Middleware):
    """Makes the body shorter and leaves the length as it was."""

    async def handle(self, scope, receive, send) -> None:
        async def minify(message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": message.get("body", b"").replace(b" ", b"")}
            await send(message)

        await self.app(scope, receive, minify)


class Banner(Middleware):
    """Makes the body longer and leaves the length as it was."""

    async def handle(self, scope, receive, send) -> None:
        async def add_banner(message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": message.get("body", b"") + b"<p>closed on Monday</p>"}
            await send(message)

        await self.app(scope, receive, add_banner)


class Footer(Middleware):
    """Sends a last line after the end."""

    async def handle(self, scope, receive, send) -> None:
        await self.app(scope, receive, send)
        await send({"type": "http.response.body", "body": b"-- the shop"})  # <footer:late>


class Finish(Middleware):
    """Ends a body that the application left unfinished: legal."""

    async def handle(self, scope, receive, send) -> None:
        await self.app(scope, receive, send)
        await send({"type": "http.response.body", "body": b"."})


class Hints(Middleware):
    """Sends early hints if the server can: an informational response is no start."""

    async def handle(self, scope, receive, send) -> None:
        if "http.response.early_hint" in scope.get("extensions", {}):
            await send({"type": "http.response.early_hint", "links": [b"</style.css>; rel=preload"]})
        await self.app(scope, receive, send)
