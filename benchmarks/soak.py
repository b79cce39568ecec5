"""Millions of requests: memory stays flat, no table of respstart grows, every finding is told once.

    python -m benchmarks.soak [--requests 2000000] [--server uvicorn|gunicorn]

In turn clean, streaming, late (RS103), failing (RS401) and disconnecting ones; without `--server` in process, half of them to Starlette and
half to Flask. Prints memory and findings at every tenth, then what has grown, and exits with 1 if anything has.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sized
from pathlib import Path
from typing import NamedTuple

from benchmarks.clients import asgi_receive, asgi_scope, wsgi_environ
from benchmarks.load import ask, free_port, load, wait_for
from benchmarks.worker import ROOT, environment

KINDS = ("/clean", "/stream", "/late", "/failing", "/stream?left")
EXPECTED = {"RS103": 1, "RS401": 1}  # for each round of KINDS
ALLOWED = 2 * 2**20  # bytes of memory: what an allocator does on its own account
found: Counter[str] = Counter()


class BodyError(Exception):
    """What a failing body raises."""


class Counts:
    """A reporter that is told every finding, also those of defects that are known, of which a flood is counted only."""

    def report(self, finding, evidence) -> None:
        found.update([finding.rule])

    def repeat(self, defect, evidence) -> bool:
        found.update([defect.rule])
        return True

    def close(self) -> None:
        """Nothing is held."""


def switch_on() -> None:
    """Switch respstart on, quietly, and count its findings."""
    import respstart
    from respstart import tracer

    respstart.install(output="off", otel="off")
    tracer.add_reporter(Counts())


# ---------------------------------------------------------------------- the applications
def starlette_app():
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse, StreamingResponse
    from starlette.routing import Route

    async def answer(request):
        path = request.url.path
        if path == "/state":
            return PlainTextResponse(json.dumps(state()))
        if path == "/clean":
            return PlainTextResponse("clean")

        async def body():
            yield "1"
            if path == "/late":
                response.set_cookie("late", "1")
            if path == "/failing":
                raise BodyError
            yield "2"

        response = StreamingResponse(body())
        return response

    return Starlette(routes=[Route("/{path:path}", answer)])


def flask_app():
    from flask import Flask, Response

    app = Flask("soak")

    @app.get("/<path>")
    def answer(path):
        if path == "state":
            return json.dumps(state())
        if path == "clean":
            return "clean"

        def body():
            yield "1"
            if path == "late":
                response.set_cookie("late", "1")
            if path == "failing":
                raise BodyError
            yield "2"

        response = Response(body())
        return response

    return app


# ---------------------------------------------------------------------- what may grow
class State(NamedTuple):
    """Bytes of resident memory, the sizes of respstart's tables, the findings by rule."""

    resident: int
    tables: dict[str, int]
    findings: dict[str, int]


def state() -> State:
    """That of this process, after a collection."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return State(pages * os.sysconf("SC_PAGE_SIZE"), dict(tables()), dict(found))


def tables() -> Iterator[tuple[str, int]]:
    """Everything with a length that a module of respstart holds, or an object that a module holds; and all records that are alive."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "respstart":
            for attribute, value in list(vars(module).items()):
                yield from _sizes(f"{name}.{attribute}", value, depth=3)
    kinds = Counter(type(thing).__name__ for thing in gc.get_objects() if _own(thing))
    yield from ((f"objects of {kind}", number) for kind, number in kinds.items())


def _sizes(name: str, value: object, depth: int) -> Iterator[tuple[str, int]]:
    if isinstance(value, Sized) and not isinstance(value, (str, bytes, tuple, type)):
        yield name, len(value)
    if depth and _own(value):
        slots = [slot for kind in type(value).__mro__ for slot in getattr(kind, "__slots__", ())]
        for attribute in {*getattr(value, "__dict__", ()), *slots}:
            with contextlib.suppress(AttributeError):
                yield from _sizes(f"{name}.{attribute}", getattr(value, attribute), depth - 1)


def _own(thing: object) -> bool:
    """Whether it is an object of a class of respstart."""
    return str(type(thing).__module__).startswith("respstart.")  # which some classes compute


