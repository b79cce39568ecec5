"""aiohttp.web, with its own server: responses are prepared by hand or by the server, and every preparing writes a head."""

from __future__ import annotations

import sys
from http.cookies import Morsel
from typing import Any

from respstart.integrations.rows import (
    After,
    Answers,
    Builds,
    Dispatches,
    Endpoint,
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
    Watch,
    Writes,
)


class Cookie(tuple[Any, ...]):
    """A cookie's name and its text, value and attributes, as they were; put into words only when something is to be told of it."""

    __slots__ = ()

    def __bytes__(self) -> bytes:
        morsel: Morsel[str] = Morsel()
        morsel.set(*self[:3])
        morsel.update(self[3])
        return morsel.OutputString().encode("latin-1", "replace")


def head(response: Any) -> tuple[Any, Any]:
    """Status and headers as they are now, and the cookies, which need not be among the headers yet."""
    status, entries = sent(response)
    cookies = response._cookies
    if cookies:
        entries += tuple([("Set-Cookie", Cookie((it.key, it.value, it.coded_value, tuple(it.items())))) for it in cookies.values()])
    return status, entries


def sent(response: Any) -> tuple[Any, Any]:
    """Status and headers that are written."""
    return response._status, tuple(response._headers.items())


def parts(response: Any) -> tuple[Any, ...]:
    """A write to the response or to its cookies is a write to the response; its headers are a type in C (see HandsOut)."""
    return (response,) if response._cookies is None else (response, response._cookies)


def left(request: Any) -> bool:
    """Whether bytes have left: the head of a response waits for the first bytes of a body that is known already."""
    return bool(request._payload_writer.output_size)


def is_written(response: Any) -> bool:
    """Whether a head can reach a client at all; that of a websocket's handshake is none of a response."""
    transport = response._payload_writer.transport
    return response._status != 101 and transport is not None and not transport.is_closing()


def goes_out(response: Any) -> bool:
    """Whether a head goes out whatever has been sent before: after the end of a body only one that is not held back for its own.

    Older versions hold none back.
    """
    return getattr(response, "_send_headers_immediately", True) or not response._payload_writer._eof


def _match_of(request: Any) -> Any:
    """Its route; None before there is one. `match_info` itself must not be asked then: it asserts that, or remembers the answer."""
    return getattr(request, "_match_info", None)


def facts(request: Any) -> tuple[str, str, str | None, str | None]:
    """Method, path, X-Request-ID and route of a request."""
    resource = getattr(getattr(_match_of(request), "route", None), "resource", None)
    return request.method, request.path, request.headers.get("X-Request-ID"), getattr(resource, "canonical", None)


def endpoint(request: Any) -> Any:
    """The handler of the route, of a class-based view its method; None where a middleware can have answered in its place."""
    match = _match_of(request)
    handler = getattr(match, "handler", None)
    if any(app.middlewares for app in getattr(match, "apps", ())):
        return None
    return getattr(handler, request.method.lower(), handler) if isinstance(handler, type) else handler


def request_of(response: Any) -> Any:
    """The request that a response is prepared for."""
    return response._req


def request_of_writer(args: tuple[Any, ...]) -> Any:
    """The request whose body a writer writes, while its handler runs."""
    request = getattr(args[0]._protocol, "_current_request", None)
    return request if request is not None and request._payload_writer is args[0] else None


def size(args: tuple[Any, ...]) -> int | None:
    """Bytes of a chunk as they go out; those that are compressed on their way are not to be counted, those before a head are no body."""
    writer, data = args[0], args[1] if len(args) > 1 else b""
    if writer._compress is not None or not isinstance(data, (bytes, bytearray, memoryview)):
        return None
    return memoryview(data).nbytes if getattr(writer, "_headers_buf", None) or writer.output_size else 0


def logged(args: tuple[Any, ...], result: Any, watch: Watch) -> None:
    """aiohttp's access log says the status of the response that was prepared last, if its format has one."""
    import logging

    access_logger, request, response = args[:3]
    if access_logger.logger.isEnabledFor(logging.INFO) and any(key == "response_status" for key, _ in access_logger._methods):
        watch.logged(request, response.status)


def session_contents(session: Any) -> dict[Any, Any]:
    """What is in a session of aiohttp_session."""
    return dict(session._mapping)


def is_kept_elsewhere(session: Any, request: Any) -> bool:
    """Whether a session that the client knows is saved on the server side."""
    storage = request.get("aiohttp_session_storage")
    return not session._new and storage is not None and not issubclass(type(storage), _cookie_storages())


