"""asgiref: its bridges between synchronous and asynchronous code, and the in-process client that Channels' and Django's build on."""

from __future__ import annotations

from respstart.integrations.rows import Crosses, Integration, Sends, Serves

INTEGRATION = Integration(
    name="asgiref",
    kind="server",
    packages=(),
    distribution="asgiref",
    rows=(
        Serves("asgiref.testing:ApplicationCommunicator.__init__", "asgi", attribute="application"),
        Crosses("asgiref.sync:SyncToAsync.__call__"),
        Crosses("asgiref.sync:AsyncToSync.__call__"),
        Sends(("asgiref.sync:AsyncToSync.__call__", "asgiref.sync:AsyncToSync.main_wrap")),
    ),
)
