"""`respstart demo`: a small buggy shop on a real server, asked by a real client, and what respstart finds."""

from __future__ import annotations

import argparse
import contextlib
import http.client
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from respstart.cli.arguments import port_number
from respstart.errors import RespstartError, UsageError
from respstart.reporters.console import wants_picture
from respstart.reporters.terminal import Terminal, examined

_PATH = "/orders.csv"
_NEEDS = ("starlette", "uvicorn")
_PATIENCE = 30.0  # seconds, for the client's socket and for the server's end


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the client got."""

    status: int
    reason: str
    headers: tuple[str, ...]
    lines: int


def add(commands: Any) -> None:
    """Add the command to the subparsers of `respstart`."""
    parser = commands.add_parser("demo", help="see one finding: a small buggy shop on a real server", allow_abbrev=False)
    parser.add_argument("--port", type=port_number, default=0, metavar="N", help="listen on this loopback port (default: a free one)")
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Run the shop, ask it, print what the client got and what respstart found.

    Raises:
        UsageError: the demo's dependencies are missing, or the port cannot be used.
        RespstartError: the server did not answer, or nothing was found.
    """
    missing = [name for name in _NEEDS if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(f"the demo needs {' and '.join(missing)}: {sys.executable} -m pip install 'respstart[demo]'")
    # The shop lives in a folder of its own, as an application does: code inside respstart is never named as a writer.
    with tempfile.TemporaryDirectory(prefix="respstart-demo-") as folder:
        shutil.copyfile(Path(__file__).with_name("demo_shop.py"), Path(folder, "shop.py"))
        with _server(folder, arguments.port) as (process, port):
            print(f"A small shop runs on uvicorn, watched by respstart: GET http://127.0.0.1:{port}{_PATH}\n")
            answer = _ask(port)
            process.terminate()
            _, report = process.communicate(timeout=_PATIENCE)
    print("\n".join(_told(answer)), end="\n\n")
    if not report.strip():
        raise RespstartError("nothing was found: `respstart doctor` tells why")
    print("What respstart found:\n")
    print(report.rstrip())
    return 0


@contextlib.contextmanager
def _server(folder: str, port: int) -> Iterator[tuple[subprocess.Popen[str], int]]:
    terminal = examined(sys.stdout, os.environ)
    output = "pretty" if wants_picture("auto", terminal, os.environ) else "plain"
    process = subprocess.Popen(
        [sys.executable, "-m", "respstart.cli.demo_server", str(port), output],
        cwd=folder, env=_environment(terminal), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, encoding="utf-8", errors="replace",
    )
    with process:
        try:
            assert process.stdout is not None
            first_line = process.stdout.readline().strip()
            if not first_line:
                said = process.communicate(timeout=_PATIENCE)[1].strip().splitlines()
                raise UsageError(said[-1] if said else f"the demo's server ended with {process.returncode}")
            yield process, int(first_line)
        finally:
            process.kill()


def _environment(terminal: Terminal) -> dict[str, str]:
    """The caller's environment without its RESPSTART settings: the demo shows the same everywhere."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RESPSTART")}
    # The child runs in another folder: relative entries, and the folder of the caller, still have to lead to respstart.
    environment["PYTHONPATH"] = os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path)
    # The child writes into a pipe, and what it writes is shown here.
    environment["COLUMNS"] = str(terminal.width)
    environment["PYTHONIOENCODING"] = "utf-8" if terminal.symbols else "ascii:backslashreplace"
    if terminal.colour:
        environment["FORCE_COLOR"] = "1"
    return environment


def _ask(port: int) -> _Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    try:
        connection.request("GET", _PATH)
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise RespstartError(f"the demo's server did not answer: {error or type(error).__name__}") from error
    finally:
        connection.close()
    names = tuple(name.lower() for name in response.headers)
    return _Answer(response.status, response.reason, names, len(body.splitlines()))


def _told(answer: _Answer) -> Iterator[str]:
    yield "What the client got:"
    yield f"  {answer.status} {answer.reason}"
    yield f"  headers: {', '.join(answer.headers)}"
    yield f"  {answer.lines} lines of CSV"
    if "set-cookie" not in answer.headers:
        yield "  no Set-Cookie, although the shop set a cookie: it was lost"
