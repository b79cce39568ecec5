"""httpx and httpx2: their transports call an application in-process; `transport.app` is public, so a copy of the transport is used.

No package is named here: httpx is the user's client far more often than a server.
"""

from __future__ import annotations

from respstart.integrations.rows import Dispatches, Integration, Serves

PACKAGES = ("httpx", "httpx2")

INTEGRATION = Integration(
    name="httpx transport",
    kind="server",
    packages=(),
    distribution="httpx",
    rows=(
        *(Serves(f"{package}._transports.asgi:ASGITransport.handle_async_request", "asgi", attribute="app", on_copy=True) for package in PACKAGES),
        *(Serves(f"{package}._transports.wsgi:WSGITransport.handle_request", "wsgi", attribute="app", on_copy=True) for package in PACKAGES),
        Dispatches(
            (
                *(f"{package}._transports.asgi:ASGITransport.handle_async_request" for package in PACKAGES),
                *(f"{package}._transports.wsgi:WSGITransport.handle_request" for package in PACKAGES),
            )
        ),
    ),
)
