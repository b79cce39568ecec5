"""gunicorn: every worker keeps the application that it loaded; the ASGI worker under another name."""

from __future__ import annotations

from respstart.integrations.rows import Dispatches, Integration, Serves

INTEGRATION = Integration(
    name="gunicorn",
    kind="server",
    packages=("gunicorn",),
    distribution="gunicorn",
    rows=(
        Serves("gunicorn.workers.base:Worker.load_wsgi", "wsgi", attribute="wsgi"),
        Serves("gunicorn.workers.gasgi:ASGIWorker.load_wsgi", "asgi", attribute="asgi"),
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
