"""The ways in which processes, loops and workers come to be: servers with their options, and programs of our own."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from programs import environment
from respstart.testing.scenarios import Application
from respstart.testing.servers import SERVERS, Server, serve

FOLDER = Path(__file__).parent
WSGI, ASGI = (Application(FOLDER / "apps", module) for module in ("late_wsgi", "late_asgi"))

_GUNICORN = SERVERS["gunicorn-sync"].command.replace("--worker-class sync", "")
_UVICORN = "uvicorn --host 127.0.0.1 --port {port} --timeout-graceful-shutdown 1 {app}"
_HYPERCORN = "hypercorn --bind 127.0.0.1:{port} --graceful-timeout 1 {app}"


@dataclass(frozen=True)
class Way:
    """A server with its options, and the application that it serves."""

    name: str
    server: Server
    application: Application


WAYS = (
    Way("gunicorn -k gevent", Server(f"{_GUNICORN} -k gevent", ("gunicorn", "gevent")), WSGI),
    Way("gunicorn -k eventlet", Server(f"{_GUNICORN} -k eventlet", ("gunicorn", "eventlet", "gunicorn.workers.geventlet")), WSGI),
    Way("gunicorn --preload --workers 2", Server(f"{_GUNICORN} --preload --workers 2", ("gunicorn",)), WSGI),
    Way("gunicorn --max-requests 1", Server(f"{_GUNICORN} --max-requests 1", ("gunicorn",)), WSGI),
    Way("gunicorn --reload", Server(f"{_GUNICORN} --reload", ("gunicorn",)), WSGI),
    Way("uvicorn --workers 2", Server(f"{_UVICORN} --workers 2", ("uvicorn", "starlette")), ASGI),
    Way("uvicorn --reload", Server(f"{_UVICORN} --reload", ("uvicorn", "starlette")), ASGI),
    Way("uvicorn --loop uvloop", Server(f"{_UVICORN} --loop uvloop", ("uvicorn", "starlette", "uvloop")), ASGI),
    Way("hypercorn -k trio", Server(f"{_HYPERCORN} -k trio", ("hypercorn", "starlette", "trio")), ASGI),
    Way("hypercorn -k uvloop", Server(f"{_HYPERCORN} -k uvloop", ("hypercorn", "starlette", "uvloop")), ASGI),
    Way("hypercorn --workers 2", Server(f"{_HYPERCORN} --workers 2", ("hypercorn", "starlette")), ASGI),
)


@dataclass(frozen=True)
class Program:
    """A function of `programs.py`, the options of the Python that runs it, whether RESPSTART=1 is set, and what it needs."""

    name: str
    options: tuple[str, ...] = ()
    switched_on: bool = False
    needs: tuple[str, ...] = ()
    since: tuple[int, int] = (3, 11)

    def missing(self) -> list[str]:
        """What it needs and is not here."""
        older = [f"Python {self.since[0]}.{self.since[1]}"] if sys.version_info < self.since else []
        return older + [name for name in self.needs if importlib.util.find_spec(name) is None]


PROGRAMS = (
    Program("plain", ("-O",)),
    Program("plain", ("-OO",)),
    Program("plain", ("-X", "dev")),
    Program("by_the_environment", ("-E",), switched_on=True),
    Program("by_the_environment", ("-I",), switched_on=True),
    Program("installed_before_fork"),
    Program("installed_after_fork"),
    Program("spawned"),
    Program("forkserver"),
    Program("beside_a_subinterpreter", switched_on=True),
    Program("eager_tasks", since=(3, 12)),
    Program("uvloop", needs=("uvloop",)),
)


def problem_of(way: Way) -> str | None:
    """What is not as it has to be with a server, in one sentence; None when all is well."""
    SERVERS[way.name] = way.server
    try:
        with serve(way.name, way.application) as running:
            for number in range(3):
                [answer] = running.keep_alive([f"/page{number}"], [f"page{number}"])  # hypercorn's trio worker does not close what it should
                if answer.status != 200 or answer.body != b"first second":
                    return f"the client got {answer.status} {answer.body!r}"
                found = [(finding["rule"], finding["first_writer"]["line"], finding["late_writer"]["line"]) for finding in running.findings(f"page{number}")]
                if found != [("RS103", _line(way.application, "# first"), _line(way.application, "# late"))]:
                    return f"found {found}"
            if "RS901" in running.log.read_text(encoding="utf-8"):
                return "respstart failed inside"
    except RuntimeError as error:
        return str(error).strip().splitlines()[-1]
    finally:
        del SERVERS[way.name]
    return None


def _line(application: Application, mark: str) -> int:
    lines = (application.folder / f"{application.module}.py").read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.endswith(mark))


def problem_of_program(program: Program) -> str | None:
    """The same for one of `programs.py`."""
    command = [sys.executable, "-W", "ignore", *program.options, str(FOLDER / "programs.py"), program.name]
    settings = {"RESPSTART": "1", "RESPSTART_OUTPUT": "off", "RESPSTART_OTEL": "off"} if program.switched_on else {}
    done = subprocess.run(command, env=environment(**settings), capture_output=True, text=True, timeout=60, check=False)
    if done.returncode or "RS901" in done.stderr:
        return (done.stderr.strip() or f"status {done.returncode}").splitlines()[-1]
    return None if done.stdout.strip() == '["RS103", "RS101"]' else f"found {done.stdout.strip()}"
