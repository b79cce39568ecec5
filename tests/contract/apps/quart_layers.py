"""Middleware of the shop, in plain ASGI, around `app.asgi_app` or around the application itself: every habit, good and bad."""

from __future__ import annotations

import asyncio


class Middleware:
    """What all of them share: each answers for one prefix of the path, and takes it off."""

    prefix = ""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http" and scope["path"].startswith(self.prefix):
            await self.handle({**scope, "path": scope["path"].removeprefix(self.prefix)}, receive, send)
        else:
            await self.app(scope, receive, send)

    async def handle(self, scope, receive, send):
        await self.app(scope, receive, send)


class Run:
    """One run of the application, whose client stays until the answer is complete, and no longer."""

    def __init__(self, send):
        self.send = send
        self.asked = False
        self.over = asyncio.Event()

    async def receive(self):
        if not self.asked:
            self.asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.over.wait()
        return {"type": "http.disconnect"}

    async def pass_on(self, message):
        await self.send(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self.over.set()


class Audit(Middleware):
    """The outermost one: after the answer it checks the books, which fails when it is asked to."""

    async def handle(self, scope, receive, send):
        try:
            await self.app(scope, receive, send)
        finally:
            self.check(dict(scope["headers"]).get(b"x-audit"))

    def check(self, wish):
        if wish == b"refuse":
            raise LookupError("the books do not balance")  # <audit:late>


class Tag(Middleware):
    """Edits the start before it goes on: legal."""

    prefix = "/tag"

    async def handle(self, scope, receive, send):
        async def tagged(message):
            if message["type"] == "http.response.start":
                message["headers"].append((b"x-tag", b"shop"))
            await send(message)

        await self.app(scope, receive, tagged)


class LateStamp(Middleware):
    """Stamps the header list after it has passed it on."""

    prefix = "/stamp"

    async def handle(self, scope, receive, send):
        async def stamp(message):
            await send(message)
            if message["type"] == "http.response.start":
                message["headers"].append((b"x-stamp", b"late"))

        await self.app(scope, receive, stamp)


class Gate(Middleware):
    """Answers itself when the key is missing, then forgets to stop."""

    prefix = "/gate"

    async def handle(self, scope, receive, send):
        if b"x-key" not in dict(scope["headers"]):
            await send({"type": "http.response.start", "status": 401, "headers": []})  # <gate_plain:first> <gate_built:first>
            await send({"type": "http.response.body", "body": b"key?"})
        run = Run(send)
        await self.app(scope, run.receive, run.pass_on)


class CloseGate(Middleware):
    """The same, done right."""

    prefix = "/close_gate"

    async def handle(self, scope, receive, send):
        if b"x-key" not in dict(scope["headers"]):
            await send({"type": "http.response.start", "status": 401, "headers": []})  # <close_gate:first>
            await send({"type": "http.response.body", "body": b"key?"})
            return
        await self.app(scope, receive, send)


class CatchAll(Middleware):
    """Answers every exception, started or not."""

    prefix = "/catch"

    async def handle(self, scope, receive, send):
        try:
            await self.app(scope, receive, send)
        except Exception as error:
            headers = [(b"content-type", b"text/plain")]
            await send({"type": "http.response.start", "status": 500, "headers": headers})  # <catch_all:late>
            await send({"type": "http.response.body", "body": type(error).__name__.encode()})


class Limit(Middleware):
    """Gives up on the application, without a look at what it has sent."""

    prefix = "/limit"

    async def handle(self, scope, receive, send):
        try:
            await asyncio.wait_for(self.app(scope, receive, send), 0.3)
        except TimeoutError:
            await send({"type": "http.response.start", "status": 504, "headers": []})  # <limit:late> <slow_answer:first>
            await send({"type": "http.response.body", "body": b"too slow"})


class Retry(Middleware):
    """Runs the rest once more when the answer was a bad one, which has left already."""

    prefix = "/retry"

    async def handle(self, scope, receive, send):
        statuses = []

        async def watch(message):
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
            await send(message)

        run = Run(watch)
        await self.app(scope, run.receive, run.pass_on)
        if statuses[0] >= 500:
            run = Run(watch)
            await self.app(scope, run.receive, run.pass_on)  # <retry:late>


class PatientRetry(Middleware):
    """Holds each attempt back until it is known to be the one."""

    prefix = "/patient"

    async def handle(self, scope, receive, send):
        for _ in range(3):
            held = []

            async def hold(message, held=held):
                held.append(message)

            run = Run(hold)
            await self.app(scope, run.receive, run.pass_on)
            if held[0]["status"] < 500:
                break
        for message in held:
            await send(message)


class Buffer(Middleware):
    """Holds everything back, then sends it in one piece: legal."""

    prefix = "/buffer"

    async def handle(self, scope, receive, send):
        held = []

        async def hold(message):
            held.append(message)

        run = Run(hold)
        await self.app(scope, run.receive, run.pass_on)
        for message in held:
            await send(message)


class HideErrors(Middleware):
    """Replaces a bad answer before it has left: the first start is dropped here."""

    prefix = "/hide"

    async def handle(self, scope, receive, send):
        failed = False

        async def hide(message):
            nonlocal failed
            if message["type"] == "http.response.start" and message["status"] >= 500:
                failed = True
            if not failed:
                await send(message)

        run = Run(hide)
        await self.app(scope, run.receive, run.pass_on)
        if failed:
            await send({"type": "http.response.start", "status": 503, "headers": []})  # <hidden:first>
            await send({"type": "http.response.body", "body": b"come back later"})


# The first of them is the innermost.
INSIDE = (Retry, PatientRetry, Gate, CloseGate, CatchAll, Limit, Buffer, HideErrors)
