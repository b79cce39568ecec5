"""The ways in which processes, loops and workers come to be: servers with their options, and programs of our own."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from respstart.testing.scenarios import Application
from respstart.testing.servers import SERVERS, Server, _is_installed, serve

FOLDER = Path(__file__).parent
WSGI, ASGI = (Application(FOLDER / "apps", module) for module in ("late_wsgi", "late_asgi"))

_GUNICORN = "gunicorn --bind 127.0.0.1:{port} --graceful-timeout 1 {app}" + (" --no-control-socket" if _is_installed("gunicorn.ctl") else "")
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
    Way("uvicorn --workers 2", Server(f"{_UVICORN} --workers 2", ("uvicorn", "starlette")), ASGI),
    Way("uvicorn --reload", Server(f"{_UVICORN} --reload", ("uvicorn", "starlette")), ASGI),
    Way("uvicorn --loop uvloop", Server(f"{_UVICORN} --loop uvloop", ("uvicorn", "starlette", "uvloop")), ASGI),
    Way("hypercorn -k trio", Server(f"{_HYPERCORN} -k trio", ("hypercorn", "starlette", "trio")), ASGI),
    Way("hypercorn -k uvloop", Server(f"{_HYPERCORN} -k uvloop", ("hypercorn", "starlette", "uvloop")), ASGI),
    Way("hypercorn --workers 2", Server(f"{_HYPERCORN} --workers 2", ("hypercorn", "starlette")), ASGI),
)

# Options of Python, the way, and the modules that it needs.
PROGRAMS = (
    (("-O",), "plain", ()),
    (("-OO",), "plain", ()),
    (("-X", "dev"), "plain", ()),
    ((), "installed_before_fork", ()),
    ((), "installed_after_fork", ()),
    ((), "spawned", ()),
    ((), "forkserver", ()),
    ((), "eager", ("asyncio.taskgroups",) if sys.version_info >= (3, 12) else ("a Python from 3.12 up",)),
    ((), "uvloop", ("uvloop",)),
)


def missing(needs: tuple[str, ...]) -> list[str]:
    """What is not installed here."""
    return [name for name in needs if not _is_installed(name)]


def problem_of(way: Way) -> str | None:
    """What is not as it has to be with a server, in one sentence; None when all is well."""
    SERVERS[way.name] = way.server
    try:
        with serve(way.name, way.application) as running:
            for number in range(3):
                answer = running.ask(f"/page{number}")
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


def problem_of_program(options: tuple[str, ...], way: str) -> str | None:
    """The same for one of `programs.py`."""
    command = [sys.executable, "-W", "ignore", *options, str(FOLDER / "programs.py"), way]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode or "RS901" in done.stderr:
        return (done.stderr.strip() or f"status {done.returncode}").splitlines()[-1]
    return None if done.stdout.strip() == '["RS103", "RS101"]' else f"found {done.stdout.strip()}"


