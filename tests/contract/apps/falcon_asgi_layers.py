"""ASGI middleware around the Falcon shop, with its second starts."""

from __future__ import annotations


class Limit:
    """Refuses what it did not want, after it has been sent."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)
        await send({"type": "http.response.start", "status": 413, "headers": []})  # <refuse:late>


class Cascade:
    """Asks a second application if the first one has nothing, after that has been started."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        statuses = []

        async def watching(message):
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
            await send(message)

        await self.app(scope, receive, watching)
        if statuses == [404]:
            await fallback(scope, receive, send)


async def fallback(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})  # <fallback:late>
    await send({"type": "http.response.body", "body": b"found elsewhere"})


class Replay:
    """Asks the same application again if it is busy."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)
        await self.app(scope, self._again, send)  # <retry:late>

    async def _again(self):
        return {"type": "http.request", "body": b"", "more_body": False}
