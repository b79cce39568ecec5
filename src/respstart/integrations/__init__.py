"""One table per framework or server, and the registry of their names. A table imports its row kinds and `model`, nothing else."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points

from respstart.integrations.rows import Integration

SERVERS = (
    "wsgiref",
    "werkzeug_server",
    "gunicorn",
    "waitress",
    "cheroot",
    "tornado_server",
    "granian",
    "uvicorn",
    "hypercorn",
    "daphne",
    "httpx",
    "a2wsgi",
    "asgiref",
)
FRAMEWORKS = (
    "werkzeug",
    "flask",
    "django",
    "starlette",
    "fastapi",
    "ninja",
    "sse_starlette",
    "beaker",
    "channels",
    "falcon",
    "aiohttp",
    "tornado",
    "sanic",
    "litestar",
    "quart",
    "bottle",
    "cherrypy",
    "webpy",
    "webob",
    "pyramid",
)
# Neither, but it tells of requests.
TELEMETRY = ("opentelemetry",)
NAMES = (*SERVERS, *FRAMEWORKS, *TELEMETRY)

# Not a framework: applied when a finding comes from another thread or task, or on request.
ON_DEMAND = ("concurrency",)

ENTRY_POINT_GROUP = "respstart.integrations"


def load(name: str) -> Integration:
    """The table of one of NAMES or ON_DEMAND. Raises ModuleNotFoundError for any other name."""
    table: Integration = import_module(f"respstart.integrations.{name}").INTEGRATION
    return table


def load_all() -> list[Integration]:
    """All tables: ours, then those that other packages offer as entry points `respstart.integrations`."""
    tables = [load(name) for name in NAMES]
    tables += [point.load() for point in entry_points(group=ENTRY_POINT_GROUP)]
    return tables
