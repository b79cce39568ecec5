"""daphne: the server keeps the application and calls it with keywords."""

from __future__ import annotations

from respstart.integrations.rows import Dispatches, Integration, Serves

INTEGRATION = Integration(
    name="daphne",
    kind="server",
    packages=("daphne",),
    distribution="daphne",
    rows=(
        Serves("daphne.server:Server.__init__", "asgi", attribute="application"),
        Dispatches(("daphne.server:Server.create_application",)),
    ),
)
