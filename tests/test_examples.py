"""Each example on its real server, switched on by the environment alone, asked over a real socket."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

pytestmark = pytest.mark.once

EXAMPLES = Path(__file__).parents[1] / "examples"
PATIENCE = 30


class Example(NamedTuple):
    """How an example is asked, and what it gives; how it is started stands in its README."""

    folder: str
    method: str
    path: str
    body: str | None
    status: int
    lost: str | None
    finding: str
    late: str = "late"  # the marker of the late line


ALL = [
    Example("flask_chat", "POST", "/chat", "prompt=hello", 200, "set-cookie", "RS104 late-session"),
    Example("django_reports", "GET", "/reports/2026/03.csv", None, 200, "x-row-count", "RS101 late-header"),
    Example("fastapi_orders", "POST", "/orders/cup", None, 201, None, "RS404 error-in-background"),
    Example("raw_asgi_race", "GET", "/prices/teapot", None, 200, None, "RS203 racing-answers"),
    Example("flask_invoice", "GET", "/invoices/2041.txt", None, 200, None, "RS302 length-mismatch", late="first"),
    Example("django_export", "GET", "/customers.csv", None, 200, None, "RS401 error-after-start"),
    Example("fastapi_login", "POST", "/login", "name=ada&password=only+an+example", 303, "set-cookie", "RS106 shadowed-response"),
    Example("aiohttp_upload", "POST", "/uploads", "hello", 200, None, "RS204 second-head-in-body"),
]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def server_command(readme, port):
    """The command of the README, with this Python and this port."""
    command = re.search(r"^\$ RESPSTART=1 (?:python -m )?(.+)$", readme, re.MULTILINE)[1]
    return [sys.executable, "-m", *command.replace("8000", str(port)).replace("waitress-serve", "waitress").split()]


@contextlib.contextmanager
def running(command, folder, environment, log):
    """The server, accepting connections; terminated at the end."""
    port = int(re.search(r"\b\d{4,5}\b", " ".join(command[3:]))[0])
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE)


def asked(port, example):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if example.body else {}
    connection.request(example.method, example.path, example.body, headers)
    with contextlib.closing(connection), connection.getresponse() as response:
        with contextlib.suppress(http.client.IncompleteRead):
            response.read()
        return response


def marked(folder, marker):
    """File and line of the only comment `# <marker>` in an example."""
    ((file, line),) = [
        (str(file.resolve()), number)
        for file in folder.rglob("*.py")
        for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if text.endswith(f"# <{marker}>")
    ]
    return file, line


def place(writer):
    return writer["file"], writer["line"]


@pytest.mark.parametrize("example", ALL, ids=lambda example: example.folder)
def test_example_gives_the_finding_of_its_readme(example, tmp_path):
    """Status on the wire, nothing of what came late, and one finding that names both lines."""
    folder, report = EXAMPLES / example.folder, tmp_path / "findings.jsonl"
    readme = (folder / "README.md").read_text(encoding="utf-8")
    environment = {
        **os.environ, "RESPSTART": "1", "RESPSTART_FILE": str(report), "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1",
    }

    with running(server_command(readme, free_port()), folder, environment, tmp_path / "log") as port:
        response = asked(port, example)

    assert response.status == example.status
    assert example.lost not in {name.lower() for name in response.headers}
    log = (tmp_path / "log").read_text(encoding="utf-8")
    assert report.exists(), log
    (finding,) = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    assert f"{finding['rule']} {finding['name']}" == example.finding
    assert place(finding["first_writer"]) == marked(folder, "first")
    assert place(finding["late_writer"]) == marked(folder, example.late)
    assert example.finding in readme
    assert f"respstart {example.finding}" in log
