"""hypercorn: its wrappers of ASGI and WSGI applications keep the application."""

from __future__ import annotations

from respstart.integrations.rows import Dispatches, Integration, Serves
from respstart.model import Habits

INTEGRATION = Integration(
    name="hypercorn",
    kind="server",
    packages=("hypercorn",),
    distribution="hypercorn",
    limits=(
        "Before 0.18 an exception of a WSGI application between its start and its first chunk is not seen: the head has left early.",
    ),
    rows=(
        Serves("hypercorn.app_wrappers:ASGIWrapper.__init__", "asgi", attribute="app"),
        Serves("hypercorn.app_wrappers:WSGIWrapper.__init__", "wsgi", attribute="app", habits=Habits(replaces=True)),
        Dispatches(("hypercorn.app_wrappers:ASGIWrapper.__call__", "hypercorn.app_wrappers:WSGIWrapper.run_app")),
    ),
)
