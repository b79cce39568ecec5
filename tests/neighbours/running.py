"""Runs a neighbour in a process of its own, and says what came of it."""

from __future__ import annotations

import functools
import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from neighbours.table import Neighbour
from programs import environment

CHILD = Path(__file__).with_name("child.py")
EXPECTED = [
    ["RS103", "response = Response(body())  # first writer", 'response.set_cookie("late", "1")  # late cookie'],
    ["RS101", "response = StreamingResponse(body())  # first writer of the stream", 'response.headers["x-late"] = "1"  # late header'],
]

# `import eventlet`, which Sentry and Elastic APM do where it is installed, imports dnspython with its own sockets, and that trio, which fails.
_SETTINGS = {"EVENTLET_NO_GREENDNS": "yes"}


def version(neighbour: Neighbour) -> str | None:
    """The installed version; None where it is not installed."""
    try:
        return importlib.metadata.version(neighbour.distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


@functools.cache
def seen(neighbour: Neighbour, order: str, undo: str) -> dict[str, Any]:
    """What `child.py` printed. Raises AssertionError with its stderr when it failed."""
    command = [sys.executable, str(CHILD), neighbour.name, order, undo]
    done = subprocess.run(command, env=environment(**_SETTINGS), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def problem(neighbour: Neighbour, order: str, undo: str) -> str | None:
    """What is not as it has to be, in one sentence; None when all is well."""
    try:
        alone, together = seen(neighbour, "alone", "respstart"), seen(neighbour, order, undo)
    except AssertionError as error:
        return f"the process failed: {str(error).strip().splitlines()[-1]}"
    if together["answers"] != alone["answers"]:
        return f"other bytes: {alone['answers']} became {together['answers']}"
    if together["faults"]:
        return f"respstart failed inside: {together['faults']}"
    if together["findings"] != EXPECTED:
        return f"found {together['findings']}"
    if together["findings after"] or together["after"] != alone["after"]:
        return f"not undone: {together['findings after']} {together['after']}"
    return None
