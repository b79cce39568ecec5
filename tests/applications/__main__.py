"""Applications that people run, without respstart and with it: `python -m tests.applications [NAME ...]`.

What the client gets must be the same, respstart must not fail, and it must find exactly what is true, which is nearly always nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # as pytest does, so that the modules have one name

from environments import ROOT, Environment, NotMadeError
from respstart.testing.servers import free_port

HERE = Path(__file__).resolve().parent
PATIENCE = 90.0  # seconds until an application has opened its port
SETTLE = 1.5  # seconds in which a finding that nobody expects would have come
_TOKEN = re.compile(r'name="(csrf\w*)"[^>]*value="([^"]+)"')


class Client:
    """One user's browser: it keeps cookies, and fills the token of the last form into the next one."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._cookies: dict[str, str] = {}
        self._token = ""

    def ask(self, request: str) -> tuple[int, list[str]]:
        """Make a request, `"METHOD path [body]"`; returns the status and the names of the headers."""
        method, path, *body = request.split(" ", 2)
        headers = {"Accept": "text/html", "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, body[0].replace("{token}", self._token) if body else None, headers)
            response = connection.getresponse()
            page = response.read().decode("utf-8", "replace")
        for cookie in response.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        token = _TOKEN.search(page)
        if token is not None:
            self._token = "=".join(token.groups())
        return response.status, sorted({name.lower() for name in response.headers})


def run(python: Path, command: str, requests: list[str], *, traced: bool) -> tuple[list[tuple[int, list[str]]], list[str]]:
    """Start an application and ask it everything; returns the answers, and what was found or went wrong inside."""
    with tempfile.TemporaryDirectory(prefix="application-") as folder:
        port, file, log = free_port(), Path(folder) / "findings.jsonl", Path(folder) / "log"
        inner = Path(folder) / "its-own"
        inner.mkdir()
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("RESPSTART", "PYTHON"))}
        environment |= {"HOME": folder, "PYTHONDONTWRITEBYTECODE": "1", "RESPSTART_FILE": str(file), "RESPSTART_OUTPUT": "off"}
        argv = command.format(port=port, folder=inner, programs=HERE / "programs", token="{token}").split()
        with log.open("wb") as out:
            process = subprocess.Popen(
                [python, *argv], cwd=inner, env=environment | ({"RESPSTART": "1"} if traced else {}), stdin=subprocess.DEVNULL,
                stdout=out, stderr=subprocess.STDOUT,
            )  # fmt: skip
        try:
            _wait_for(port, process, log)
            client = Client(port)
            answers = [client.ask(request) for request in requests]
            time.sleep(SETTLE)
        finally:
            process.terminate()
            process.wait(30)
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        found = [json.loads(line) for line in lines]
        said = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if "RS901" in line]
    return answers, [f"{each['rule']} {each['request']['path']} {each['subject']}" for each in found] + said


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise NotMadeError("it did not start: " + log.read_text(encoding="utf-8", errors="replace")[-1000:])


def compare(name: str, row: dict) -> list[str]:
    """What is wrong with an application beside respstart; nothing, if all is well.

    Raises:
        NotMadeError: it could not be installed, or did not start.
    """
    environment = Environment.kept(f"application-{name}")
    environment.make("--editable", str(ROOT), *row["needs"])
    without, _ = run(environment.python, row["command"], row["requests"], traced=False)
    with_it, told = run(environment.python, row["command"], row["requests"], traced=True)
    differ = [f"{request}: {a} without, {b} with" for request, a, b in zip(row["requests"], without, with_it, strict=True) if a != b]
    return differ + ([f"found {told}, expected {row.get('findings', [])}"] if told != row.get("findings", []) else [])


def main() -> int:
    """Try them; the exit status is 1 when one of them differs, or something was found that is not true."""
    table = tomllib.loads((HERE / "applications.toml").read_text(encoding="utf-8"))
    parser = argparse.ArgumentParser(prog="python -m tests.applications", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(table)}; all of them without it")
    names = parser.parse_args().names
    if unknown := set(names) - table.keys():
        parser.error(f"no such applications: {', '.join(sorted(unknown))}")
    failed = 0
    for name in names or table:
        try:
            wrong = compare(name, table[name])
        except NotMadeError as error:
            wrong = [f"not installed, or not started: {error}"]
        print(f"{'DIFFERS' if wrong else 'SAME'} {name}: {len(table[name]['requests'])} requests", *wrong, sep="\n   ", flush=True)
        failed += bool(wrong)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
