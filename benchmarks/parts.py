"""What is no request: memory of responses under way, a stack, `install()`, a finding. Each in a fresh process.

    python -m benchmarks.parts WHAT [ARGUMENT ...]
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import traceback
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from benchmarks.applications import ASGI, NATIVE, PROTOCOLS, WSGI, Local, application
from benchmarks.clients import asgi_receive, asgi_scope, wsgi_environ
from benchmarks.figures import Figure
from benchmarks.peers import switch_on
from benchmarks.worker import ROOT, environment

_UNDER_WAY, _WARM_UP = 500, 50  # responses
_DEPTH = 20  # frames


# ---------------------------------------------------------------------- memory
def memory(framework: str, variant: str) -> list[float]:
    """Bytes for each response whose first chunk has been sent and that goes on, and how many locals of its view are still alive."""
    wrap = switch_on(variant, framework)
    begin = {ASGI: _begin_asgi, WSGI: _begin_wsgi}[PROTOCOLS[framework]](wrap(application(framework)))
    under_way = [begin() for _ in range(_WARM_UP)]
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    under_way += [begin() for _ in range(_UNDER_WAY)]
    gc.collect()
    return [(tracemalloc.get_traced_memory()[0] - before) / _UNDER_WAY, len(Local.alive) / len(under_way)]


def _begin_asgi(app) -> Callable[[], object]:
    loop = asyncio.new_event_loop()

    def begin():
        first_chunk = loop.create_future()

        async def send(message):
            if message["type"] == "http.response.body":
                first_chunk.done() or first_chunk.set_result(None)
                await loop.create_future()

        task = loop.create_task(app(asgi_scope("/chunks/2"), asgi_receive(), send))
        loop.run_until_complete(first_chunk)
        return task

    return begin


def _begin_wsgi(app) -> Callable[[], object]:
    def begin():
        body = app(wsgi_environ("/chunks/2"), lambda status, headers, exc_info=None: None)
        chunks = iter(body)
        next(chunks)
        return body, chunks

    return begin


# ---------------------------------------------------------------------- a stack
def stack(what: str) -> float:
    """Nanoseconds for a stack of so many frames, as respstart takes it or as traceback.extract_stack does."""
    from respstart.core.stack import capture

    taken = {"capture": lambda: capture(sys._getframe(), _DEPTH), "extract_stack": lambda: traceback.extract_stack(limit=_DEPTH)}[what]

    def timed(take: Callable[[], object]) -> float:
        def deeper(frames):  # the frames are new ones each time, as in a request
            return deeper(frames - 1) if frames else take()

        deeper(_DEPTH)
        before = time.process_time_ns()
        for _ in range(5000):
            deeper(_DEPTH)
        return (time.process_time_ns() - before) / 5000

    return statistics.median(timed(taken) - timed(lambda: None) for _ in range(7))


# ---------------------------------------------------------------------- install
def install(framework: str) -> list[float]:
    """Milliseconds of `import respstart` and of `install()`, and how many modules they import; the framework is imported already."""
    importlib.import_module(framework)
    application(framework)
    modules, start = len(sys.modules), time.process_time_ns()
    import respstart

    imported, middle = len(sys.modules), time.process_time_ns()
    respstart.install(output="off")
    end = time.process_time_ns()
    return [(middle - start) / 1e6, imported - modules, (end - middle) / 1e6, len(sys.modules) - imported]


# ---------------------------------------------------------------------- a finding
_LATE_VIEW = """
async def view_{number}(scope, receive, send):
    response = Response("x")
    await response(scope, receive, send)
    begun.append(perf_counter())
    response.set_cookie("late", "1")
"""


def finding() -> list[float]:
    """Milliseconds from a late write to the callback: the first of the process, the median of other defects, and of one that repeats."""
    from starlette.responses import Response

    import respstart

    respstart.install(output="off", otel="off")
    begun: list[float] = []
    took: list[float] = []
    respstart.on_finding(lambda found: took.append((time.perf_counter() - begun[-1]) * 1000))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "late_views.py")
        path.write_text("".join(_LATE_VIEW.format(number=number) for number in range(50)))
        namespace = {"Response": Response, "begun": begun, "perf_counter": time.perf_counter}
        exec(compile(path.read_text(), str(path), "exec"), namespace)
        asyncio.run(_ask_each([namespace[f"view_{number}"] for number in range(50)]))
        asyncio.run(_ask_each([namespace["view_0"]] * 50))
    assert len(took) == 100, took
    return [took[0], statistics.median(took[1:50]), statistics.median(took[50:])]


async def _ask_each(views) -> None:
    async def quiet(message=None):
        pass

    for view in views:
        from starlette.applications import Starlette
        from starlette.routing import Mount

        await Starlette(routes=[Mount("/", view)])(asgi_scope("/"), quiet, quiet)


_PARTS = {"memory": memory, "stack": stack, "install": install, "finding": finding}


def _measured(*arguments: str):
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.parts", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True, check=True, timeout=300)
    return json.loads(done.stdout)


def parts(frameworks: Iterable[str], rounds: int) -> Iterator[Figure]:
    """The figures."""
    for framework in frameworks:
        if PROTOCOLS[framework] != NATIVE:  # aiohttp's server has one response under way for each connection
            own, bare = (_measured("memory", framework, variant) for variant in ("respstart", "bare"))
            yield Figure("memory of a response under way, KiB", framework, (own[0] - bare[0]) / 1024, "{:+.2f}", 1.5)
            yield Figure("locals of its view that it keeps alive", framework, own[1] - bare[1], "{:.0f}", 0)
    taken, formatted = _measured("stack", "capture"), _measured("stack", "extract_stack")
    yield Figure(f"a stack of {_DEPTH} frames, µs", "", taken / 1000, "{:.1f}")
    yield Figure(f"a stack of {_DEPTH} frames / traceback.extract_stack", "", taken / formatted, "{:.2f}", 0.15)
    for framework in [each for each in ("starlette", "flask", "django") if each in frameworks]:
        medians = map(statistics.median, zip(*(_measured("install", framework) for _ in range(rounds)), strict=True))
        for what, value in zip(("import respstart, ms", "modules that it loads", "install(), ms", "modules that install() loads"), medians, strict=True):
            yield Figure(what, framework, value, "{:.0f}")
    for what, value in zip(("the first finding", "a finding", "a finding again"), _measured("finding"), strict=True):
        yield Figure(f"{what}, from the late line to the callback, ms", "", value, "{:.2f}", 2.0 if what != "the first finding" else None)


if __name__ == "__main__":
    print(json.dumps(_PARTS[sys.argv[1]](*sys.argv[2:])), flush=True)
    os._exit(0)  # what is under way stays there
