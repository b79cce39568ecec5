"""web.py: one context for all threads, whose parts are each request's own, and sessions that are saved before a generator runs."""

from __future__ import annotations

import sys
from contextvars import ContextVar
from types import GeneratorType
from typing import Any

from respstart.integrations.rows import (
    After,
    Answers,
    Brings,
    Dispatches,
    Endpoint,
    Enters,
    Integration,
    Mutates,
    Provides,
    Rescues,
    ResponseKind,
    Watch,
)


class Head:
    """The head of one request: its list of headers, which tells whose the context is, and what else is known of the request."""

    __slots__ = ("__weakref__", "handler", "headers", "sessions", "status")

    def __init__(self) -> None:
        context = _context()
        self.headers = context.get("headers")
        self.status = context.get("status")
        self.handler: Any = None
        self.sessions: dict[int, Saved] = {}


class Saved:
    """What is in a session of this request, as long as the context is the request's own."""

    __slots__ = ("__weakref__", "data", "values")

    def __init__(self, data: Any) -> None:
        self.data = data
        self.values: dict[Any, Any] = {}


# Keeps a head alive until the thread's (or greenlet's) next request.
_here: ContextVar[Head | None] = ContextVar("respstart_webpy", default=None)
_BOOKKEEPING = ("_killed", "ip", "session_id")


def _context() -> Any:
    return sys.modules["web.webapi"].ctx


def loaded(args: tuple[Any, ...]) -> Head:
    """The context has been made ready for a request."""
    head = Head()
    _here.set(head)
    return head


def entries(head: Head) -> tuple[Any, Any]:
    """Status and headers, as they are now; the last status that was seen once the context is empty, or another's."""
    context = _context()
    if context.get("headers") is head.headers:
        head.status = context.get("status")
    return head.status, tuple(head.headers)


def part(data: Any) -> Any:
    """What of the thread's request a thread-local object stands for: the context for its head, a session for what was saved."""
    head = _here.get()
    if head is None:
        return None
    return head.headers if data is _context() else head.sessions.get(id(data))


def headers_added(args: tuple[Any, ...], result: Any, watch: Watch) -> None:
    """A header has been added by `web.header`, or by `web.setcookie` through it."""
    watch.wrote(_context().get("headers"))


def handler(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The method that is to answer; None for redirects and sub-applications."""
    target, names = args[1], args[2]
    if isinstance(target, str):
        module, _, name = target.rpartition(".")
        target = getattr(sys.modules.get(module), name, None) if module else names.get(name)
    if not isinstance(target, type):
        return None
    method = _context().get("method")
    return getattr(target, method, getattr(target, "GET", None) if method == "HEAD" else None)


def delegated(args: tuple[Any, ...], result: Any, watch: Watch) -> None:
    """A handler has returned: a generator will be looked into before the response is started."""
    found, head = handler(args, {}), _here.get()
    if found is not None and head is not None:
        head.handler = found
        if isinstance(result, GeneratorType):
            watch.body(result)


def endpoint(app: Any, environ: Any) -> Any:
    """The method that was called last."""
    head = _here.get()
    return head.handler if head is not None else None


def session_saved(args: tuple[Any, ...], result: Any, watch: Watch) -> None:
    """The session has been stored and its cookie set: a generator that is the body has not run yet."""
    data, head = args[0]._data, _here.get()
    if head is not None:
        head.sessions[id(data)] = saved = Saved(data)
        watch.session(saved, values)


def values(saved: Saved) -> dict[Any, Any]:
    """What is in the session now; the last that was seen once the request is over."""
    head = _here.get()
    if head is not None and head.sessions.get(id(saved.data)) is saved and "session_id" in saved.data:
        saved.values = {key: value for key, value in saved.data.items() if key not in _BOOKKEEPING}
    return saved.values


HEAD = ResponseKind(entries, lambda head: (head.headers,))

INTEGRATION = Integration(
    name="webpy",
    kind="framework",
    packages=("web",),
    distribution="web.py",
    limits=(
        "A late append to `ctx.headers` is found without a late writer: it is a plain list. A list put in its place is not seen.",
        "Before Python 3.12 nothing tells which of several functions returned the answer: the `def` line is named, or nobody.",
    ),
    rows=(
        Enters("web.application:application.wsgifunc", "wsgi", endpoint=endpoint, made=True),
        Provides("web.application:application.load", HEAD, owner=loaded),
        Endpoint("web.application:application._delegate", handler),
        After("web.application:application._delegate", delegated),
        After("web.webapi:header", headers_added),
        After("web:header", headers_added),
        Mutates(
            "web.utils:ThreadedDict",
            ("__setattr__", "__delattr__", "__setitem__", "__delitem__", "pop", "popitem", "setdefault", "update"),
            part=part,
        ),
        After("web.session:Session._save", session_saved),
        Rescues("web.application:application._unload"),
        Brings("web.application:application.add_processor", lambda args, kwargs: (*args, *kwargs.values())[1]),
        Dispatches(
            (
                "web.application:application._delegate",
                "web.application:application._delegate.<locals>.handle_class",
                "web.application:application.handle_with_processors.<locals>.process",
                "web.application:application.wsgifunc.<locals>.wsgi",
                "web.application:application.wsgifunc.<locals>.peep",
                "web.application:application.wsgifunc.<locals>.wsgi.<locals>.build_result",
                "web.application:unloadhook.<locals>.processor",
                "web.application:unloadhook.<locals>.wrap.<locals>.next_hook",
            )
        ),
        Answers("web.webapi:HTTPError", lambda error: int(str(error)[:3])),
    ),
)
