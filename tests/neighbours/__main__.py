"""`python -m tests.neighbours`: runs every neighbour in every order and every way, and writes docs/reference/neighbours.md."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # as pytest does, so that the modules have one name

from neighbours.running import problem, version
from neighbours.table import NEIGHBOURS, ORDERS
from neighbours.ways import PROGRAMS, WAYS, missing, problem_of, problem_of_program

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "neighbours.md"

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

| options of Python | what | |
|---|---|---|
"""
_FOOT = """
## What cannot work

- **`python -S`** reads no start-up files: `RESPSTART=1` does nothing there. Call `respstart.install()`.
- **`python -E` and `-I`** ignore PYTHON* variables only: `RESPSTART=1` works.
- **Subinterpreters**: each has its own modules, so that `respstart.install()` has to be called in each. It answers and finds there like in the main
  one, but no test says so: CPython 3.12.1 itself crashes at the end of a process that has imported `asyncio` in a subinterpreter.
- **Other tools own both monitoring ids (3 and 4)** of `sys.monitoring`: return lines are then known only for functions with one return;
  `respstart doctor` says so. Debuggers, coverage and profilers have ids of their own (0, 1, 2, 5).
- **A wrapper that another tool has put on top of ours and that is no wrapt wrapper** cannot be taken apart: `uninstall()` leaves our function
  below it, switched off.
- **gunicorn's eventlet worker**: gunicorn 27 has none any more. With older ones it is not tested.
"""


def main() -> int:
    """Write the page; the exit status is 1 when something does not work."""
    lines = list(_neighbours())
    ways = [(way.name, problem_of(way)) for way in WAYS if not missing(way.server.needs)]
    programs = [(options, way, problem_of_program(options, way)) for options, way, needs in PROGRAMS if not missing(needs)]
    text = _HEAD.format(python=sys.version.split()[0]) + "".join(lines) + _WAYS
    text += "".join(f"| `{name}` | {found or 'works'} |\n" for name, found in ways) + _PROGRAMS
    text += "".join(f"| {' '.join(options)} | {way.replace('_', ' ')} | {found or 'works'} |\n" for options, way, found in programs) + _FOOT
    PAGE.write_text(text, encoding="utf-8")
    return int(any(found for _, found in ways) or any(found for *_, found in programs) or any("| works | works |" not in line for line in lines))


def _neighbours() -> Iterator[str]:
    for neighbour in NEIGHBOURS:
        installed = version(neighbour)
        if installed is not None:
            found = {order: [problem(neighbour, order, undo) for undo in ("respstart", "neighbour")] for order in ORDERS}
            states = ["; ".join(filter(None, found[order])) or "works" for order in ORDERS]
            yield f"| {neighbour.name} | {installed} | {' | '.join(states)} |\n"


if __name__ == "__main__":
    sys.exit(main())
