"""a2wsgi: bridges in both directions, each with an object for one request."""

from __future__ import annotations

from respstart.integrations.rows import Dispatches, Integration, Serves

INTEGRATION = Integration(
    name="a2wsgi",
    kind="server",
    packages=("a2wsgi",),
    distribution="a2wsgi",
    rows=(
        Serves("a2wsgi.wsgi:WSGIResponder.__init__", "wsgi", argument=1, bridge=True),
        Serves("a2wsgi.asgi:ASGIResponder.__init__", "asgi", argument=1, bridge=True),
        Dispatches(("a2wsgi.wsgi:WSGIResponder.wsgi", "a2wsgi.wsgi:WSGIResponder.__call__")),
    ),
)
