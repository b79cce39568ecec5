"""Werkzeug: its response objects, its test client, and its interactive debugger."""

from __future__ import annotations

import sys
from typing import Any

from respstart.integrations.rows import (
    Answers,
    Builds,
    Dispatches,
    Integration,
    Mutates,
    Renders,
    ResponseKind,
    Sends,
    Serves,
    Sets,
)
from respstart.model import Habits


def head(response: Any) -> tuple[Any, Any]:
    """Status and headers of a response, as they are now."""
    try:
        return response.status_code, tuple(response.headers._list)
    except AttributeError:  # user code put something in their place that headers can be made of, which is what will be done
        return response.status_code, tuple(sys.modules["werkzeug.datastructures"].Headers(response.headers)._list)


def parts(response: Any) -> tuple[Any, ...]:
    """A write to the response or to its header object is a write to the response."""
    return response, response.headers


def status(error: Any) -> int | None:
    """The status of an HTTPException; a redirect's is that of its response."""
    code = getattr(error, "code", None)
    if code is None and getattr(error, "response", None) is not None:
        code = getattr(error.response, "status_code", None)
    return code if isinstance(code, int) else 500


def chunks(response: Any) -> tuple[bytes, ...] | None:
    """The body of a response of the framework's own classes, where it is a list of bytes: nothing is encoded, no code is run for it."""
    body = response.response
    if type(response).__module__ not in _OWN_CLASSES or type(body) not in (list, tuple):
        return None
    for chunk in body:
        if type(chunk) is not bytes:
            return None
    return tuple(body)


_OWN_CLASSES = ("flask.wrappers", "werkzeug.wrappers.response")
RESPONSE = ResponseKind(head, parts, chunks=chunks)

INTEGRATION = Integration(
    name="werkzeug",
    kind="framework",
    packages=("werkzeug",),
    distribution="werkzeug",
    rows=(
        Serves("werkzeug.test:run_wsgi_app", "wsgi", argument=0, habits=Habits(keeps_list=True)),
        Builds("werkzeug.wrappers.response:Response.__init__", RESPONSE),
        Renders("werkzeug.wrappers.response:Response.__call__", "wsgi", RESPONSE),
        Sends(
            (
                "werkzeug.wrappers.response:Response.__call__",
                "werkzeug.middleware.lint:LintMiddleware.__call__.<locals>.checking_start_response",
            )
        ),
        # By the name that every version has: one module in werkzeug 2.2, a package from 2.3 on.
        Mutates(
            "werkzeug.datastructures:Headers",
            (
                "__setitem__",
                "__delitem__",
                "__ior__",
                "add",
                "add_header",
                "clear",
                "extend",
                "pop",
                "popitem",
                "remove",
                "set",
                "setdefault",
                "setlist",
                "setlistdefault",
                "update",
            ),
        ),
        Sets("werkzeug.sansio.response:Response.status"),
        Sets("werkzeug.sansio.response:Response.status_code"),
        Dispatches(
            (
                "werkzeug.test:run_wsgi_app",
                "werkzeug.wsgi:ClosingIterator.__next__",
                "werkzeug.debug:DebuggedApplication.debug_application",
                "werkzeug.middleware.dispatcher:DispatcherMiddleware.__call__",
            )
        ),
        Answers("werkzeug.exceptions:HTTPException", status),
    ),
)
