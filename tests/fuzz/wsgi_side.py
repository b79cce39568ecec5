"""WSGI sequences: what the application calls before it returns, what it returns, and what happens while its body is read.

Servers: wsgiref (also behind its own validator, which is strict), waitress, and one that asks every question that a server may ask.
"""

from __future__ import annotations

import io
import itertools
import random
import re
import threading
import wsgiref.validate
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from wsgiref.handlers import SimpleHandler

from fuzz import values
from fuzz.seen import Logged, Seen

App = Callable[[dict[str, Any], Callable[..., Any]], Any]
Wrap = Callable[[App], App]


@dataclass(frozen=True)
class Plan:
    """One sequence; the steps are words of `STEPS` with their arguments behind colons."""

    server: str
    method: str
    calls: tuple[str, ...]
    result: str
    body: tuple[str, ...]
    swallows: bool

    def smaller(self) -> Iterator[Plan]:
        """The same with one thing less."""
        for field in ("calls", "body"):
            steps = getattr(self, field)
            for number in range(len(steps)):
                yield Plan(**{**vars(self), field: steps[:number] + steps[number + 1 :]})
        for field, simple in (("method", "GET"), ("swallows", False), ("result", "list"), ("server", "wsgiref")):
            if getattr(self, field) != simple:
                yield Plan(**{**vars(self), field: simple})


def draw(choose: random.Random) -> Plan:
    """A random sequence."""
    common = choose.random() < 0.5  # half of them nearly legal: else nobody would come far
    calls = [_start(choose, common)] if choose.random() < 0.85 else []
    calls += [_step(choose, common) for _ in range(choose.choice((0, 0, 1, 2, 3)))]
    if choose.random() < 0.15:
        choose.shuffle(calls)
    body = [_yield(choose, common) if choose.random() < 0.7 else _step(choose, common) for _ in range(choose.randint(0, 4))]
    result = choose.choice(_USUAL_RESULTS if common else tuple(RESULTS))
    return Plan(choose.choice(tuple(SERVERS)), choose.choice(("GET", "GET", "HEAD")), tuple(calls), result, tuple(body), choose.random() < 0.5)


def _start(choose: random.Random, common: bool) -> str:
    if common:
        return f"start:{choose.choice(('200', '404', '304'))}:{choose.choice(('type', 'five', 'three', 'cookies'))}:list"
    return ":".join(("start", *(choose.choice(tuple(table)) for table in (values.STATUSES, values.PAIRS, values.HEADER_KINDS))))


def _yield(choose: random.Random, common: bool) -> str:
    return f"yield:{choose.choice(('empty', 'hello', 'abc', 'large') if common else tuple(values.CHUNKS))}"


def _step(choose: random.Random, common: bool) -> str:
    kind = choose.choice(tuple(STEPS))
    match kind:
        case "start" | "write":
            return _start(choose, common).replace("start", kind, 1)
        case "again":
            return _start(choose, common).replace("start", kind, 1) + ":" + choose.choice(values.EXC_INFOS)
        case "yield":
            return _yield(choose, common)
        case "edit":
            return f"edit:{choose.choice(('add', 'remove', 'clear'))}"
        case "raise":
            return f"raise:{choose.choice(tuple(_ERRORS))}"
    return kind


_ERRORS: dict[str, Callable[[], BaseException]] = {
    "value": lambda: ValueError("mid"), "stop": lambda: values.Stop("stop"), "unreadable": values.Unreadable, "iteration": lambda: StopIteration("early"),
    "group": lambda: ExceptionGroup("several", [ValueError("one"), KeyError("two")]), "exit": lambda: SystemExit(3), "reset": ConnectionResetError,
}  # fmt: skip


