"""httpx and httpx2: their transports call an application in-process; `transport.app` is public, so a copy of the transport is used.

No package is named here: httpx is the user's client far more often than a server.
"""

from __future__ import annotations

from respstart.integrations.rows import Dispatches, Integration, Serves

_ASGI = tuple(f"{package}._transports.asgi:ASGITransport.handle_async_request" for package in ("httpx", "httpx2"))
_WSGI = tuple(f"{package}._transports.wsgi:WSGITransport.handle_request" for package in ("httpx", "httpx2"))

INTEGRATION = Integration(
    name="httpx transport",
    kind="server",
    packages=(),
    distribution="httpx",
    rows=(
        *(Serves(site, "asgi", attribute="app", on_copy=True) for site in _ASGI),
        *(Serves(site, "wsgi", attribute="app", on_copy=True) for site in _WSGI),
        Dispatches((*_ASGI, *_WSGI)),
    ),
)