# ---------------------------------------------------------------------- in process
def in_process() -> tuple[Callable[[int], None], Callable[[], State]]:
    """Functions that make so many requests, and that tell the state."""
    switch_on()
    starlette, flask, loop = starlette_app(), flask_app(), asyncio.new_event_loop()

    def make(requests: int) -> None:
        for _ in range(requests // (2 * len(KINDS))):
            loop.run_until_complete(_ask_starlette(starlette))
            _ask_flask(flask)
        gc.collect()
        loop.run_until_complete(asyncio.sleep(0.1))  # bodies that were left are closed in tasks of their own

    return make, state


async def _ask_starlette(app) -> None:
    for kind in KINDS:
        path, _, left = kind.partition("?")
        sent = 0

        async def send(message, left=left):
            nonlocal sent
            sent += 1
            if left and sent > 2:
                raise OSError("the client is gone")  # ASGI, HTTP connection scope: what `send` does after a disconnect

        with contextlib.suppress(BodyError, OSError, Exception if left else BodyError):
            await app(asgi_scope(path), asgi_receive(), send)


def _ask_flask(app) -> None:
    for kind in KINDS:
        path, _, left = kind.partition("?")
        body = app(wsgi_environ(path), lambda status, headers, exc_info=None: None)
        with contextlib.suppress(BodyError):
            for _ in body:
                if left:
                    break
        body.close()


# ---------------------------------------------------------------------- over a server
@contextlib.contextmanager
def served(server: str) -> Iterator[tuple[Callable[[int], None], Callable[[], State]]]:
    """As `in_process`, with one process of uvicorn (Starlette) or gunicorn (Flask)."""
    port = free_port()
    command = {
        "uvicorn": ["uvicorn", "--factory", "benchmarks.soak:serve_starlette", "--port", str(port), "--log-level", "critical"],
        "gunicorn": ["gunicorn", "benchmarks.soak:serve_flask()", "--bind", f"127.0.0.1:{port}", "--threads", "4", "--log-level", "critical"],
    }[server]
    process = subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield lambda requests: load(port, KINDS, requests), lambda: State(*json.loads(ask(port, "/state")))
    finally:
        process.terminate()
        process.wait(30)


def serve_starlette():
    switch_on()
    return starlette_app()


def serve_flask():
    switch_on()
    return flask_app()


# ---------------------------------------------------------------------- the verdict
def soak(make: Callable[[int], None], tell: Callable[[], State], requests: int) -> list[str]:
    """Make the requests, print the state at every tenth, and return what has gone wrong: nothing, if all is well."""
    tenth = requests // 10 // (2 * len(KINDS)) * 2 * len(KINDS)
    states = []
    for number in range(1, 11):
        make(tenth)
        states.append(tell())
        now = states[-1]
        print(f"{number * tenth:>10,} requests  {now.resident / 2**20:7.1f} MiB  {now.findings}", flush=True)
    before, last = settled(states[1:-1]), states[-1]
    for _ in range(10):  # a server may not have noticed yet that its last clients are gone
        if not list(grown(before, last)):
            break
        time.sleep(0.5)
        last = tell()
    return [*grown(before, last), *miscounted(last.findings, 10 * tenth // len(KINDS))]


def settled(states: list[State]) -> State:
    """What has to be exceeded: the memory of the first state, and the most of each table, which may hold now this finding and now that."""
    tables = {name: max(state.tables.get(name, 0) for state in states) for state in states for name in state.tables}
    return states[0]._replace(tables=tables)


def grown(before: State, after: State) -> Iterator[str]:
    """What is larger than it was."""
    if after.resident - before.resident > ALLOWED:
        yield f"memory: {(after.resident - before.resident) / 2**20:+.1f} MiB"
    for name, size in after.tables.items():
        if size > before.tables.get(name, 0):
            yield f"{name}: {before.tables.get(name, 0)} -> {size}"


def miscounted(findings: dict[str, int], rounds: int) -> Iterator[str]:
    """Rules that were not told as often as they were broken."""
    for rule in {*EXPECTED, *findings}:
        if findings.get(rule, 0) != EXPECTED.get(rule, 0) * rounds:
            yield f"{rule}: {findings.get(rule, 0)} findings instead of {EXPECTED.get(rule, 0) * rounds}"


def main() -> int:
    parser = argparse.ArgumentParser("python -m benchmarks.soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=2_000_000)
    parser.add_argument("--server", choices=("uvicorn", "gunicorn"))
    options = parser.parse_args()
    with served(options.server) if options.server else contextlib.nullcontext(in_process()) as (make, tell):
        wrong = soak(make, tell, options.requests)
    print(*wrong or ["nothing has grown, every finding was told"], sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
