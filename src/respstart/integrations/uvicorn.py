"""uvicorn: two request cycles without a common base, each given the application for one request."""

from __future__ import annotations

from respstart.integrations.rows import Dispatches, Integration, Serves

INTEGRATION = Integration(
    name="uvicorn",
    kind="server",
    packages=("uvicorn",),
    distribution="uvicorn",
    rows=(
        Serves("uvicorn.protocols.http.h11_impl:RequestResponseCycle.run_asgi", "asgi", argument=1, each_call=True),
        Serves("uvicorn.protocols.http.httptools_impl:RequestResponseCycle.run_asgi", "asgi", argument=1, each_call=True),
        Serves("uvicorn.middleware.wsgi:WSGIResponder.__init__", "wsgi", argument=1, bridge=True),
        Dispatches(
            (
                "uvicorn.protocols.http.h11_impl:RequestResponseCycle.run_asgi",
                "uvicorn.protocols.http.httptools_impl:RequestResponseCycle.run_asgi",
                "uvicorn.middleware.proxy_headers:ProxyHeadersMiddleware.__call__",
            )
        ),
    ),
)
