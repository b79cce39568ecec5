"""Real servers in subprocesses, a client on a raw socket, and what respstart wrote about each request.

A test module names an application (`apps/<name>_app.py`; its helper modules are `apps/<name>_*.py`, its templates
`apps/templates/<name>_*.html`), servers and a table of scenarios. The lines of the application carry the expectation:
`# <scenario:first>` and `# <scenario:late>`, on several lines where each of them would do.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
APPS = HERE / "apps"
PATIENCE = 30.0  # seconds until a server has opened its port
CLIENT_TIMEOUT = 8.0  # seconds that a client waits for more bytes
FOUND_WITHIN = 2.0  # seconds until an expected finding must be in the file
SETTLE = 0.5  # seconds in which a finding that nobody expects would have come


# ---------------------------------------------------------------- expectations
@dataclass(frozen=True)
class Expected:
    """One finding. `first` and `late` name markers of the scenario, or with a colon any marker; None: nobody may be named."""

    rule: str
    outcome: str
    subject: str | None = None
    first: str | None = "first"
    late: str | None = "late"


@dataclass(frozen=True)
class Scenario:
    """One request, what the client must see of it, and the findings about it: none for a clean one.

    `sees` and `misses` are names of response headers, `body` a part of the body. `marks` is the scenario whose markers count,
    for several requests to one route.
    """

    name: str
    findings: tuple[Expected, ...] = ()
    path: str = ""
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    sends: bytes = b""
    status: int | None = 200
    truncated: bool = False
    sees: tuple[str, ...] = ()
    misses: tuple[str, ...] = ()
    body: bytes = b""
    marks: str = ""

    @property
    def url(self) -> str:
        return self.path or f"/{self.name}"

    def but(self, **changes: Any) -> Scenario:
        """The same scenario where a server or a Python makes a difference."""
        return replace(self, **changes)


def marked(module: str, scenario: str, role: str) -> set[tuple[str, int]]:
    """Files and lines of the comments `# <scenario:role>` in an application. Raises LookupError when there is none."""
    wanted = f"<{scenario}:{role}>"
    found = {
        (str(path), number)
        for path in APPS.rglob(module.removesuffix("_app") + "_*")
        if path.suffix in (".py", ".html")
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if wanted in text.partition("# ")[2]
    }
    if not found:
        raise LookupError(f"no {wanted} in {module}")
    return found


def cases(module: str, servers: Mapping[str, Sequence[Scenario]]) -> dict[str, Any]:
    """Arguments for `pytest.mark.parametrize`: one test for each scenario of each server, after one visit to each server."""
    visits = _visits(module, servers)
    pairs = [(visit, scenario) for visit in visits for scenario in visit[2]]
    return {
        "argnames": ("visited", "scenario"), "argvalues": pairs, "indirect": ["visited"], "scope": "module",
        "ids": [f"{visit[0]}-{scenario.name}" for visit, scenario in pairs],
    }


def each_server(module: str, servers: Mapping[str, Sequence[Scenario]]) -> dict[str, Any]:
    """Arguments for `pytest.mark.parametrize`: one test for each server, after the same visit."""
    visits = _visits(module, servers)
    return {"argnames": "visited", "argvalues": visits, "indirect": True, "ids": [visit[0] for visit in visits]}


_known: dict[tuple[str, str], tuple[str, str, tuple[Scenario, ...]]] = {}


def _visits(module: str, servers: Mapping[str, Sequence[Scenario]]) -> list[tuple[str, str, tuple[Scenario, ...]]]:
    # pytest keeps a fixture as long as its parameter is the same object.
    return [_known.setdefault((module, server), (server, module, tuple(each))) for server, each in servers.items()]


# ---------------------------------------------------------------- the client
@dataclass(frozen=True)
class Response:
    """What a client got. Names of headers are in lower case; `truncated`: fewer bytes than promised, or no answer at all."""

    status: int | None
    headers: dict[str, str]
    body: bytes
    truncated: bool
    raw: bytes = b""


def parse(raw: bytes, method: str) -> Response:
    """One response, read leniently; informational responses before it are skipped."""
    everything = raw
    while re.match(rb"HTTP/1\.[01] 1\d\d", raw):
        raw = raw.partition(b"\r\n\r\n")[2]
    head, complete_head, rest = raw.partition(b"\r\n\r\n")
    if not complete_head:
        return Response(None, {}, b"", truncated=True, raw=everything)
    first, *lines = head.decode("latin-1").split("\r\n")
    status = re.match(r"HTTP/1\.[01] (\d{3})", first)
    code = int(status[1]) if status else None
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body, truncated = _body(headers, rest)
    if method == "HEAD" or code in (204, 304):
        truncated = False
    return Response(code, headers, body, truncated, everything)


def _body(headers: dict[str, str], rest: bytes) -> tuple[bytes, bool]:
    if "chunked" in headers.get("transfer-encoding", ""):
        return _chunks(rest)
    if "content-length" in headers:
        length = int(headers["content-length"])
        return rest[:length], len(rest) < length
    return rest, False


def _chunks(rest: bytes) -> tuple[bytes, bool]:
    body = b""
    while match := re.match(rb"([0-9A-Fa-f]+)[^\r\n]*\r\n", rest):
        size, start = int(match[1], 16), match.end()
        if not size:
            return body, False
        body, rest = body + rest[start:start + size], rest[start + size + 2:]
    return body, True


def free_port() -> int:
    """A port of the loopback interface that nobody has at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@dataclass