class Run:
    """One run of the application of a plan."""

    def __init__(self, plan: Plan, seen: Seen) -> None:
        self.plan = plan
        self.seen = seen
        self.write: Any = None
        self.headers: Any = None

    def app(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        self.environ, self.start_response = environ, start_response
        self.seen.tell("environ", sorted(key for key in environ if key.islower()), threading.current_thread().name)
        for step in self.plan.calls:
            self.take(step)
        return self.seen.name("result", RESULTS[self.plan.result](self))

    def take(self, step: str) -> Any:
        kind, *arguments = step.split(":")
        try:
            return STEPS[kind](self, *arguments)
        except Exception as error:
            self.seen.tell(step, error)
            if not self.plan.swallows or kind == "raise":
                raise

    def generate(self) -> Iterator[Any]:
        try:
            for step in self.plan.body:
                if step.startswith("yield:"):
                    yield self.chunk(step.removeprefix("yield:"))
                else:
                    self.take(step)
            self.seen.tell("exhausted")
        except GeneratorExit:
            self.seen.tell("closed early")
            raise

    def chunks(self) -> list[Any]:
        return [self.chunk(step.removeprefix("yield:")) for step in self.plan.body if step.startswith("yield:")]

    def chunk(self, kind: str) -> Any:
        return self.seen.name(f"chunk {kind}", values.CHUNKS[kind]())

    # ------------------------------------------------------------------ steps
    def start(self, status: str, pairs: str, kind: str, *rest: str) -> Any:
        headers = values.HEADER_KINDS[kind](list(values.PAIRS[pairs]))
        self.headers = self.seen.name("headers", headers) if headers is not None else None
        arguments = [self.seen.name("exc_info", values.exc_info(one)) if one != "none" else None for one in rest]
        self.write = self.start_response(values.STATUSES[status], headers, *arguments)
        self.seen.tell("started", getattr(self.write, "__qualname__", type(self.write).__name__))
        return self.write

    def again_while_handling(self, *arguments: str) -> None:
        try:
            raise KeyError("handled")
        except KeyError:
            self.start(*arguments)

    def start_and_write(self, *arguments: str) -> None:
        write = self.start(*arguments)
        self.seen.tell("written", write(self.seen.name("data", b"written")))

    def write_more(self) -> None:
        if self.write is not None:
            self.seen.tell("written", self.write(self.seen.name("more", b"more")))

    def edit(self, what: str) -> None:
        if isinstance(self.headers, list):
            {"add": lambda: self.headers.append(("X-Late", "1")), "remove": lambda: self.headers and self.headers.pop(), "clear": self.headers.clear}[what]()

    def fail(self, kind: str) -> None:
        error = _ERRORS[kind]()
        raise error

    def in_thread(self) -> None:
        """A second writer, in another thread."""
        thread = threading.Thread(target=self.take, args=("start:200:type:list",), name="writer")
        before, threading.excepthook = threading.excepthook, lambda problem: self.seen.tell("thread", problem.exc_value)
        try:
            thread.start()
            thread.join()
        finally:
            threading.excepthook = before


STEPS: dict[str, Callable[..., Any]] = {
    "start": Run.start,
    "again": Run.again_while_handling,
    "write": Run.start_and_write,
    "more": Run.write_more,
    "edit": Run.edit,
    "raise": Run.fail,
    "thread": Run.in_thread,
    "yield": lambda run, kind: None,
    "look": lambda run: run.seen.tell("look", sorted(run.environ) == sorted(dict(run.environ))),
}


# ---------------------------------------------------------------------- results
class Closing:
    """An iterator with `close`."""

    def __init__(self, run: Run, fails: bool = False) -> None:
        self._run, self._chunks, self._fails = run, run.generate(), fails

    def __iter__(self) -> Any:
        self._run.seen.tell("iter")
        return self

    def __next__(self) -> Any:
        return next(self._chunks)

    def close(self) -> None:
        self._run.seen.tell("close")
        if self._fails:
            raise RuntimeError("close failed")


class Reiterable:
    """An iterable that is no iterator, and of which `close` is no attribute of its class."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __iter__(self) -> Any:
        self._run.seen.tell("iter")
        return self._run.generate()

    def __getattr__(self, name: str) -> Any:
        if name == "close":
            return lambda: self._run.seen.tell("close")
        raise AttributeError(name)


class Sized(Reiterable):
    """One with a length that is looked at."""

    def __len__(self) -> int:
        self._run.seen.tell("len")
        return len(self._run.chunks())


class Unsized(Reiterable):
    def __len__(self) -> int:
        raise ArithmeticError("no length")


class Indexed:
    """The old protocol of sequences."""

    def __init__(self, run: Run) -> None:
        self._chunks = run.chunks()

    def __getitem__(self, index: int) -> Any:
        return self._chunks[index]


class Broken(Reiterable):
    def __iter__(self) -> Any:
        raise LookupError("no iterator")


async def _asynchronous(run: Run) -> Any:
    yield b"never"


def _lazy(run: Run) -> Iterator[Any]:
    """The start is called when the body is read."""
    for step in run.plan.calls:
        run.take(step)
    yield from run.generate()


def _response(run: Run, streamed: bool) -> Any:
    """A response object of Werkzeug, changed after it has been rendered."""
    from werkzeug.wrappers import Response

    def body() -> Iterator[bytes]:
        for chunk in run.chunks():
            response.headers["X-Late"] = "1"
            yield chunk

    response = Response(body() if streamed else b"".join(chunk for chunk in run.chunks() if isinstance(chunk, bytes)))
    result = response(run.environ, run.start_response)
    response.set_cookie("late", "1")
    response.status_code = 500
    return result


RESULTS: dict[str, Callable[[Run], Any]] = {
    "list": Run.chunks,
    "tuple": lambda run: tuple(run.chunks()),
    "generator": Run.generate,
    "lazy": _lazy,
    "closing": Closing,
    "reiterable": Reiterable,
    "file": lambda run: run.environ["wsgi.file_wrapper"](io.BytesIO(b"content of a file"), 5),
    "werkzeug": lambda run: _response(run, False),
    "streamed": lambda run: _response(run, True),
    "failing close": lambda run: Closing(run, True),
    "iterator": lambda run: iter(run.chunks()),
    "map": lambda run: map(bytes, [b"mapped", b"twice"]),
    "chain": lambda run: itertools.chain([b"first"], run.generate()),
    "set": lambda run: {b"set"},
    "dict": lambda run: {b"key": 1},
    "one shot": lambda run: values.OneShot(run.chunks()),
    "own list": lambda run: values.Headers(run.chunks()),
    "open file": lambda run: io.BytesIO(b"line\nline\n"),
    "sized": Sized,
    "unsized": Unsized,
    "indexed": Indexed,
    "broken": Broken,
    "bytes": lambda run: b"ab",
    "text": lambda run: "ab",
    "none": lambda run: None,
    "number": lambda run: 5,
    "asynchronous": _asynchronous,
    "class": lambda run: Reiterable,
}
_USUAL_RESULTS = ("list", "list", "tuple", "generator", "generator", "lazy", "closing", "reiterable", "file", "werkzeug", "streamed")


# ---------------------------------------------------------------------- servers
def _environ(plan: Plan) -> dict[str, Any]:
    return {"REQUEST_METHOD": plan.method, "PATH_INFO": "/", "SERVER_NAME": "x", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
            "QUERY_STRING": "", "SCRIPT_NAME": ""}  # fmt: skip


def _wsgiref(plan: Plan, app: App, seen: Seen, wrap: Wrap) -> bytes:
    out = io.BytesIO()

    class Handler(SimpleHandler):
        http_version = "1.1"
        server_software = "T"

        def start_response(self, status: Any, headers: Any, *rest: Any) -> Any:
            seen.tell("server: start", status, headers, *rest)
            return super().start_response(status, headers, *rest)

        def write(self, data: Any) -> None:
            seen.tell("server: write", data)
            super().write(data)

        def sendfile(self) -> bool:
            seen.tell("server: sendfile", self.result)
            return False

        def log_exception(self, exc_info: Any) -> None:
            seen.tell("server: saw", exc_info[1])

    handler = Handler(io.BytesIO(), out, io.StringIO(), _environ(plan), multithread=False)
    try:
        handler.run(wrap(app))
    except BaseException as error:
        seen.tell("server: raised", error)
    return out.getvalue()


def _validated(plan: Plan, app: App, seen: Seen, wrap: Wrap) -> bytes:
    return _wsgiref(plan, app, seen, lambda app: wsgiref.validate.validator(wrap(app)))


def _waitress(plan: Plan, app: App, seen: Seen, wrap: Wrap) -> bytes:
    from waitress.adjustments import Adjustments
    from waitress.parser import HTTPRequestParser
    from waitress.task import WSGITask

    written: list[Any] = []

    def write_soon(data: Any) -> int:
        written.append(bytes(data) if isinstance(data, bytes) else b"".join(iter(lambda: data.read(4), b"")))
        return len(written[-1])

    adj = Adjustments(ident="T")
    request = HTTPRequestParser(adj)
    request.received(f"{plan.method} / HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    server = SimpleNamespace(adj=adj, application=wrap(app), server_name="x", effective_port=80)
    channel = SimpleNamespace(adj=adj, server=server, addr=("127.0.0.1", 1), write_soon=write_soon, creation_time=0, check_client_disconnected=lambda: False)
    task = WSGITask(channel, request)
    try:
        task.service()
    except BaseException as error:
        seen.tell("server: saw", error)
    seen.tell("server: closes", task.close_on_finish)
    return b"".join(written)


def _curious(plan: Plan, app: App, seen: Seen, wrap: Wrap) -> bytes:
    """A server that takes anything, and asks everything that one may ask of an iterable."""
    out: list[Any] = []

    def write(data: Any) -> None:
        seen.tell("server: write", data)
        out.append(data)

    def start_response(status: Any, headers: Any, *rest: Any, **named: Any) -> Any:
        seen.tell("server: start", status, headers, rest, sorted(named))
        if rest and isinstance(rest[0], tuple) and out:
            raise rest[0][1]
        return write

    environ = {**_environ(plan), "wsgi.file_wrapper": wsgiref.util.FileWrapper}
    seen.name("environ", environ)
    try:
        result = wrap(app)(environ, start_response)
        sized = hasattr(type(result), "__len__")
        if sized or isinstance(result, wsgiref.util.FileWrapper):
            seen.tell("server: result", result)
        seen.tell("server: asks", sized, hasattr(result, "close"), callable(result), hasattr(result, "read"))
        try:
            seen.tell("server: length", len(result))
        except Exception as error:
            seen.tell("server: no length", type(error).__name__)
        try:
            for chunk in result:
                write(chunk)
        finally:
            if hasattr(result, "close"):
                result.close()
    except BaseException as error:
        seen.tell("server: saw", error)
    return b"".join(data for data in out if isinstance(data, bytes))


SERVERS: dict[str, Callable[[Plan, App, Seen, Wrap], bytes]] = {
    "wsgiref": _wsgiref,
    "validated": _validated,
    "waitress": _waitress,
    "curious": _curious,
}

_DATE = re.compile(rb"Date: [^\r]*\r\n")


def run(plan: Plan, wrap: Wrap) -> list[Any]:
    """What was seen of a sequence; `wrap` is put around the application."""
    seen = Seen()
    run = Run(plan, seen)
    with Logged(seen):
        wire = SERVERS[plan.server](plan, run.app, seen, wrap)
    return [("wire", _DATE.sub(b"", wire)), *seen.events]
