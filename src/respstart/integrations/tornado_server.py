"""Tornado's server for WSGI applications: `start_response` is a closure, so the application is wrapped where the container keeps it."""

from __future__ import annotations

from respstart.integrations.rows import Dispatches, Integration, Serves
from respstart.model import Habits

HABITS = Habits(open_until="end", keeps_list=True, replaces=True)

INTEGRATION = Integration(
    name="tornado",
    kind="server",
    packages=("tornado",),
    distribution="tornado",
    rows=(
        Serves("tornado.wsgi:WSGIContainer.__init__", "wsgi", attribute="wsgi_application", habits=HABITS),
        Dispatches(
            (
                "tornado.wsgi:WSGIContainer.handle_request",
                "tornado.wsgi:WSGIContainer.handle_request.<locals>.next_chunk",
            )
        ),
    ),
)
