"""`programs.py WAY`: processes and loops that come to be in other ways than by a server; prints the rules that were found as JSON."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import sys
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


def _in_child_of_fork() -> list[str]:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, json.dumps(rules()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    return list(json.loads(os.read(reading, 10_000)))


def installed_before_fork() -> list[str]:
    respstart.install(**QUIET)
    rules()
    return _in_child_of_fork()


def installed_after_fork() -> list[str]:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        respstart.install(**QUIET)
        os.write(writing, json.dumps(rules()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    return list(json.loads(os.read(reading, 10_000)))


def _with_install() -> list[str]:
    respstart.install(**QUIET)
    return rules()


def spawned() -> list[str]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_with_install)


def forkserver() -> list[str]:
    with multiprocessing.get_context("forkserver").Pool(1) as pool:
        return pool.apply(_with_install)


def eager() -> list[str]:
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


def plain() -> list[str]:
    return _with_install()


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]]()))
