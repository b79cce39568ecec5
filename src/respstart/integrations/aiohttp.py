"""aiohttp.web, with its own server: responses are prepared by hand or by the server, and every preparing writes a head."""

from __future__ import annotations

from typing import Any

from respstart.integrations.rows import (
    Answers,
    Builds,
    Dispatches,
    Handles,
    HandsOut,
    Integration,
    Keeps,
    Mutates,
    Refuses,
    Renders,
    Rescues,
    ResponseKind,
    Sends,
    Sets,
    Starts,
    Writes,
)


def head(response: Any) -> tuple[Any, Any]:
    """Status and headers as they are now; a cookie that is not among the headers yet, too."""
    status, entries = sent(response)
    if response._cookies:
        rendered = (("Set-Cookie", cookie.output(header="")[1:]) for cookie in response._cookies.values())
        entries += tuple(entry for entry in rendered if entry not in entries)
    return status, entries


def sent(response: Any) -> tuple[Any, Any]:
    """Status and headers that are written."""
    return response._status, tuple(response._headers.items())


def parts(response: Any) -> tuple[Any, ...]:
    """A write to the response or to its cookies is a write to the response; its headers are a type in C (see HandsOut)."""
    return (response,) if response._cookies is None else (response, response._cookies)


def facts(request: Any) -> tuple[str, str, str | None, str | None]:
    """Method, path, X-Request-ID and route of a request."""
    resource = getattr(getattr(getattr(request, "match_info", None), "route", None), "resource", None)
    return request.method, request.path, request.headers.get("X-Request-ID"), getattr(resource, "canonical", None)


def endpoint(request: Any) -> Any:
    """The handler of the route; of a class-based view its method."""
    handler = getattr(getattr(request, "match_info", None), "handler", None)
    return getattr(handler, request.method.lower(), handler) if isinstance(handler, type) else handler


def request_of(response: Any) -> Any:
    """The request that a response is prepared for."""
    return response._req


def size(args: tuple[Any, ...]) -> int | None:
    """Bytes of a chunk as they go out; compressed ones are not to be counted."""
    response, data = args[0], args[1] if len(args) > 1 else b""
    return None if response._compression or not isinstance(getattr(response, "_body", None), (bytes, bytearray, type(None))) else len(data)


def session_contents(session: Any) -> dict[Any, Any]:
    """What is in a session of aiohttp_session."""
    return dict(session._mapping)


RESPONSE = ResponseKind(head, parts)

INTEGRATION = Integration(
    name="aiohttp",
    kind="framework",
    packages=("aiohttp", "aiohttp_session", "multidict", "yarl"),
    distribution="aiohttp",
    rows=(
        Handles(
            "aiohttp.web_protocol:RequestHandler._handle_request",
            request=lambda args: args[1], facts=facts, endpoint=endpoint, handler=3,
        ),
        Builds("aiohttp.web_response:StreamResponse.__init__", RESPONSE),
        Renders("aiohttp.web_response:StreamResponse._prepare_headers", "native", RESPONSE, request=request_of),
        Starts(
            "aiohttp.web_response:StreamResponse._write_headers", RESPONSE,
            request=request_of, when=lambda response: response._status != 101, sent=sent, corrupts=True,
        ),
        Writes("aiohttp.web_response:StreamResponse.write", size),
        Writes("aiohttp.web_response:StreamResponse.write_eof", size, last=lambda args, kwargs: True),
        Refuses("aiohttp.web_response:StreamResponse.write", "body"),
        Refuses("aiohttp.web_response:StreamResponse.set_status", "set_status"),
        HandsOut("aiohttp.web_response:StreamResponse.headers"),
        Mutates("aiohttp.web_response:StreamResponse", ("set_cookie", "del_cookie")),
        Mutates("http.cookies:BaseCookie", ("__setitem__", "load")),
        Sets("aiohttp.web_response:StreamResponse.content_type"),
        Sets("aiohttp.web_response:StreamResponse.content_length"),
        Sets("aiohttp.web_response:StreamResponse.charset"),
        Sets("aiohttp.web_response:StreamResponse.last_modified"),
        Sets("aiohttp.web_response:StreamResponse.etag"),
        Keeps("AIOHTTP_SESSION", "aiohttp", ResponseKind(session_contents)),
        Mutates("aiohttp_session:Session", ("__setitem__", "__delitem__", "invalidate")),
        Rescues("aiohttp.web_protocol:RequestHandler.handle_error", exception=3),
        Sends(
            (
                "aiohttp.web_response:StreamResponse.prepare",
                "aiohttp.web_response:StreamResponse._start",
                "aiohttp.web_response:Response._start",
                "aiohttp.web_response:StreamResponse.write_eof",
                "aiohttp.web_fileresponse:FileResponse.prepare",
            )
        ),
        Dispatches(
            (
                "aiohttp.web_protocol:RequestHandler._handle_request",
                "aiohttp.web_protocol:RequestHandler.finish_response",
                "aiohttp.web_app:Application._handle",
                "aiohttp.web_request:Request._prepare_hook",
            )
        ),
        Answers("aiohttp.web_exceptions:HTTPException", lambda error: error.status),
    ),
)
