"""cheroot, and with it CherryPy's and web.py's own servers: the application is wrapped where the server keeps it."""

from __future__ import annotations

from respstart.integrations.rows import Dispatches, Integration, Serves
from respstart.model import Habits

INTEGRATION = Integration(
    name="cheroot",
    kind="server",
    packages=("cheroot",),
    distribution="cheroot",
    rows=(
        Serves("cheroot.server:HTTPServer.prepare", "wsgi", attribute="wsgi_app", each_call=True, habits=Habits(sends_anyway=True)),
        Dispatches(("cheroot.wsgi:Gateway.respond", "cheroot.wsgi:PathInfoDispatcher.__call__")),
    ),
)