class Running:
    """A server that accepts connections, and the file that respstart writes in it."""

    port: int
    module: str
    file: Path
    log: Path

    def ask(
        self, path: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b"",
        *, request_id: str = "", cut_after: int | None = None,
    ) -> Response:
        """Send one request on its own connection; `cut_after`: go away after so many bytes of the response."""
        lines = {"Host": f"127.0.0.1:{self.port}", "Connection": "close", "X-Request-ID": request_id or path.strip("/")}
        if body:
            lines["Content-Length"] = str(len(body))
        lines |= headers or {}
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
        with socket.create_connection(("127.0.0.1", self.port), CLIENT_TIMEOUT) as connection:
            connection.sendall(head.encode("latin-1") + body)
            return parse(_received(connection, cut_after), method)

    def keep_alive(self, paths: Sequence[str], request_ids: Sequence[str]) -> list[Response]:
        """Several requests, one after the other, on one connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=CLIENT_TIMEOUT)
        responses = []
        with contextlib.closing(connection):
            for path, request_id in zip(paths, request_ids, strict=True):
                connection.request("GET", path, headers={"X-Request-ID": request_id})
                answer = connection.getresponse()
                headers = {name.lower(): value for name, value in answer.getheaders()}
                responses.append(Response(answer.status, headers, answer.read(), truncated=False))
        return responses

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

    def visit(self, scenarios: Sequence[Scenario]) -> dict[str, Response]:
        """Ask every scenario once, its name being the request's id, and let the dust settle."""
        responses = {
            each.name: self.ask(each.url, each.method, each.headers, each.sends, request_id=each.name) for each in scenarios
        }
        time.sleep(SETTLE)
        return responses


def _received(connection: socket.socket, cut_after: int | None) -> bytes:
    raw = b""
    while cut_after is None or len(raw) < cut_after:
        try:
            data = connection.recv(65536)
        except OSError:
            break
        if not data:
            break
        raw += data
    return raw


# ---------------------------------------------------------------- the servers
@contextlib.contextmanager
def serve(server: str, module: str) -> Iterator[Running]:
    """Run `apps/<module>.py` on a real server with respstart switched on by the environment; always ends it."""
    with tempfile.TemporaryDirectory(prefix="contract-") as folder:
        running = Running(free_port(), module, Path(folder) / "findings.jsonl", Path(folder) / "log")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("RESPSTART", "COV_CORE"))}
        environment |= {
            "RESPSTART": "1", "RESPSTART_FILE": str(running.file), "RESPSTART_OUTPUT": "off", "RESPSTART_OTEL": "off",
            "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1", "HOME": folder,
            "PYTHONPATH": os.pathsep.join(filter(None, [str(APPS), os.environ.get("PYTHONPATH")])),
        }
        with running.log.open("wb") as output:
            process = subprocess.Popen(
                command(server, module, running.port), cwd=APPS, env=environment, stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )
        try:
            _wait_for(process, running)
            yield running
        finally:
            _end(process)


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


def command(server: str, module: str, port: int) -> list[str]:
    """The command line of a server. Raises KeyError for a server that is not known."""
    app, address = f"{module}:app", f"127.0.0.1:{port}"
    gunicorn = ["gunicorn", "--bind", address, "--graceful-timeout", "1", "--no-control-socket"]
    uvicorn = ["uvicorn", "--host", "127.0.0.1", "--port", str(port), "--timeout-graceful-shutdown", "1"]
    hypercorn = ["hypercorn", "--bind", address, "--graceful-timeout", "1"]
    commands = {
        "gunicorn-sync": [*gunicorn, "--worker-class", "sync", app],
        "gunicorn-gthread": [*gunicorn, "--worker-class", "gthread", "--threads", "8", app],
        "gunicorn-aiohttp": [*gunicorn, "--worker-class", "aiohttp.GunicornWebWorker", f"{module}:make_app()"],
        "gunicorn-aiohttp-uvloop": [*gunicorn, "--worker-class", "aiohttp.GunicornUVLoopWebWorker", f"{module}:make_app()"],
        "waitress": ["waitress", f"--listen={address}", "--threads=8", app],
        "hypercorn-wsgi": [*hypercorn, f"wsgi:{app}"],
        "uvicorn-h11": [*uvicorn, "--loop", "asyncio", "--http", "h11", app],
        "uvicorn-httptools": [*uvicorn, "--loop", "asyncio", "--http", "httptools", app],
        "hypercorn": [*hypercorn, app],
        "gunicorn-asgi": [*gunicorn, "--worker-class", "asgi", app],
        "daphne": ["daphne", "-b", "127.0.0.1", "-p", str(port), app],
        "uvicorn-wsgi": [*uvicorn, "--loop", "asyncio", "--interface", "wsgi", app],
        "granian-asgi": ["granian", "--host", "127.0.0.1", "--port", str(port), "--interface", "asgi", app],
        "granian-wsgi": ["granian", "--host", "127.0.0.1", "--port", str(port), "--interface", "wsgi", app],
    }
    if server in PROGRAMS:
        return [sys.executable, str(HERE / "harness.py"), server, module, str(port)]
    return [sys.executable, "-m", *commands[server]]


