"""httpx: its transports call an application in-process; `transport.app` is public, so a copy of the transport is used.

No package is named here: httpx is the user's client far more often than a server.
"""

from __future__ import annotations

from respstart.integrations.rows import Dispatches, Integration, Serves

INTEGRATION = Integration(
    name="httpx transport",
    kind="server",
    packages=(),
    distribution="httpx",
    rows=(
        Serves("httpx._transports.asgi:ASGITransport.handle_async_request", "asgi", attribute="app", on_copy=True),
        Serves("httpx._transports.wsgi:WSGITransport.handle_request", "wsgi", attribute="app", on_copy=True),
        Dispatches(("httpx._transports.asgi:ASGITransport.handle_async_request", "httpx._transports.wsgi:WSGITransport.handle_request")),
    ),
)
