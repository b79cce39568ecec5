"""`python -m tests.neighbours`: runs every neighbour in every order and every way, and writes docs/reference/neighbours.md."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # as pytest does, so that the modules have one name

from neighbours.running import problem, version
from neighbours.table import NEIGHBOURS, ORDERS
from neighbours.ways import PROGRAMS, WAYS, problem_of, problem_of_program

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "neighbours.md"

_FAILS = "**fails**: "
_HEAD = """# Neighbours

Tools that patch, trace or replace what a web application is made of, each beside respstart in one process. Written by `python -m tests.neighbours`
on Python {python}; what is not installed there has no line.

"Works" means: the client gets the same bytes as without respstart, respstart names the same two lines as without the tool, nothing fails
inside, and when one of them is switched off again the other goes on undisturbed: in both orders.

| neighbour | version | it comes first | respstart comes first |
|---|---|---|---|
"""
_WAYS = """
## Servers, workers, loops

The same for the ways in which workers and loops come to be, with `RESPSTART=1` in the environment.

| way | |
|---|---|
"""
_PROGRAMS = """
## Processes

| what | options of Python | |
|---|---|---|
"""
_FOOT = """
## What cannot work

- **`python -S`** reads no start-up files: `RESPSTART=1` does nothing there. Call `respstart.install()`.
- **Subinterpreters**: respstart stays off in them and says so. C code below it is not made for them: CPython 3.12.1 itself aborts at the end of a process
  that has imported `asyncio` in one. Under mod_wsgi, `WSGIApplicationGroup %{GLOBAL}` gives the application the main interpreter.
- **Other tools own both monitoring ids (3 and 4)** of `sys.monitoring`: return lines are then known only for functions with one return;
  `respstart doctor` says so. Debuggers, coverage and profilers have ids of their own (0, 1, 2, 5).
- **A wrapper that another tool has put on top of ours and that is no wrapt wrapper** cannot be taken apart: `uninstall()` leaves our function
  below it, switched off.
- **gunicorn's eventlet worker**: gunicorn 27 has none any more; the one of gunicorn 23 works.
- **eventlet beside trio**: without respstart too, `import eventlet` fails where both are installed, unless `EVENTLET_NO_GREENDNS=yes` is set, as it is here.
"""


def main() -> int:
    """Write the page; the exit status is 1 when something does not work."""
    rows = [*_neighbours(), _WAYS, *_ways(), _PROGRAMS, *_programs()]
    PAGE.write_text(_HEAD.format(python=sys.version.split()[0]) + "".join(rows) + _FOOT, encoding="utf-8")
    return int(any(_FAILS in row for row in rows))


def _state(*problems: str | None) -> str:
    return "; ".join([f"{_FAILS}{each}" for each in problems if each]) or "works"


def _ways() -> Iterator[str]:
    for way in WAYS:
        if not way.server.missing():
            yield f"| `{way.name}` | {_state(problem_of(way))} |\n"


def _programs() -> Iterator[str]:
    for program in PROGRAMS:
        if not program.missing():
            yield f"| {program.name.replace('_', ' ')} | {' '.join(program.options)} | {_state(problem_of_program(program))} |\n"


def _neighbours() -> Iterator[str]:
    for neighbour in NEIGHBOURS:
        installed = version(neighbour)
        if installed is not None:
            states = [_state(*(problem(neighbour, order, undo) for undo in ("respstart", "neighbour"))) for order in ORDERS]
            yield f"| {neighbour.name} | {installed} | {' | '.join(states)} |\n"


if __name__ == "__main__":
    sys.exit(main())
