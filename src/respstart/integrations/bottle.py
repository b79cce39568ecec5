"""Bottle: one response object for all threads, whose parts are each request's own."""

from __future__ import annotations

import sys
from contextvars import ContextVar
from types import GeneratorType
from typing import Any

from respstart.integrations.rows import (
    After,
    Answers,
    Brings,
    Builds,
    Dispatches,
    Endpoint,
    Enters,
    Integration,
    Mutates,
    Rescues,
    ResponseKind,
    Sets,
    Watch,
)


class Head:
    """The head of one request: its headers, which are never exchanged, and the objects through which it is written.

    These are Bottle's own response, as long as it stands for this request, and an HTTPResponse that was answered with.
    """

    __slots__ = ("__weakref__", "cookies", "headers", "status", "writers")

    def __init__(self, response: Any, answer: Any) -> None:
        self.headers = response._headers
        self.status = response._status_code
        self.cookies: list[Any] = []
        self.writers = [response] if answer is None else [response, answer]


# Keeps a head alive for as long as Bottle keeps the rest of its request: until the thread's (or greenlet's) next one.
_here: ContextVar[Head | None] = ContextVar("respstart_bottle", default=None)


def headers_of(response: Any) -> Any:
    """The headers that a response writes to, which tell whose it is; None in a thread without a request."""
    try:
        return response._headers
    except RuntimeError:
        return None


def entries(head: Head) -> tuple[Any, Any]:
    """Status and headers, cookies included, as they are now."""
    status = head.status
    for response in head.writers:
        if headers_of(response) is head.headers:
            if response._status_code != head.status:
                status = response._status_code
            if response._cookies and not any(response._cookies is known for known in head.cookies):
                head.cookies.append(response._cookies)
    pairs = [(name, value) for name, values in head.headers.items() for value in values]
    pairs += [("Set-Cookie", cookie.OutputString()) for cookies in head.cookies for cookie in cookies.values()]
    return status, tuple(pairs)


def parts(head: Head) -> tuple[Any, ...]:
    """Every way to write goes through the headers' dict."""
    return (head.headers,)


HEAD = ResponseKind(entries, parts)
ANSWER = ResponseKind(lambda answer: entries(Head(answer, None)), lambda answer: (answer, answer._headers))


def cast(args: tuple[Any, ...], body: Any, watch: Watch) -> None:
    """What a handler gave has been turned into a body, for which generators are looked into: the head is read next."""
    app, out = args[:2]
    bottle = sys.modules["bottle"]
    answer = out if isinstance(out, bottle.HTTPResponse) else None
    handled = isinstance(out, bottle.HTTPError) and out.status_code in app.error_handler
    head = Head(bottle.response, answer)
    _here.set(head)
    watch.rendered(head, HEAD, answer, authored=not handled)
    if isinstance(out, GeneratorType):
        watch.body(out)


def error_handler(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The user's handler for an error that is about to be turned into a body."""
    status = getattr(args[1], "status_code", None)
    return args[0].error_handler.get(status) if status is not None else None


INTEGRATION = Integration(
    name="bottle",
    kind="framework",
    packages=("bottle",),
    distribution="bottle",
    limits=(
        "`response.status` set in another thread is not seen: there it is the status of no request.",
        "Before Python 3.12 nothing tells which of several functions returned the answer: the `def` line is named, or nobody.",
    ),
    rows=(
        Enters("bottle:Bottle.__call__", "wsgi", endpoint=lambda app, environ: getattr(environ.get("bottle.route"), "callback", None)),
        Endpoint(
            "bottle:Route.__init__",
            lambda args, kwargs: kwargs.get("callback", args[4] if len(args) > 4 else None),
            existing=("bottle:Route", lambda route: [route.callback]),
        ),
        Endpoint("bottle:Bottle._cast", error_handler),
        After("bottle:Bottle._cast", cast),
        Builds("bottle:HTTPResponse.__init__", ANSWER),
        Rescues("bottle:HTTPResponse.apply", exception=0),
        Mutates("bottle:BaseResponse", ("__setitem__", "__delitem__", "set_header", "add_header", "set_cookie"), part=headers_of),
        Mutates(
            "bottle:HeaderDict",
            ("__setitem__", "__delitem__", "append", "replace", "filter"),
            part=lambda headers: headers.dict,
        ),
        Sets("bottle:BaseResponse.status", part=headers_of),
        Brings("bottle:Bottle.install", lambda args, kwargs: (*args, *kwargs.values())[1]),
        Dispatches(("bottle:Bottle._handle", "bottle:Bottle._cast", "bottle:Bottle.trigger_hook", "bottle:Bottle.wsgi")),
        Answers("bottle:HTTPResponse", lambda response: response.status_code),
    ),
)
