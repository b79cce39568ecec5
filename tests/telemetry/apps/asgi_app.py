"""A plain ASGI application in OpenTelemetry's middleware, which believes the last start."""

from contextlib import suppress

from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from sdk import set_up, switch_on_at_last

set_up()


async def shop(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})  # <twice:first>
    if scope["path"] == "/twice":
        with suppress(RuntimeError):
            await send({"type": "http.response.start", "status": 500, "headers": []})  # <twice:late>
    await send({"type": "http.response.body", "body": b"goods"})


app = OpenTelemetryMiddleware(shop)
switch_on_at_last()
