"""Where the task, timer, thread or job was created that came too late: from the first such finding on, or from the start if asked for."""

from __future__ import annotations

import asyncio
import inspect
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.responses import PlainTextResponse

import drivers
import respstart

KINDS = ("task", "timer", "thread", "thread_timer", "executor", "pool")


def touch(response, done):
    response.headers["x-late"] = "1"
    done.set()


async def touch_soon(response, done):
    await asyncio.sleep(0)
    touch(response, done)


class App:
    """Answers, and has the response changed later from somewhere else; `line` is where that was set going."""

    def __init__(self, kind):
        self.kind = kind
        self.line = 0

    async def __call__(self, scope, receive, send):
        response = PlainTextResponse("ok")
        await response(scope, receive, send)
        done = threading.Event()
        loop = asyncio.get_running_loop()
        pool = ThreadPoolExecutor(1)
        self.line = inspect.currentframe().f_lineno + 1
        running = {
            "task": lambda: asyncio.create_task(touch_soon(response, done)),
            "timer": lambda: loop.call_later(0, touch, response, done),
            "thread": lambda: threading.Thread(target=touch, args=(response, done)).start(),
            "thread_timer": lambda: threading.Timer(0, touch, (response, done)).start(),
            "executor": lambda: loop.run_in_executor(None, touch, response, done),
            "pool": lambda: pool.submit(touch, response, done),
        }
        self.keep = running[self.kind]()
        await asyncio.to_thread(done.wait)
        pool.shutdown()


def findings_of(app, **settings):
    found = []
    with respstart.tracing(output="off", otel="off", **settings):
        forget = respstart.on_finding(found.append)
        drivers.ask(respstart.asgi(app))
        first = list(found)
        drivers.ask(respstart.asgi(app))
        forget()
    return first, found[len(first):]


@pytest.mark.parametrize("kind", KINDS)
def test_creation_is_named(kind):
    """The user's line that created it, not the library's."""
    app = App(kind)
    for finding in findings_of(app, trace_tasks=True)[0]:
        created = finding.late_in["created_at"]
        assert created.file == __file__
        assert app.line < created.line <= app.line + len(KINDS)
        break
    else:
        pytest.fail("nothing was found")


@pytest.mark.parametrize("kind", KINDS)
def test_creation_is_recorded_from_the_first_finding_on(kind):
    """Nothing is paid for it before."""
    first, second = findings_of(App(kind))
    assert [finding.late_in["created_at"] for finding in first] == [None]
    assert [finding.late_in["created_at"] is not None for finding in second] == [True]


def test_nothing_is_left_patched():
    """What was patched on demand is restored like everything else."""
    before = threading.Thread.start, asyncio.tasks.create_task, asyncio.base_events.BaseEventLoop.call_at
    findings_of(App("thread"))
    assert (threading.Thread.start, asyncio.tasks.create_task, asyncio.base_events.BaseEventLoop.call_at) == before
