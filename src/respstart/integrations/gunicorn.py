"""gunicorn: every worker keeps the application that it loaded, often before our hooks are in place."""

from __future__ import annotations

from respstart.integrations.rows import Dispatches, Integration, Serves

INTEGRATION = Integration(
    name="gunicorn",
    kind="server",
    packages=("gunicorn",),
    distribution="gunicorn",
    rows=(
        Serves("gunicorn.workers.sync:SyncWorker.handle_request", "wsgi", attribute="wsgi", each_call=True),
        Serves("gunicorn.workers.gthread:ThreadWorker.handle_request", "wsgi", attribute="wsgi", each_call=True),
        Serves("gunicorn.workers.base_async:AsyncWorker.handle_request", "wsgi", attribute="wsgi", each_call=True),
        Serves("gunicorn.asgi.protocol:ASGIProtocol.__init__", "asgi", attribute="app"),
        Dispatches(
            (
                "gunicorn.workers.sync:SyncWorker.handle_request",
                "gunicorn.workers.gthread:ThreadWorker.handle_request",
                "gunicorn.workers.base_async:AsyncWorker.handle_request",
                "gunicorn.asgi.protocol:ASGIProtocol._handle_http_request",
            )
        ),
    ),
)
