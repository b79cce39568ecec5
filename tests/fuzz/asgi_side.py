"""ASGI sequences: messages that the application sends, one after the other or at once, and what happens to it meanwhile.

Servers: uvicorn with h11 and with httptools, on a transport in memory, and one that takes anything and tells what it was given.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import io
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from fuzz import values
from fuzz.seen import Logged, Seen

App = Callable[[Any, Any, Any], Awaitable[None]]
Wrap = Callable[[App], App]


@dataclass(frozen=True)
class Plan:
    """One sequence; the steps are words of `STEPS` with their arguments behind colons."""

    server: str
    method: str
    steps: tuple[str, ...]
    swallows: bool

    def smaller(self) -> Iterator[Plan]:
        """The same with one thing less."""
        for number in range(len(self.steps)):
            yield Plan(self.server, self.method, self.steps[:number] + self.steps[number + 1 :], self.swallows)
        for field, simple in (("method", "GET"), ("swallows", False), ("server", "curious")):
            if getattr(self, field) != simple:
                yield Plan(**{**vars(self), field: simple})


def draw(choose: random.Random) -> Plan:
    """A random sequence."""
    common = choose.random() < 0.5  # half of them nearly legal: else nobody would come far
    steps = [_start(choose, common)] if choose.random() < 0.8 else []
    steps += [_body(choose, common) if choose.random() < 0.5 else _step(choose, common) for _ in range(choose.randint(0, 6))]
    if choose.random() < 0.1:
        choose.shuffle(steps)
    return Plan(choose.choice(tuple(SERVERS)), choose.choice(("GET", "GET", "HEAD")), tuple(steps), choose.random() < 0.5)


def _start(choose: random.Random, common: bool) -> str:
    if common:
        return f"start:{choose.choice(('200', '404', '304'))}:{choose.choice(('none', 'type', 'five', 'three', 'cookies', 'chunked'))}:list:dict"
    tables = (values.ASGI_STATUSES, values.ASGI_PAIRS, values.ASGI_HEADER_KINDS, values.MESSAGE_KINDS)
    return ":".join(("start", *(choose.choice(tuple(table)) for table in tables)))


def _body(choose: random.Random, common: bool) -> str:
    chunk = choose.choice(("empty", "hello", "abc", "large") if common else tuple(values.CHUNKS))
    return f"body:{chunk}:{choose.choice(('more', 'more', 'last', 'missing') if common else tuple(_MORE))}"


def _step(choose: random.Random, common: bool) -> str:
    kind = choose.choice(tuple(STEPS))
    match kind:
        case "start" | "start in task" | "unawaited":
            return _start(choose, common).replace("start", kind, 1)
        case "body" | "body in task" | "body from thread":
            return _body(choose, common).replace("body", kind, 1)
        case "other":
            return f"other:{choose.choice(tuple(_OTHERS))}"
        case "edit":
            return f"edit:{choose.choice(('add', 'clear', 'status', 'replace', 'type'))}"
        case "raise":
            return f"raise:{choose.choice(tuple(_ERRORS))}"
        case "starlette":
            return f"starlette:{choose.choice(('plain', 'stream', 'file', 'middleware', 'twice'))}"
    return kind


_MORE: dict[str, dict[str, Any]] = {
    "more": {"more_body": True}, "last": {"more_body": False}, "missing": {}, "one": {"more_body": 1}, "text": {"more_body": "no"}, "none": {"more_body": None},
}  # fmt: skip
_ERRORS: dict[str, Callable[[], BaseException]] = {
    "value": lambda: ValueError("app"), "stop": lambda: values.Stop("stop"), "unreadable": values.Unreadable, "cancelled": asyncio.CancelledError,
    "group": lambda: ExceptionGroup("several", [ValueError("one"), KeyError("two")]), "iteration": lambda: StopAsyncIteration("early"),
    "reset": ConnectionResetError, "generator": GeneratorExit,
}  # fmt: skip
_OTHERS: dict[str, Callable[[], Any]] = {
    "trailers": lambda: {"type": "http.response.trailers", "headers": [(b"x-end", b"1")]},
    "more trailers": lambda: {"type": "http.response.trailers", "headers": [], "more_trailers": True},
    "hint": lambda: {"type": "http.response.early_hint", "links": [b"</a.css>; rel=preload"]},
    "push": lambda: {"type": "http.response.push", "path": "/a.css", "headers": []},
    "debug": lambda: {"type": "http.response.debug", "info": {}},
    "path": lambda: {"type": "http.response.pathsend", "path": "/dev/null"},
    "zerocopy": lambda: {"type": "http.response.zerocopysend", "file": io.BytesIO(b"zero")},
    "zerocopy more": lambda: {"type": "http.response.zerocopysend", "file": io.BytesIO(b"zero"), "offset": 1, "count": 2, "more_body": True},
    "announces trailers": lambda: {"type": "http.response.start", "status": 200, "headers": [], "trailers": True},
    "no headers": lambda: {"type": "http.response.start", "status": 200},
    "no status": lambda: {"type": "http.response.start", "headers": []},
    "no body": lambda: {"type": "http.response.body"},
    "websocket": lambda: {"type": "websocket.accept"},
    "lifespan": lambda: {"type": "lifespan.startup.complete"},
    "unknown": lambda: {"type": "http.response.bogus"},
    "type of bytes": lambda: {"type": b"http.response.body"},
    "type of none": lambda: {"type": None},
    "no type": lambda: {"status": 200},
    "growing": lambda: values.Growing(status=200),
    "none": lambda: None,
    "text": lambda: "http.response.body",
    "pairs": lambda: [("type", "http.response.body")],
    "number": lambda: 5,
}  # fmt: skip


class Run:
    """One run of the application of a plan."""

    def __init__(self, plan: Plan, seen: Seen) -> None:
        self.plan = plan
        self.seen = seen
        self.tasks: list[asyncio.Task[Any]] = []
        self.message: Any = None
        self.disconnect: Callable[[], None] = lambda: None

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope, self.receive, self.send = scope, receive, send
        self.seen.tell("scope", scope if self.plan.server == "curious" else None, sorted(scope), asyncio.iscoroutinefunction(send) or asyncio.iscoroutinefunction(getattr(send, "__call__", None)))  # noqa: B004
        try:
            for step in self.plan.steps:
                await self.take(step)
        finally:
            for task in self.tasks:
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait([task])
                self.seen.tell("task", task.cancelled() or task.exception())

    async def take(self, step: str) -> None:
        kind, *arguments = step.split(":")
        try:
            self.seen.tell(kind, await STEPS[kind](self, *arguments))
        except Exception as error:
            self.seen.tell(step, error)
            if not self.plan.swallows or kind == "raise":
                raise
        except BaseException as error:
            self.seen.tell(step, error)
            raise

    # ------------------------------------------------------------------ steps
    async def start(self, *arguments: str) -> Any:
        return await self.send(self._start(*arguments))

    async def unawaited(self, *arguments: str) -> None:
        """A `send` whose `await` was forgotten."""
        self.send(self._start(*arguments)).close()

    def _start(self, status: str, pairs: str, kind: str, message: str) -> Any:
        headers = values.ASGI_HEADER_KINDS[kind](list(values.ASGI_PAIRS[pairs]))
        if headers is not None:
            self.seen.name("headers", headers)
        self.message = self._made("start", values.MESSAGE_KINDS[message](type="http.response.start", status=values.ASGI_STATUSES[status], headers=headers))
        return self.message

    def _made(self, name: str, message: Any) -> Any:
        return message if message is None else self.seen.name(name, message)

    async def body(self, chunk: str, more: str) -> Any:
        return await self.send(self._body(chunk, more))

    def _body(self, chunk: str, more: str) -> Any:
        return self._made("body", {"type": "http.response.body", "body": values.CHUNKS[chunk](), **_MORE[more]})

    async def other(self, kind: str) -> Any:
        return await self.send(self._made(kind, _OTHERS[kind]()))

    async def again(self) -> Any:
        """The very message that was sent before."""
        return await self.send(self.message) if self.message is not None else None

    async def edit(self, what: str) -> None:
        if not isinstance(self.message, dict) or isinstance(self.message, values.Frozen):
            return
        headers = self.message.get("headers")
        if what == "add" and isinstance(headers, list):
            headers.append((b"x-late", b"1"))
        elif what == "clear" and isinstance(headers, list):
            headers.clear()
        elif what == "status":
            self.message["status"] = 500
        elif what == "replace":
            self.message["headers"] = [(b"x-late", b"2")]
        elif what == "type":
            self.message["type"] = "http.response.body"

    async def start_in_task(self, *arguments: str) -> None:
        self._runs_beside(self.start(*arguments))

    async def body_in_task(self, *arguments: str) -> None:
        self._runs_beside(self.send(self._body(*arguments)))

    def _runs_beside(self, writing: Any) -> None:
        task = asyncio.create_task(writing, name="writer")
        task.add_done_callback(lambda task: task.cancelled() or task.exception())  # else asyncio logs it whenever it is thrown away
        self.tasks.append(task)

    async def body_from_thread(self, *arguments: str) -> Any:
        """As code in a thread does that waits for the loop."""
        loop = asyncio.get_running_loop()
        waiting = asyncio.ensure_future(asyncio.to_thread(lambda: asyncio.run_coroutine_threadsafe(self.send(self._body(*arguments)), loop).result(5)))
        try:
            return await asyncio.shield(waiting)
        except asyncio.CancelledError:
            await asyncio.wait([waiting])  # else it would be chance what the server was given
            self.seen.tell("from thread", waiting.exception())
            raise

    async def fail(self, kind: str) -> None:
        error = _ERRORS[kind]()
        raise error

    async def fail_while_handling(self) -> None:
        try:
            raise KeyError("handled")
        except KeyError:
            await self.take("start:404:none:list:dict")

    async def sleep(self) -> None:
        await asyncio.sleep(0)

    async def cancel(self) -> None:
        """Cancelled at the next wait."""
        task = asyncio.current_task()
        assert task is not None
        task.cancel()

    async def goes(self) -> None:
        """The client goes away."""
        self.disconnect()

    async def ask(self) -> Any:
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(self.receive(), 0.001)

    async def starlette(self, kind: str) -> None:
        """A response object, changed after it has been sent."""
        await _STARLETTE[kind](self)


STEPS: dict[str, Callable[..., Awaitable[Any]]] = {
    "start": Run.start,
    "body": Run.body,
    "other": Run.other,
    "again": Run.again,
    "edit": Run.edit,
    "unawaited": Run.unawaited,
    "start in task": Run.start_in_task,
    "body in task": Run.body_in_task,
    "body from thread": Run.body_from_thread,
    "raise": Run.fail,
    "handling": Run.fail_while_handling,
    "sleep": Run.sleep,
    "cancel": Run.cancel,
    "disconnect": Run.goes,
    "receive": Run.ask,
    "starlette": Run.starlette,
}


async def _plain(run: Run) -> None:
    from starlette.responses import PlainTextResponse

    response = PlainTextResponse("plain", headers={"x-a": "1"})
    await response(run.scope, run.receive, run.send)
    response.headers["x-late"] = "1"
    response.set_cookie("late", "1")
    response.status_code = 500


async def _stream(run: Run) -> None:
    from starlette.responses import StreamingResponse

    async def body() -> Any:
        yield b"one"
        response.headers["x-late"] = "1"
        yield b"two"
        if run.plan.swallows:
            raise ValueError("in the stream")

    response = StreamingResponse(body())
    await response(run.scope, run.receive, run.send)


async def _file(run: Run) -> None:
    from starlette.responses import FileResponse

    await FileResponse(values.__file__)(run.scope, run.receive, run.send)


async def _behind_middleware(run: Run) -> None:
    from starlette.middleware.base import BaseHTTPMiddleware
    from starlette.responses import PlainTextResponse

    async def dispatch(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        response.headers["x-in-time"] = "1"
        return response

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        response = PlainTextResponse("inner")
        await response(scope, receive, send)
        response.headers["x-late"] = "1"

    await BaseHTTPMiddleware(inner, dispatch)(run.scope, run.receive, run.send)


async def _twice(run: Run) -> None:
    from starlette.responses import PlainTextResponse

    response = PlainTextResponse("twice")
    await response(run.scope, run.receive, run.send)
    await response(run.scope, run.receive, run.send)


_STARLETTE: dict[str, Callable[[Run], Awaitable[None]]] = {
    "plain": _plain, "stream": _stream, "file": _file, "middleware": _behind_middleware, "twice": _twice,
}  # fmt: skip


# ---------------------------------------------------------------------- servers
class Transport(asyncio.Transport):
    """What is written to the socket."""

    def __init__(self) -> None:
        super().__init__({"sockname": ("127.0.0.1", 80), "peername": ("127.0.0.1", 1)})
        self.written = bytearray()
        self.closed = False

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        """Nothing is read."""

    def resume_reading(self) -> None:
        """Nothing is read."""

    def set_protocol(self, protocol: Any) -> None:
        """There is one."""


@functools.cache
def _configuration(implementation: str) -> Any:
    from uvicorn.config import Config

    patient = 3600  # seconds; after its usual five uvicorn would close a connection on a machine that is so busy
    config = Config(_never, http=implementation, log_config=None, lifespan="off", date_header=False, server_header=False, proxy_headers=False, log_level="info", access_log=False, timeout_keep_alive=patient)
    config.load()
    return config


async def _never(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("only there so that there is an application")


async def _uvicorn(implementation: str, plan: Plan, run: Run, wrap: Wrap) -> bytes:
    from uvicorn.server import ServerState

    config, state, transport = _configuration(implementation), ServerState(), Transport()
    config.loaded_app = wrap(run.app)
    protocol = config.http_protocol_class(config=config, server_state=state, app_state={})
    protocol.connection_made(transport)
    run.disconnect = lambda: protocol.connection_lost(ConnectionResetError())
    protocol.data_received(f"{plan.method} /?q=1 HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n".encode())
    for task in list(state.tasks):
        await asyncio.wait([task])
        run.seen.tell("server: task", task.cancelled() or task.exception())
    run.seen.tell("server: closed", transport.closed)
    protocol.connection_lost(None)
    return bytes(transport.written)


async def _curious(plan: Plan, run: Run, wrap: Wrap) -> bytes:
    """A server that takes anything, and tells what it was given."""
    out = bytearray()
    gone = asyncio.Event()
    run.disconnect = gone.set

    request = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Any:
        if request:
            return request.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        run.seen.tell("server: given", message, *sorted(message.items(), key=str) if isinstance(message, dict) else ())
        await asyncio.sleep(0)
        if gone.is_set():
            raise OSError("the client has gone")
        if isinstance(message, dict) and isinstance(message.get("body"), bytes):
            out.extend(message["body"])

    scope = run.seen.name("scope", {"type": "http", "method": plan.method, "path": "/", "query_string": b"", "headers": [], "state": {}})
    task = asyncio.ensure_future(_call(wrap(run.app), scope, receive, send))
    await asyncio.wait([task])
    run.seen.tell("server: saw", task.cancelled() or task.exception())
    return bytes(out)


async def _call(app: App, scope: Any, receive: Any, send: Any) -> Any:
    try:
        return await app(scope, receive, send)
    except BaseException as error:
        return error


SERVERS: dict[str, Callable[[Plan, Run, Wrap], Awaitable[bytes]]] = {
    "uvicorn h11": functools.partial(_uvicorn, "h11"),
    "uvicorn httptools": functools.partial(_uvicorn, "httptools"),
    "curious": _curious,
}


async def run(plan: Plan, wrap: Wrap) -> list[Any]:
    """What was seen of a sequence; `wrap` is put around the application."""
    seen = Seen()
    with Logged(seen):
        wire = await SERVERS[plan.server](plan, Run(plan, seen), wrap)
    return [("wire", wire), *seen.events]
