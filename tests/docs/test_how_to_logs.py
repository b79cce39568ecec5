"""The pages about logs and about Sentry: their applications run on a real server, and their outputs are what comes out."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import sys
import time
from pathlib import Path

import pytest

from test_examples import PATIENCE, free_port, running

pytestmark = pytest.mark.once

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
BLOCK = re.compile(r"<!-- (file|command|output): (.+?) -->\n```\w+\n(.*?)```", re.DOTALL)


def blocks(page):
    """The marked blocks of a page, as {(kind, name): text}."""
    return {(kind, name): text for kind, name, text in BLOCK.findall((HOW_TO / page).read_text(encoding="utf-8"))}


def same(text):
    """What does not depend on the moment, on the folder and on the version of the server."""
    return re.sub(r"\d+\.\d ms", "some ms", re.sub(r"\w+_impl\.py:\d+", "server.py:1", text))


@pytest.fixture
def log_of(tmp_path):
    """Runs a command of a page beside all files of the pages, asks for the export, and gives the log once it has the last words."""
    for page in ("logging.md", "sentry.md"):
        for (kind, name), text in blocks(page).items():
            if kind == "file":
                (tmp_path / name).write_text(text, encoding="utf-8")

    def log_of(page, command, last_words):
        settings, module, *arguments = re.fullmatch(r"\$ ((?:[A-Z_]+=\w+ )+)(uvicorn) (.*)\n", blocks(page)["command", command]).groups()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RESPSTART")}
        environment |= dict(setting.split("=") for setting in settings.split())
        log = tmp_path / "log"
        port = free_port()
        with running([sys.executable, "-m", module, *" ".join(arguments).split(), "--port", str(port)], tmp_path, environment, log):
            ask(port)
            deadline = time.monotonic() + PATIENCE
            while last_words not in log.read_text(encoding="utf-8") and time.monotonic() < deadline:
                time.sleep(0.05)
        return log.read_text(encoding="utf-8").replace(str(tmp_path), "/srv/shop")

    return log_of


def ask(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", "/orders.csv", headers={"X-Request-ID": "4f1c"})
    with contextlib.suppress(http.client.HTTPException):  # it is cut
        connection.getresponse().read()
    connection.close()


def lines(text, start):
    return [line for line in same(text).splitlines() if line.startswith(start)]


def test_logging(log_of):
    page = blocks("logging.md")
    text = log_of("logging.md", "logging", "respstart explain RS401")
    assert lines(text, "ERROR respstart ") == lines(page["output", "logging respstart"], "ERROR")
    assert lines(text, "ERROR uvicorn.error ")[:1] == lines(page["output", "logging uvicorn.error"], "ERROR")
    assert same(page["output", "note"]) in same(text)


def test_structlog(log_of):
    text = log_of("logging.md", "structlog", "Exception in ASGI application")
    events = [json.loads(line) for line in lines(text, "{") if '"level": "error"' in line]
    shown = [json.loads(line) for line in blocks("logging.md")["output", "structlog"].splitlines()]
    assert [{key: event[key] for key in told} for event, told in zip(events, shown, strict=True)] == shown


def test_sentry(log_of):
    page = blocks("sentry.md")
    text = same(log_of("sentry.md", "sentry", "respstart explain RS401").partition("Uvicorn running")[2])
    assert same(page["output", "lost"]) in text
    assert page["output", "late"] in text
