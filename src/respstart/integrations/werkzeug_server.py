"""The werkzeug development server: `start_response` is a closure, so the application is wrapped where the server keeps it."""

from __future__ import annotations

from respstart.integrations.rows import Dispatches, Integration, Serves
from respstart.model import Habits

INTEGRATION = Integration(
    name="werkzeug",
    kind="server",
    packages=("werkzeug",),
    distribution="werkzeug",
    rows=(
        Serves("werkzeug.serving:BaseWSGIServer.__init__", "wsgi", attribute="app", habits=Habits(keeps_list=True)),
        Dispatches(
            (
                "werkzeug.serving:WSGIRequestHandler.run_wsgi",
                "werkzeug.serving:WSGIRequestHandler.run_wsgi.<locals>.execute",
            )
        ),
    ),
)
