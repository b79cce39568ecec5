"""`programs.py NAME`: processes and loops that come to be in other ways than by a server; prints the rules that were found as JSON."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import respstart
from neighbours.child import ask_asgi, ask_wsgi, flask_app, starlette_app

QUIET = {"output": "off", "otel": "off"}


def rules() -> list[str]:
    """The rules that two buggy applications give in this process."""
    found: list[str] = []
    remove = respstart.on_finding(lambda finding: found.append(finding.rule))
    ask_wsgi(flask_app())
    ask_asgi(starlette_app())
    remove()
    return found


def _in_a_fork(work: Callable[[], list[str]]) -> list[str]:
    """What `work` returns in a child of this process."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, json.dumps(work()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    return list(json.loads(os.read(reading, 10_000)))


def installed_before_fork() -> list[str]:
    respstart.install(**QUIET)
    rules()
    return _in_a_fork(rules)


def installed_after_fork() -> list[str]:
    return _in_a_fork(plain)


def plain() -> list[str]:
    respstart.install(**QUIET)
    return rules()


def by_the_environment() -> list[str]:
    """With RESPSTART=1, by the start-up file."""
    return rules()


def spawned() -> list[str]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(plain)


def forkserver() -> list[str]:
    with multiprocessing.get_context("forkserver").Pool(1) as pool:
        return pool.apply(plain)


def beside_a_subinterpreter() -> list[str]:
    """It stays off there and says so; in the main one it goes on."""
    try:
        import _interpreters as interpreters
    except ImportError:  # before Python 3.13
        import _xxsubinterpreters as interpreters
    one = interpreters.create()
    failed = interpreters.run_string(one, "import sys; assert 'respstart.autostart' in sys.modules and 'respstart.tracer' not in sys.modules")
    interpreters.destroy(one)
    assert not failed, failed
    return rules()


def eager_tasks() -> list[str]:
    """Tasks run at once when they are created."""
    respstart.install(**QUIET)

    class Policy(asyncio.DefaultEventLoopPolicy):
        def new_event_loop(self):
            loop = super().new_event_loop()
            loop.set_task_factory(asyncio.eager_task_factory)
            return loop

    asyncio.set_event_loop_policy(Policy())
    return rules()


def uvloop() -> list[str]:
    import uvloop

    respstart.install(**QUIET)
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    return rules()


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]]()))
