"""WebOb: its responses (Pyramid's, too), its exceptions that are responses, its decorator."""

from __future__ import annotations

from typing import Any

from respstart.integrations.rows import (
    Answers,
    Builds,
    Dispatches,
    Endpoint,
    HandsOut,
    Integration,
    Mutates,
    Renders,
    Rescues,
    ResponseKind,
    Sends,
    Serves,
    Sets,
)


def head(response: Any) -> tuple[Any, Any]:
    """Status and headers of a response, as they are now."""
    return response._status, tuple(response._headerlist)


def parts(response: Any) -> tuple[Any, ...]:
    """`headers` is a view of the list, which stands for it."""
    return response, response._headerlist


RESPONSE = ResponseKind(head, parts)
_ATTRIBUTES = (
    "status", "status_code", "status_int", "headers", "headerlist", "accept_ranges", "age", "allow", "cache_control", "cache_expires",
    "charset", "content_disposition", "content_encoding", "content_language", "content_length", "content_location", "content_md5",
    "content_range", "content_type", "content_type_params", "date", "etag", "expires", "last_modified", "location", "pragma",
    "retry_after", "server", "vary", "www_authenticate",
)  # fmt: skip

INTEGRATION = Integration(
    name="webob",
    kind="framework",
    packages=("webob", "webtest"),
    distribution="WebOb",
    limits=(
        "A late append to `headerlist` is found without a late writer: it is a plain list.",
    ),
    rows=(
        Serves("webob.request:BaseRequest.call_application", "wsgi", argument=1),
        Builds("webob.response:Response.__init__", RESPONSE),
        Renders("webob.response:Response.__call__", "wsgi", RESPONSE),
        Mutates("webob.response:Response", ("set_cookie", "delete_cookie", "unset_cookie")),
        *(Sets(f"webob.response:Response.{name}") for name in _ATTRIBUTES),
        HandsOut("webob.response:Response.headerlist"),
        Mutates("webob.headers:ResponseHeaders", ("__setitem__", "__delitem__", "setdefault", "pop"), part=lambda headers: headers._items),
        Mutates("webob.multidict:MultiDict", ("add", "clear", "extend", "popitem", "update"), part=lambda headers: headers._items),
        Endpoint("webob.dec:wsgify.__init__", lambda args, kwargs: kwargs.get("func", args[1] if len(args) > 1 else None)),
        Rescues("webob.exc:WSGIHTTPException.__call__", exception=0),
        Sends(
            (
                "webob.response:Response.conditional_response_app",
                "webob.exc:WSGIHTTPException.__call__",
                "webob.exc:WSGIHTTPException.generate_response",
                "webtest.lint:middleware.<locals>.lint_app.<locals>.start_response_wrapper",
            )
        ),
        Dispatches(
            (
                "webob.dec:wsgify.__call__",
                "webob.request:BaseRequest.call_application",
                # Reading the body late may set the length, which is not the reader's doing.
                "webob.response:Response._body__get",
            )
        ),
        Answers("webob.exc:WSGIHTTPException", lambda error: error.code),
    ),
)
