"""waitress: `start_response` is a closure, so the application is wrapped where the server keeps it."""

from __future__ import annotations

from respstart.integrations.rows import Dispatches, Integration, Serves

INTEGRATION = Integration(
    name="waitress",
    kind="server",
    packages=("waitress",),
    distribution="waitress",
    rows=(
        Serves("waitress.server:BaseWSGIServer.__init__", "wsgi", attribute="application"),
        Dispatches(("waitress.task:WSGITask.execute", "waitress.task:Task.service")),
    ),
)
