"""Sanic, with its own server: the head goes out with the first `send`, which is often the framework's own.

Sanic compiles some of its methods anew when a server starts, from their source: patches of those would be lost (`__touchup__`).
"""

from __future__ import annotations

from types import FrameType
from typing import Any

from respstart.integrations.rows import (
    Answers,
    Builds,
    Discards,
    Dispatches,
    Endpoint,
    Enters,
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


def headers_of(headers: Any) -> tuple[tuple[str, str], ...]:
    """Headers as Sanic writes them: a value need not be a string, and cookies are among them."""
    return tuple((name, f"{value}") for name, value in headers.items())


def head(response: Any) -> tuple[Any, Any]:
    """Status and headers as they are now, with the content type that would be added to them."""
    headers, content_type = headers_of(response.headers), response.content_type
    return response.status, headers if content_type is None else (*headers, ("content-type", content_type))


def sent(response: Any) -> tuple[Any, Any]:
    """Status and headers that are written."""
    return response.status, headers_of(response.headers)


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


def is_written(response: Any) -> bool:
    """Whether the head is being written, and not only looked at: Sanic's own server adds this header just before."""
    return "connection" in response.headers or not hasattr(response.stream, "response_func")


def size(args: tuple[Any, ...]) -> int | None:
    """Bytes of a chunk; Sanic itself counts those of a response with a length."""
    response, data = args[0], args[1] if len(args) > 1 else None
    data = data or response.body
    return None if not data or "content-length" in response.headers else len(data.encode() if isinstance(data, str) else data)


def is_wrong_length(error: BaseException) -> bool:
    """Whether Sanic complains about a length."""
    return type(error).__module__ == "sanic.exceptions" and str(error).endswith("than content-length")


def discarded(request: Any, frame: FrameType) -> Any:
    """What a handler returned although the request has been responded to; Sanic only logs that.

    As an ASGI application older versions forget which response it was that they have sent: it may be this one.
    """
    if (frame.f_globals.get("__name__"), frame.f_code.co_name) != ("sanic.app", "handle_request"):
        return None
    response, sent = frame.f_locals.get("response"), getattr(request.stream, "response", None)
    return response if response is not sent is not None else None


def ends(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a call of `send(self, data, end_stream)` ends the body."""
    data, end = (*args[1:], None, None)[:2]
    data, end = kwargs.get("data", data), kwargs.get("end_stream", end)
    return bool(end) or (data is None and end is None)


# When a request is over, only the headers can be watched on: responses cannot be referenced weakly.
RESPONSE = ResponseKind(head, parts, ResponseKind(lambda headers: (None, headers_of(headers))))

INTEGRATION = Integration(
    name="sanic",
    kind="framework",
    packages=("sanic", "sanic_routing", "sanic_ext"),
    distribution="sanic",
    limits=(
        "When a request is over, status and cookies of its response are watched no more: it cannot be referenced weakly.",
    ),
    rows=(
        Handles(
            "sanic.server.protocols.http_protocol:HttpProtocol.__init__",
            request=lambda args: args[0], facts=facts, endpoint=endpoint, attribute="request_handler",
        ),
        Builds("sanic.response.types:BaseHTTPResponse.__init__", RESPONSE),
        Builds("sanic.response.types:ResponseStream.__init__", RESPONSE),
        Starts(
            "sanic.response.types:BaseHTTPResponse.processed_headers", RESPONSE,
            request=request_of, when=is_written, sent=sent,
        ),
        Writes("sanic.response.types:BaseHTTPResponse.send", size, last=ends),
        Refuses("sanic.response.types:BaseHTTPResponse.send", "body", length=is_wrong_length),
        Refuses("sanic.request.types:Request.respond", "start"),
        Discards("sanic.request.types:Request.responded", discarded),
        Endpoint(
            "sanic.app:Sanic._apply_route", function=lambda args, kwargs: args[1].handler,
            existing=("sanic.app:Sanic", lambda app: [route.handler for route in app.router.routes]),
        ),
        Sets("sanic.response.types:BaseHTTPResponse.status"),
        Sets("sanic.response.types:BaseHTTPResponse.headers"),
        Sets("sanic.response.types:BaseHTTPResponse.content_type"),
        Mutates("sanic.cookies.response:CookieJar", ("add_cookie", "delete_cookie"), part=lambda jar: jar.headers),
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
                "sanic.asgi:ASGIApp.send",
                "sanic.models.asgi:MockTransport.send",
            )
        ),
        Enters("sanic.app:Sanic.__call__", "asgi"),
        Dispatches(
            (
                "sanic.http.http1:Http.http1",
                "sanic.asgi:ASGIApp.__call__",
                "sanic.app:Sanic._run_response_middleware",
                "sanic.app:Sanic._run_request_middleware",
            )
        ),
        Answers("sanic.exceptions:SanicException", lambda error: getattr(error, "status_code", 500)),
    ),
)
