"""asgiref: its bridge for WSGI applications, with an object for one request."""

from __future__ import annotations

from respstart.integrations.rows import Dispatches, Integration, Serves

INTEGRATION = Integration(
    name="asgiref",
    kind="server",
    packages=(),
    distribution="asgiref",
    rows=(
        Serves("asgiref.wsgi:WsgiToAsgiInstance.__init__", "wsgi", argument=1, bridge=True),
        Dispatches(("asgiref.wsgi:WsgiToAsgiInstance.__call__",)),
    ),
)