def _wsgiref(app: Any, port: int) -> None:
    from socketserver import ThreadingMixIn
    from wsgiref.simple_server import WSGIServer, make_server

    class Threaded(ThreadingMixIn, WSGIServer):
        daemon_threads = True

    make_server("127.0.0.1", port, app, server_class=Threaded).serve_forever()


def _werkzeug(app: Any, port: int) -> None:
    from werkzeug.serving import run_simple

    run_simple("127.0.0.1", port, app, threaded=True)


def _runserver(app: Any, port: int) -> None:
    from django.core.servers.basehttp import run

    run("127.0.0.1", port, app, threading=True)


def _cheroot(app: Any, port: int) -> None:
    from cheroot.wsgi import Server

    Server(("127.0.0.1", port), app).safe_start()


def _tornado(app: Any, port: int) -> None:
    import asyncio

    from tornado.httpserver import HTTPServer
    from tornado.wsgi import WSGIContainer

    async def main() -> None:
        HTTPServer(WSGIContainer(app)).listen(port, "127.0.0.1")
        await asyncio.Event().wait()

    asyncio.run(main())


def _own(main: Any, port: int) -> None:
    """Frameworks with a server of their own: the module's `app` is a function that is given the port."""
    main(port)


def _asgiref(app: Any, port: int) -> None:
    import uvicorn
    from asgiref.wsgi import WsgiToAsgi

    uvicorn.run(WsgiToAsgi(app), host="127.0.0.1", port=port, lifespan="off", timeout_graceful_shutdown=1)


def _a2wsgi(app: Any, port: int) -> None:
    import waitress
    from a2wsgi import ASGIMiddleware

    waitress.serve(ASGIMiddleware(app), host="127.0.0.1", port=port, threads=8)


PROGRAMS = {
    "wsgiref": _wsgiref, "werkzeug": _werkzeug, "runserver": _runserver, "cheroot": _cheroot, "tornado-wsgi": _tornado, "own": _own,
    "uvicorn-asgiref": _asgiref, "waitress-a2wsgi": _a2wsgi,
}


@dataclass(frozen=True)
class Visited:
    """A server after every scenario was asked once: it still runs, and what has to be found is in the file."""

    server: str
    running: Running
    responses: Mapping[str, Response]
    strangers: frozenset[str]  # ids of requests with findings that were none of the scenarios

    def judge(self, scenario: Scenario) -> None:
        """Assert that the client saw what it should, and that exactly the expected findings were made, with both lines."""
        judge_response(scenario, self.responses[scenario.name])
        findings = self.running.findings(scenario.name, len(scenario.findings))
        judge_findings(scenario, findings, self.running.module)


# ---------------------------------------------------------------- the judgement
def judge(scenario: Scenario, response: Response, findings: Sequence[Mapping[str, Any]], module: str) -> None:
    """Assert that the client saw what it should, and that exactly the expected findings were made, with both lines."""
    judge_response(scenario, response)
    judge_findings(scenario, findings, module)


def judge_response(scenario: Scenario, response: Response) -> None:
    """Assert the facts of the wire, without which a finding means nothing."""
    assert (response.status, response.truncated) == (scenario.status, scenario.truncated), response.raw[:400]
    assert set(scenario.sees) <= response.headers.keys()
    assert not set(scenario.misses) & response.headers.keys()
    assert scenario.body in response.body


def judge_findings(scenario: Scenario, findings: Sequence[Mapping[str, Any]], module: str) -> None:
    """Assert rules, outcomes, subjects and both lines of all findings about one request."""
    told = sorted(((each["rule"], each["outcome"], each["subject"]) for each in findings), key=str)
    want = sorted(((each.rule, each.outcome, each.subject) for each in scenario.findings), key=str)
    assert told == want, _summary(findings)
    for expected in scenario.findings:
        same = [each for each in findings if (each["rule"], each["subject"]) == (expected.rule, expected.subject)]
        for finding in same:
            _judge_writer(finding["first_writer"], expected.first, scenario, module)
            _judge_writer(finding["late_writer"], expected.late, scenario, module)


def _judge_writer(writer: Mapping[str, Any] | None, role: str | None, scenario: Scenario, module: str) -> None:
    named = (writer["file"], writer["line"]) if writer and writer["file"] else None
    if role is None:
        assert named is None
    else:
        name, _, shared = role.rpartition(":")
        assert named in marked(module, name or scenario.marks or scenario.name, shared), f"{role}: {writer}"


def _summary(findings: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(f"{each['rule']} {each['message']} late: {each['late_writer']}" for each in findings)


if __name__ == "__main__":
    sys.path.insert(0, str(APPS))
    PROGRAMS[sys.argv[1]](import_module(sys.argv[2]).app, int(sys.argv[3]))
