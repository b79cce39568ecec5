"""The same beneath a real server with a client that keeps its connections: what the server's process uses for a request, CPU or instructions.

Not requests per second: those tell of the client and of whatever else the machine does.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from benchmarks.applications import ASGI, PROTOCOLS, application
from benchmarks.counter import callgrind, counter, dumping, start_counting, stay_on_one_processor
from benchmarks.load import ask, free_port, load, wait_for
from benchmarks.peers import switch_on
from benchmarks.worker import ROOT, Costs, environment

SERVERS = {"starlette": "uvicorn", "fastapi": "uvicorn", "flask": "gunicorn", "django": "gunicorn"}
_CHOICE = "RESPSTART_BENCHMARK"  # tells a server's process its framework and variant
_WARM_UP = 100  # requests


class Servers:
    """A server for each variant of an application, all of them alive at once; to be left like a file. `counting` is one of COUNTINGS."""

    def __init__(self, framework: str, variants: Iterable[str], counting: str = "process") -> None:
        self._servers: dict[str, tuple[int, subprocess.Popen[bytes]]] = {}
        self._folder = tempfile.TemporaryDirectory()
        self._exactly = counting == "callgrind"
        self._forks = SERVERS[framework] == "gunicorn"  # where it forks, counting cannot be switched on later
        for variant in variants:
            port = free_port()
            dumps = Path(self._folder.name, str(port)) if self._exactly else None
            command = {
                "uvicorn": ["uvicorn", "--factory", "benchmarks.servers:serve", "--port", str(port), "--log-level", "critical"],
                "gunicorn": ["gunicorn", "benchmarks.servers:serve()", "--bind", f"127.0.0.1:{port}", "--threads", "4", "--timeout", "600", "--log-level", "critical"],
            }[SERVERS[framework]]
            chosen = {**environment(), _CHOICE: f"{framework},{variant},{dumps or ''}"}
            command = [*(callgrind(Path(f"{dumps}.%p"), at_once=self._forks) if dumps else []), sys.executable, "-W", "ignore", "-m", *command]
            self._servers[variant] = port, subprocess.Popen(command, cwd=ROOT, env=chosen, stdin=subprocess.DEVNULL)

    def __enter__(self) -> Self:
        for port, _ in self._servers.values():
            wait_for(port)
            process, _ = _used(port)
            if self._exactly and not self._forks:
                start_counting(process)
        return self

    def __exit__(self, *failure: object) -> None:
        for _, process in self._servers.values():
            process.terminate()
        for _, process in self._servers.values():
            process.wait(30)
        self._folder.cleanup()

    def costs(self, path: str, rounds: int, requests: int) -> Costs:
        """What a request for `path` costs the server with each variant, in rounds of shuffled order."""
        found: Costs = {variant: [] for variant in self._servers}
        for port, _ in self._servers.values():
            load(port, [path], _WARM_UP)
        for _ in range(rounds):
            for variant in random.sample(list(found), len(found)):
                port, _ = self._servers[variant]
                _, before = _used(port)
                load(port, [path], requests)
                _, after = _used(port)
                found[variant].append((after - before) / requests)
        return found


def _used(port: int) -> tuple[int, float]:
    """The id of the process that answers, and what it has used until now."""
    process, used = ask(port, "/used").split()
    return int(process), float(used)


def serve() -> object:
    """The application of a server's process, which also answers `/used`."""
    framework, variant, dumps = os.environ.pop(_CHOICE).split(",")
    app = switch_on(variant, framework)(application(framework))
    stay_on_one_processor()
    used = dumping(Path(dumps)) if dumps else counter()[1]
    return _tells_asgi(app, used) if PROTOCOLS[framework] == ASGI else _tells_wsgi(app, used)


def _tells_asgi(app, used):
    async def telling(scope, receive, send):
        if scope.get("path") != "/used":
            await app(scope, receive, send)
            return
        answer = f"{os.getpid()} {used()}".encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(answer)).encode())]})
        await send({"type": "http.response.body", "body": answer})

    return telling


def _tells_wsgi(app, used):
    def telling(environ, start_response):
        if environ["PATH_INFO"] != "/used":
            return app(environ, start_response)
        answer = f"{os.getpid()} {used()}".encode()
        start_response("200 OK", [("Content-Length", str(len(answer)))])
        return [answer]

    return telling
