"""wsgiref, and with it Django's runserver: both are given the application for each request."""

from __future__ import annotations

from respstart.integrations.rows import Dispatches, Integration, Serves
from respstart.model import Habits

INTEGRATION = Integration(
    name="wsgiref",
    kind="server",
    packages=(),
    rows=(
        Serves("wsgiref.handlers:BaseHandler.run", "wsgi", argument=1, habits=Habits(keeps_list=True, hides_cuts=True)),
        Dispatches(("wsgiref.handlers:BaseHandler.run",)),
    ),
)
