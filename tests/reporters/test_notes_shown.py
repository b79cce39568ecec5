"""Where the note on an exception is seen: each tool itself, given an exception that really came too late."""

from __future__ import annotations

import io
import json
import logging
import re
import subprocess
import sys
import textwrap
import traceback

import pytest
import structlog
from rich.console import Console
from rich.traceback import Traceback
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient
from werkzeug.debug import DebuggedApplication
from werkzeug.test import Client

import victims
from programs import environment

LINES = victims.NOTE, "  RS201 second-start: a second response was started ", "  respstart explain RS201"


@pytest.fixture
def victim():
    return victims.victim()


def shows(text):
    """Whether a text has the whole note, however it colours and breaks its lines."""
    flat = re.sub(r"\x1b\[[\d;]*m|\s+", "", text)
    return all(re.sub(r"\s+", "", line) in flat for line in LINES)


def test_traceback(victim):
    assert shows("".join(traceback.format_exception(victim)))


def test_logging(victim):
    output = io.StringIO()
    handler = logging.StreamHandler(output)
    handler.handle(logging.LogRecord("shop", logging.ERROR, "shop.py", 1, "too late", (), (type(victim), victim, victim.__traceback__)))
    assert shows(output.getvalue())


@pytest.mark.parametrize(
    "formatter", [structlog.dev.plain_traceback, structlog.dev.RichTracebackFormatter(width=200), structlog.dev.rich_traceback], ids=["plain", "rich", "narrow"]
)
def test_the_console_renderer_of_structlog(victim, formatter):
    render = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=formatter)
    assert shows(structlog.wrap_logger(structlog.ReturnLogger(), [render]).error("too late", exc_info=victim))


def test_structured_exceptions_of_structlog(victim):
    logger = structlog.wrap_logger(structlog.ReturnLogger(), [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()])
    (error,) = json.loads(logger.error("too late", exc_info=victim))["exception"]
    (note,) = error["exc_notes"]
    assert shows(note)


def test_text_exceptions_of_structlog(victim):
    logger = structlog.wrap_logger(structlog.ReturnLogger(), [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()])
    assert shows(json.loads(logger.error("too late", exc_info=victim))["exception"])


def test_rich(victim):
    console = Console(file=io.StringIO(), width=200)
    console.print(Traceback.from_exception(type(victim), victim, victim.__traceback__))
    assert shows(console.file.getvalue())


def test_opentelemetry_has_it_in_the_stack_trace_and_not_in_the_message(victim):
    from opentelemetry.sdk.trace import TracerProvider

    with TracerProvider().get_tracer("shop").start_as_current_span("request") as span:
        span.record_exception(victim)
    (event,) = span.events
    assert shows(event.attributes["exception.stacktrace"])
    assert "respstart" not in event.attributes["exception.message"]


def test_the_debugger_of_werkzeug(victim):
    def app(environ, start_response):
        raise victim

    errors = io.StringIO()
    response = Client(DebuggedApplication(app)).get("/", errors_stream=errors)
    assert response.status_code == 500
    assert shows(response.text)
    assert shows(errors.getvalue())


@pytest.mark.parametrize(("accept", "shown"), [("text/plain", True), ("text/html", False)])  # its HTML has the message alone
def test_the_debug_page_of_starlette(victim, accept, shown):
    def page(request):
        raise victim

    client = TestClient(Starlette(debug=True, routes=[Route("/", page)]), raise_server_exceptions=False)
    response = client.get("/", headers={"accept": accept})
    assert response.status_code == 500
    assert accept in response.headers["content-type"]
    assert "Unexpected ASGI message" in response.text
    assert shows(response.text) == shown


DJANGO = """
import sys
import django, victims
from django.conf import settings
settings.configure(DEBUG=True, ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="none", LOGGING_CONFIG=None)
django.setup()
from django.test import Client
from django.urls import path
def page(request):
    raise victims.victim()
urlpatterns = [path("", page)]
print(Client(raise_request_exception=False).get("/", headers={"accept": sys.argv[1]}).content.decode())
"""


@pytest.mark.parametrize("accept", ["text/html", "text/plain"])
def test_the_debug_page_of_django(accept):
    done = subprocess.run([sys.executable, "-c", DJANGO, accept], capture_output=True, text=True, check=True, env=environment())
    assert ("<html" in done.stdout) == (accept == "text/html")
    assert shows(done.stdout)


SUITE = """
import pytest, respstart
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

async def orders(request):
    async def rows():
        yield "one"
        raise KeyError("two")
    return StreamingResponse(rows())

def test_orders():
    with respstart.tracing(output="off", otel="off"):
        TestClient(Starlette(routes=[Route("/", orders)])).get("/")
"""
NOTE = "respstart: the response was started by {}:12 in orders"


@pytest.mark.parametrize(
    ("form", "shown"), [("auto", True), ("long", True), ("short", True), ("native", True), ("line", True), ("no", False)]
)
def test_pytest(tmp_path, form, shown):
    suite = tmp_path / "test_suite.py"
    suite.write_text(textwrap.dedent(SUITE), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--tb={form}", "--rootdir", tmp_path, suite]
    chosen = environment(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=chosen)
    assert "1 failed" in done.stdout, done.stdout + done.stderr
    assert (NOTE.format(suite) in done.stdout) == shown, done.stdout
