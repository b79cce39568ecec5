"""Sanic, with its own server: the head goes out with the first `send`, which is often the framework's own.

Sanic compiles some of its methods anew when a server starts, from their source: patches of those would be lost (`__touchup__`).
"""

from __future__ import annotations

from typing import Any

from respstart.integrations.rows import (
    Answers,
    Builds,
    Dispatches,
    Handles,
    Integration,
    Mutates,
    Refuses,
    Rescues,
    ResponseKind,
    Sends,
    Sets,
    Starts,
    Writes,
)


def head(response: Any) -> tuple[Any, Any]:
    """Status and headers as they are now; cookies are among the headers."""
    return response.status, tuple(response.headers.items())


def parts(response: Any) -> tuple[Any, ...]:
    """A write to the response or to its headers is a write to the response."""
    return response, response.headers


def facts(request: Any) -> tuple[str, str, str | None, str | None]:
    """Method, path, X-Request-ID and route of a request."""
    return request.method, request.path, request.headers.get("x-request-id"), getattr(request.route, "path", None)


def endpoint(request: Any) -> Any:
    """The handler of the route; of a class-based view its method."""
    handler = getattr(request.route, "handler", None)
    kind = getattr(handler, "view_class", None)
    return handler if kind is None else getattr(kind, request.method.lower(), handler)


def request_of(response: Any) -> Any:
    """The request that a response is connected to."""
    return getattr(response.stream, "request", None)


def size(args: tuple[Any, ...]) -> int:
    """Bytes of a chunk."""
    data = args[1] if len(args) > 1 else None
    return len(data.encode()) if isinstance(data, str) else len(data or getattr(args[0], "body", None) or b"")


def ends(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a call of `send(self, data, end_stream)` ends the body."""
    data, end = (*args[1:], None, None)[:2]
    data, end = kwargs.get("data", data), kwargs.get("end_stream", end)
    return bool(end) or (data is None and end is None)


RESPONSE = ResponseKind(head, parts)

INTEGRATION = Integration(
    name="sanic",
    kind="framework",
    packages=("sanic", "sanic_routing", "sanic_ext"),
    distribution="sanic",
    rows=(
        Handles(
            "sanic.server.protocols.http_protocol:HttpProtocol.__init__",
            request=lambda args: args[0], facts=facts, endpoint=endpoint, attribute="request_handler",
        ),
        Builds("sanic.response.types:BaseHTTPResponse.__init__", RESPONSE),
        Starts("sanic.response.types:BaseHTTPResponse.processed_headers", RESPONSE, request=request_of),
        Writes("sanic.response.types:BaseHTTPResponse.send", size, last=ends),
        Refuses("sanic.response.types:BaseHTTPResponse.send", "body"),
        Refuses("sanic.request.types:Request.respond", "start"),
        Sets("sanic.response.types:BaseHTTPResponse.status"),
        Mutates(
            "sanic.compat:Header",
            ("__setitem__", "__delitem__", "add", "extend", "update", "setdefault", "pop", "popone", "popall", "popitem", "clear"),
        ),
        Rescues(
            "sanic.handlers.error:ErrorHandler._lookup",
            exception=1, late=True, handled=lambda handler: handler is not None, terminates=True,
        ),
        Sends(
            (
                "sanic.response.types:BaseHTTPResponse.send",
                "sanic.response.types:HTTPResponse.eof",
                "sanic.request.types:Request.respond",
            )
        ),
        Dispatches(("sanic.http.http1:Http.http1", "sanic.app:Sanic._run_response_middleware", "sanic.app:Sanic._run_request_middleware")),
        Answers("sanic.exceptions:SanicException", lambda error: getattr(error, "status_code", 500)),
    ),
)
