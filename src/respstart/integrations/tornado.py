"""Tornado, with its own server: the handler is the response, filled by `write`, started by `flush` or `finish`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from respstart.integrations.rows import (
    After,
    Answers,
    Dispatches,
    Fills,
    Handles,
    Integration,
    Mutates,
    Refuses,
    Rescues,
    ResponseKind,
    Sends,
    Starts,
    Watch,
    Writes,
)

# What Tornado itself puts among the headers while it writes them.
_TORNADOS = frozenset(("Connection", "Date", "Transfer-Encoding"))


def head(handler: Any) -> tuple[Any, Any]:
    """Status and headers as they are now; a cookie that is not among the headers yet, too."""
    status, entries = sent(handler)
    entries = tuple(entry for entry in entries if entry[0] not in _TORNADOS)
    rendered = (("Set-Cookie", cookie.OutputString(None)) for cookie in getattr(handler, "_new_cookie", {}).values())
    return status, entries + tuple(entry for entry in rendered if entry not in entries)


def sent(handler: Any) -> tuple[Any, Any]:
    """Status and headers that are written."""
    return handler._status_code, tuple(handler._headers.get_all())


def facts(handler: Any) -> tuple[str, str, str | None, str | None]:
    """Method, path and X-Request-ID of a request; Tornado's routes have no name that a handler knows."""
    request = handler.request
    return request.method, request.path, request.headers.get("X-Request-ID"), None


def endpoint(handler: Any) -> Any:
    """The method of the handler that is to answer."""
    return getattr(type(handler), handler.request.method.lower(), None)


def logged(args: tuple[Any, ...], result: Any, watch: Watch) -> None:
    """Tornado's access log says the status that the handler has by now; a function of the user's may say anything."""
    import logging

    application, handler = args[:2]
    status = handler.get_status()
    level = logging.INFO if status < 400 else logging.WARNING if status < 500 else logging.ERROR
    if "log_function" not in application.settings and logging.getLogger("tornado.access").isEnabledFor(level):
        watch.logged(handler, status)


def is_named(name: str) -> Callable[[BaseException], bool]:
    """Tells exceptions of a class of Tornado's, which need not be imported."""
    return lambda error: any(kind.__name__ == name and kind.__module__.startswith("tornado.") for kind in type(error).__mro__)


is_finish = is_named("Finish")
is_wrong_length = is_named("HTTPOutputError")

RESPONSE = ResponseKind(head)

INTEGRATION = Integration(
    name="tornado",
    kind="framework",
    packages=("tornado",),
    distribution="tornado",
    limits=(
        "A late edit of a handler's own `_headers` is found without a late writer: no method of the handler is called.",
    ),
    rows=(
        Handles("tornado.web:RequestHandler._execute", request=lambda args: args[0], facts=facts, endpoint=endpoint, response=RESPONSE),
        Starts(
            "tornado.web:RequestHandler.flush", RESPONSE, request=lambda handler: handler,
            when=lambda handler: not handler._headers_written and handler._status_code != 101, sent=sent,
        ),
        Fills("tornado.web:RequestHandler.write"),
        # Called by `finish` as soon as the last byte has been handed over.
        Writes("tornado.web:RequestHandler._log", last=lambda args, kwargs: True),
        After("tornado.web:Application.log_request", logged),
        Refuses("tornado.web:RequestHandler.write", "body"),
        Refuses("tornado.web:RequestHandler.finish", "body", length=is_wrong_length),
        Refuses("tornado.web:RequestHandler.flush", "body", length=is_wrong_length),
        Refuses("tornado.web:RequestHandler.render", "body"),
        Refuses("tornado.web:RequestHandler.send_error", "start", silent=True),
        Refuses("tornado.web:RequestHandler.redirect", "error", "RS403"),
        Mutates(
            "tornado.web:RequestHandler",
            ("set_status", "set_header", "add_header", "clear_header", "set_cookie", "clear_cookie", "clear_all_cookies", "clear"),
        ),
        Rescues(
            "tornado.web:RequestHandler._handle_request_exception", exception=1,
            late=True, fails=lambda error: not is_finish(error), terminates=True,
        ),
        Sends(
            (
                "tornado.web:RequestHandler.finish",
                "tornado.web:RequestHandler.redirect",
                "tornado.web:RequestHandler.render",
                "tornado.web:RequestHandler.send_error",
                "tornado.web:RequestHandler.write_error",
            )
        ),
        Dispatches(("tornado.web:RequestHandler._execute", "tornado.web:RequestHandler._handle_request_exception")),
        Answers("tornado.web:HTTPError", lambda error: error.status_code),
    ),
)
