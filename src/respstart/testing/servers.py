"""Real servers in subprocesses, with respstart switched on by the environment, and what it wrote about each request."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from respstart.testing import client
from respstart.testing.client import Response
from respstart.testing.scenarios import Application, Scenario

PATIENCE = 30.0  # seconds until a server has opened its port
FOUND_WITHIN = 2.0  # seconds until an expected finding must be in the file
SETTLE = 0.5  # seconds in which a finding that nobody expects would have come


@dataclass(frozen=True)
class Server:
    """How a server is started: what follows `python -m`, with `{app}`, `{module}` and `{port}`, and the modules that it needs."""

    command: str
    needs: tuple[str, ...]

    def argv(self, module: str, port: int) -> list[str]:
        """The whole command line."""
        return [sys.executable, "-m", *self.command.format(app=f"{module}:app", module=module, port=port).split()]

    def missing(self) -> list[str]:
        """The modules that it needs and that are not installed here."""
        return [name for name in self.needs if not _is_installed(name)]


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # the package around it
        return False


_GUNICORN = "gunicorn --bind 127.0.0.1:{port} --graceful-timeout 1 {app} --worker-class"
_AIOHTTP = _GUNICORN.replace("{app}", "{module}:make_app()")
_UVICORN = "uvicorn --host 127.0.0.1 --port {port} --timeout-graceful-shutdown 1 --loop asyncio {app}"
_HYPERCORN = "hypercorn --bind 127.0.0.1:{port} --graceful-timeout 1"
_GRANIAN = "granian --host 127.0.0.1 --port {port} {app} --interface"
_PROGRAM = "respstart.testing.programs {module} {port}"
# A gunicorn with a control socket would open it in the user's own folder.
_NO_SOCKET = " --no-control-socket" if _is_installed("gunicorn.ctl") else ""

# Add your own: `SERVERS["mine"] = Server("mine --port {port} {app}", needs=("mine",))`.
SERVERS = {
    "wsgiref": Server(f"{_PROGRAM} wsgiref", ()),
    "werkzeug": Server(f"{_PROGRAM} werkzeug", ("werkzeug",)),
    "runserver": Server(f"{_PROGRAM} runserver", ("django",)),
    "cheroot": Server(f"{_PROGRAM} cheroot", ("cheroot",)),
    "tornado-wsgi": Server(f"{_PROGRAM} tornado", ("tornado",)),
    "waitress": Server("waitress --listen=127.0.0.1:{port} --threads=8 {app}", ("waitress",)),
    "gunicorn-sync": Server(f"{_GUNICORN} sync{_NO_SOCKET}", ("gunicorn",)),
    "gunicorn-gthread": Server(f"{_GUNICORN} gthread --threads 8{_NO_SOCKET}", ("gunicorn",)),
    "gunicorn-asgi": Server(f"{_GUNICORN} asgi{_NO_SOCKET}", ("gunicorn.asgi",)),
    "uvicorn-h11": Server(f"{_UVICORN} --http h11", ("uvicorn", "h11")),
    "uvicorn-httptools": Server(f"{_UVICORN} --http httptools", ("uvicorn", "httptools")),
    "uvicorn-wsgi": Server(f"{_UVICORN} --interface wsgi", ("uvicorn",)),
    "hypercorn": Server(f"{_HYPERCORN} {{app}}", ("hypercorn",)),
    "hypercorn-wsgi": Server(f"{_HYPERCORN} wsgi:{{app}}", ("hypercorn",)),
    "daphne": Server("daphne -b 127.0.0.1 -p {port} {app}", ("daphne",)),
    "granian-asgi": Server(f"{_GRANIAN} asgi", ("granian",)),
    "granian-wsgi": Server(f"{_GRANIAN} wsgi", ("granian",)),
    "uvicorn-starlette": Server(f"{_PROGRAM} starlette", ("uvicorn", "starlette")),
    "uvicorn-asgiref": Server(f"{_PROGRAM} asgiref", ("uvicorn", "asgiref")),
    "waitress-a2wsgi": Server(f"{_PROGRAM} a2wsgi", ("waitress", "a2wsgi")),
    # aiohttp's own workers for gunicorn: `make_app()` makes the application.
    "gunicorn-aiohttp": Server(f"{_AIOHTTP} aiohttp.GunicornWebWorker{_NO_SOCKET}", ("gunicorn", "aiohttp")),
    "gunicorn-aiohttp-uvloop": Server(f"{_AIOHTTP} aiohttp.GunicornUVLoopWebWorker{_NO_SOCKET}", ("gunicorn", "aiohttp", "uvloop")),
    # Frameworks with a server of their own: `app` is a function that is given the port.
    "own": Server(f"{_PROGRAM} own", ()),
}


@dataclass
class Running:
    """A server that accepts connections, and the file that respstart writes in it."""

    port: int
    application: Application
    file: Path
    log: Path

    def ask(
        self, path: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b"",
        *, request_id: str = "", cut_after: int | None = None,
    ) -> Response:
        """Send one request on its own connection; `cut_after`: go away after so many bytes of the response."""
        named = {"X-Request-ID": request_id or path.strip("/"), **(headers or {})}
        return client.ask(self.port, path, method, named, body, cut_after)

    def visit(
        self, scenarios: Sequence[Scenario], at_once: Sequence[Scenario] = (), on_one_connection: Sequence[Scenario] = (),
    ) -> dict[str, Response]:
        """Ask everything once, the names being the ids of the requests, and let the dust settle.

        One by one on connections of their own, then at the same time, then on one connection. Raises ValueError for a name given twice.
        """
        names = [each.name for each in (*scenarios, *at_once, *on_one_connection)]
        if len(names) != len(set(names)):
            raise ValueError(f"two scenarios have the name {next(name for name in names if names.count(name) > 1)}")
        responses = [self._asked(each) for each in scenarios]
        with ThreadPoolExecutor(8) as pool:
            responses += pool.map(self._asked, at_once)
        responses += client.on_one_connection(
            self.port, [(each.url, each.method, {"X-Request-ID": each.name, **each.headers}, each.sends) for each in on_one_connection]
        )
        time.sleep(SETTLE)
        return dict(zip(names, responses, strict=True))

    def _asked(self, scenario: Scenario) -> Response:
        return self.ask(
            scenario.url, scenario.method, scenario.headers, scenario.sends, request_id=scenario.name, cut_after=scenario.cut_after
        )

    def keep_alive(self, paths: Sequence[str], request_ids: Sequence[str]) -> list[Response]:
        """Several requests, one after the other, on one connection."""
        requests = [(path, "GET", {"X-Request-ID": name}, b"") for path, name in zip(paths, request_ids, strict=True)]
        return client.on_one_connection(self.port, requests)

    def all_findings(self) -> list[dict[str, Any]]:
        """Every finding so far, in the order in which it was written."""
        if not self.file.exists():
            return []
        lines = self.file.read_text(encoding="utf-8").splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def findings(self, request_id: str, expected: int = 1) -> list[dict[str, Any]]:
        """The findings about one request, waited for until there are as many as expected."""
        deadline = time.monotonic() + FOUND_WITHIN
        while True:
            found = [finding for finding in self.all_findings() if finding["request"]["id"] == request_id]
            if len(found) >= expected or time.monotonic() > deadline:
                return found
            time.sleep(0.02)

    def quiet(self, request_id: str) -> list[dict[str, Any]]:
        """The findings about one request after the time in which one would have come."""
        time.sleep(SETTLE)
        return self.findings(request_id, 0)


@contextlib.contextmanager
def serve(server: str, application: Application, settings: Mapping[str, str] = MappingProxyType({})) -> Iterator[Running]:
    """Run an application on one of SERVERS with respstart switched on by the environment; always ends it.

    `settings` are more environment variables, and win.
    """
    with tempfile.TemporaryDirectory(prefix="contract-") as folder:
        running = Running(free_port(), application, Path(folder) / "findings.jsonl", Path(folder) / "log")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("RESPSTART", "COV_CORE"))}
        environment |= {
            "RESPSTART": "1", "RESPSTART_FILE": str(running.file), "RESPSTART_OUTPUT": "off", "RESPSTART_OTEL": "off",
            "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1", "HOME": folder,
            "PYTHONPATH": os.pathsep.join([str(application.folder), *_inherited_path()]),
            **settings,
        }
        with running.log.open("wb") as output:
            process = subprocess.Popen(
                SERVERS[server].argv(application.module, running.port), cwd=application.folder, env=environment,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )
        try:
            _wait_for(process, running)
            yield running
        finally:
            _end(process)


def _inherited_path() -> list[str]:
    """The entries of PYTHONPATH, from wherever the server is started."""
    return [os.path.abspath(entry) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]


def free_port() -> int:
    """A port of the loopback interface that nobody has at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _wait_for(process: subprocess.Popen[bytes], running: Running) -> None:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", running.port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError("the server did not start:\n" + running.log.read_text(encoding="utf-8"))


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(3)
    with contextlib.suppress(OSError):  # children of the server, and the server itself if it would not listen
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
