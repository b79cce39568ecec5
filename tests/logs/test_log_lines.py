"""The log lines of real servers and frameworks about what came too late name the first writer; no other line does."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from respstart.testing import SERVERS, Application, serve

pytestmark = pytest.mark.once

APPS = Path(__file__).parent / "apps"
PATIENCE = 5.0  # seconds until a line must be in the log


def lines_of(running, enough):
    """What was logged, as (logger, level, first writer, message), once `enough` says so or the time is over."""
    deadline = time.monotonic() + PATIENCE
    while True:
        text = running.log.read_text(encoding="utf-8")
        lines = [tuple(line.removeprefix("LOGGED ").split("|", 3)) for line in text.splitlines() if line.startswith("LOGGED ")]
        if enough(lines) or time.monotonic() > deadline:
            return lines
        time.sleep(0.05)


def place(application, mark):
    """The line of the application that a scenario marks as its first writer, as log lines tell it."""
    ((file, line),) = application.marked(f"{mark}:first")
    return f"{file}:{line} "


def errors(lines, logger):
    return [(writer, message) for name, level, writer, message in lines if name == logger and level == "ERROR"]


@pytest.mark.parametrize(
    ("server", "module", "logger", "said"),
    [
        ("gunicorn-sync", "flask_app", "gunicorn.error", "Error handling request"),
        ("waitress", "flask_app", "waitress", "Exception while serving"),
        ("gunicorn-sync", "django_app", "gunicorn.error", "Error handling request"),
        ("uvicorn-h11", "raw_app", "uvicorn.error", "Exception in ASGI application"),
        ("hypercorn", "raw_app", "hypercorn.error", "Error in ASGI Framework"),
        ("daphne", "raw_app", "daphne.server", "Exception inside application"),
        ("own", "aiohttp_app", "aiohttp.server", "Error handling request"),
        ("own", "tornado_app", "tornado.application", "Uncaught exception"),
    ],
)
def test_the_line_about_the_late_exception_names_the_first_writer_and_no_other_line_does(server, module, logger, said):
    if missing := SERVERS[server].missing():
        pytest.skip(f"{', '.join(missing)} is not installed")
    application = Application(APPS, module)
    with serve(server, application) as running:
        running.ask("/before")
        running.ask("/stream")
        lines = lines_of(running, lambda lines: any(writer for writer, _ in errors(lines, logger)))
    named = [(name, writer, message) for name, _, writer, message in lines if writer]
    ((name, writer, message),) = named
    assert name == logger
    assert said in message
    assert writer.startswith(place(application, "stream"))
    assert any("before" in message or level == "ERROR" for _, level, writer, message in lines if not writer)


@pytest.mark.parametrize(("server", "module"), [("werkzeug", "flask_app"), ("wsgiref", "flask_app"), ("runserver", "django_app")])
def test_servers_that_print_the_traceback_themselves_print_the_note(server, module):
    application = Application(APPS, module)
    note = f"respstart: the response was started by {place(application, 'stream')}in stream"
    with serve(server, application) as running:
        running.ask("/before")
        running.ask("/stream")
        lines_of(running, lambda _: note in running.log.read_text(encoding="utf-8"))
        text = running.log.read_text(encoding="utf-8")
    assert text.count("KeyError: 'two'\n" + note) == 1
    assert text.count("respstart: ") == 1


def test_a_refused_second_start_and_one_in_a_task_that_nobody_waits_for():
    application = Application(APPS, "raw_app")
    with serve("uvicorn-h11", application) as running:
        running.ask("/second")
        running.ask("/task")
        lines = lines_of(running, lambda lines: errors(lines, "uvicorn.error") and errors(lines, "asyncio"))
    for logger, mark in (("uvicorn.error", "second"), ("asyncio", "task")):
        ((writer, _),) = errors(lines, logger)
        assert writer.startswith(place(application, mark))


def test_of_what_an_application_logs_itself_only_the_late_write_is_told():
    application = Application(APPS, "flask_app")
    with serve("gunicorn-sync", application) as running:
        assert running.ask("/caught").body.endswith(b"two")
        lines = lines_of(running, lambda lines: len(errors(lines, "flask_app")) == 2)
    (late, other) = errors(lines, "flask_app")
    assert late[0].startswith(place(application, "caught"))
    assert late[1] == "no second answer"
    assert other == ("", "no price")


def test_lines_of_others_in_a_formatter_of_structlog():
    application = Application(APPS, "structlog_app")
    with serve("uvicorn-h11", application) as running:
        running.ask("/before")
        running.ask("/stream")
        deadline = time.monotonic() + PATIENCE
        while (text := running.log.read_text(encoding="utf-8")).count("Exception in ASGI") < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
    before, late = [json.loads(line) for line in text.splitlines() if "Exception in ASGI" in line and line.startswith("{")]
    assert "first_writer" not in before
    assert late["logger"] == "uvicorn.error"
    assert late["first_writer"].startswith(place(Application(APPS, "raw_app"), "stream"))
    assert late["exception"][0]["exc_notes"][0].startswith("respstart: the response was started by ")