def _cookie_storages() -> tuple[type, ...]:
    """The storages that keep a whole session in its cookie, of those that are imported."""
    found = (getattr(sys.modules.get(module), name, None) for module, name in COOKIE_STORAGES)
    return tuple(kind for kind in found if kind is not None)


def loaded_late(args: tuple[Any, ...], session: Any, watch: Watch) -> None:
    """A session is loaded for the first time: it has missed the head if that has left."""
    if left(args[1]):
        watch.session(session, session_contents)


COOKIE_STORAGES = (
    ("aiohttp_session", "SimpleCookieStorage"),
    ("aiohttp_session.cookie_storage", "EncryptedCookieStorage"),
    ("aiohttp_session.nacl_storage", "NaClCookieStorage"),
)
RESPONSE = ResponseKind(head, parts)

INTEGRATION = Integration(
    name="aiohttp",
    kind="framework",
    packages=("aiohttp", "aiohttp_session", "multidict", "yarl"),
    distribution="aiohttp",
    limits=(
        "Headers are a type in C: before Python 3.12 the line that took `response.headers` last is named, and after the end none.",
        "Before Python 3.12 nothing tells which of handler and middlewares returned nothing: nobody is named.",
    ),
    rows=(
        Handles(
            "aiohttp.web_protocol:RequestHandler._handle_request",
            request=lambda args: args[1], facts=facts, endpoint=endpoint, handler=3, left=left,
        ),
        Builds("aiohttp.web_response:StreamResponse.__init__", RESPONSE),
        Renders("aiohttp.web_response:StreamResponse._prepare_headers", "native", RESPONSE, request=request_of),
        Starts(
            "aiohttp.web_response:StreamResponse._write_headers", RESPONSE,
            request=request_of, when=is_written, sent=sent, corrupts=goes_out,
        ),
        Writes("aiohttp.http_writer:StreamWriter.write", size, request=request_of_writer),
        Writes("aiohttp.http_writer:StreamWriter.write_eof", size, last=lambda args, kwargs: True, request=request_of_writer),
        Writes("aiohttp.web_fileresponse:FileResponse._sendfile", request=lambda args: args[1]),  # past the writer
        After("aiohttp.web_log:AccessLogger.log", logged),
        Refuses("aiohttp.web_response:StreamResponse.write", "body"),
        Refuses("aiohttp.web_response:StreamResponse.set_status", "set_status"),
        HandsOut("aiohttp.web_response:StreamResponse.headers"),
        Mutates("aiohttp.web_response:StreamResponse", ("set_cookie", "del_cookie", "set_status")),
        Mutates("http.cookies:BaseCookie", ("__setitem__", "load")),
        Sets("aiohttp.web_response:StreamResponse.content_type"),
        Sets("aiohttp.web_response:StreamResponse.content_length"),
        Sets("aiohttp.web_response:StreamResponse.charset"),
        Sets("aiohttp.web_response:StreamResponse.last_modified"),
        Sets("aiohttp.web_response:StreamResponse.etag"),
        Endpoint(
            "aiohttp.web_urldispatcher:AbstractRoute.__init__", lambda args, kwargs: args[2],
            existing=("aiohttp.web_urldispatcher:AbstractRoute", lambda route: [route._handler]),
        ),
        Endpoint("aiohttp.web_app:Application._prepare_middleware", lambda args, kwargs: list(args[0]._middlewares)),
        Keeps("aiohttp_session", "aiohttp", ResponseKind(session_contents), savable=is_kept_elsewhere),
        After("aiohttp_session:AbstractStorage._get_session_data", lambda args, data, watch: watch.saved(args[1], None)),
        *(
            After(f"{module}:{storage}.load_session", loaded_late)
            for module, storage in (
                *COOKIE_STORAGES,
                ("aiohttp_session.redis_storage", "RedisStorage"), ("aiohttp_session.memcached_storage", "MemcachedStorage"),
            )
        ),
        Mutates("aiohttp_session:Session", ("__setitem__", "__delitem__", "invalidate")),
        Rescues("aiohttp.web_protocol:RequestHandler.handle_error", exception=3),
        Sends(
            (
                "aiohttp.web_response:StreamResponse.prepare",
                "aiohttp.web_response:StreamResponse._start",
                "aiohttp.web_response:Response._start",
                "aiohttp.web_response:StreamResponse.write_eof",
                "aiohttp.web_fileresponse:FileResponse.prepare",
                "aiohttp.web_fileresponse:FileResponse._prepare_open_file",
                "aiohttp.web_fileresponse:FileResponse._sendfile",
                "aiohttp.web_fileresponse:FileResponse._not_modified",
                "aiohttp.web_fileresponse:FileResponse._precondition_failed",
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
