"""asgiref: bridges between WSGI and ASGI, synchronous and asynchronous code, and the in-process client of Channels and Django."""

from __future__ import annotations

from respstart.integrations.rows import Crosses, Dispatches, Integration, Sends, Serves

INTEGRATION = Integration(
    name="asgiref",
    kind="server",
    packages=(),
    distribution="asgiref",
    rows=(
        Serves("asgiref.testing:ApplicationCommunicator.__init__", "asgi", attribute="application"),
        Serves("asgiref.wsgi:WsgiToAsgiInstance.__init__", "wsgi", argument=1, bridge=True),
        Dispatches(("asgiref.wsgi:WsgiToAsgiInstance.__call__",)),
        Crosses("asgiref.sync:SyncToAsync.__call__"),
        Crosses("asgiref.sync:AsyncToSync.__call__"),
        Sends(("asgiref.sync:AsyncToSync.__call__", "asgiref.sync:AsyncToSync.main_wrap")),
    ),
)
