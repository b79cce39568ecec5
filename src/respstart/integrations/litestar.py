"""Litestar: responses that are copied into the ones that are sent, its error handlers, its sessions and its stack of middleware."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from respstart.integrations.rows import (
    After,
    Answers,
    Builds,
    Copies,
    Dispatches,
    Endpoint,
    Enters,
    HandsOut,
    Integration,
    Mutates,
    Renders,
    Rescues,
    ResponseKind,
    Sends,
    Sets,
    Watch,
)


def head(response: Any) -> tuple[Any, Any]:
    """Status and headers, cookies included, as they will be copied. Values are of any type until then."""
    _, entries = headers_alone(response.headers)
    if response.cookies:
        entries += tuple(("set-cookie", rendered(cookie)) for cookie in response.cookies if not cookie.documentation_only)
    return response.status_code, entries


def rendered(cookie: Any) -> Any:
    """A cookie as it will be sent. Its expiry is so many seconds from now: a text that is another one with every second."""
    if cookie.expires is None:
        return cookie.to_header(header="")
    return f"{replace(cookie, expires=None).to_header(header='')}; expires={cookie.expires}"


def headers_alone(headers: Any) -> tuple[Any, Any]:
    """The dict of headers as a head of its own."""
    return None, tuple((str(name), str(value)) for name, value in headers.items())


def parts(response: Any) -> tuple[Any, ...]:
    """A write to the dict of headers is a write to the response."""
    return response, response.headers


def sent_head(response: Any) -> tuple[Any, Any]:
    """Status and headers of an ASGI response, as they will be encoded."""
    return response.status_code, (*response.headers.headers, *response._encoded_cookies)


def endpoint(app: Any, scope: Any) -> Any:
    """The function of the route; nobody where a before-request function may have answered in its place."""
    handler = scope.get("route_handler")
    resolve = getattr(handler, "resolve_before_request", None)
    return None if resolve is None or resolve() is not None else handler.fn


def answering(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
    """The function of a route that is registered, and those that may answer in its place."""
    return functions(args[0])


def functions(handler: Any) -> list[Any]:
    """The function of a route, and the before-request functions of its layers."""
    return [getattr(handler, "_fn", None), *(layer.before_request for layer in handler.ownership_layers if layer.before_request)]


def session_decided(args: tuple[Any, ...], result: Any, watch: Watch) -> None:
    """A backend has put the cookie into the start, and a server-side one has saved the session: neither will be done again."""
    connection = args[3]
    watch.session(connection.scope, contents, connection.get_session_id(), connection.scope, session_parts)


def session_parts(scope: Any) -> tuple[Any, ...]:
    """The session of a scope may be replaced, and written to if it is a dict."""
    session = scope.get("session")
    return (scope, session) if isinstance(session, dict) else (scope,)


def store_written(args: tuple[Any, ...], result: Any, watch: Watch) -> None:
    """A store has been given a value by hand: the session, if the key is that of one."""
    watch.saved(None, args[1])


def contents(scope: Any) -> dict[Any, Any]:
    """What is in the session of a scope, whichever it is by now."""
    session = scope.get("session")
    return dict(session) if isinstance(session, dict) else {"session": session}


RESPONSE = ResponseKind(head, parts)
ASGI_RESPONSE = ResponseKind(sent_head, lambda response: (response, response.headers))
_COPIES = ("base:Response", "streaming:Stream", "file:File", "redirect:Redirect", "template:Template")
_STORES = ("memory:MemoryStore", "file:FileStore", "redis:RedisStore", "valkey:ValkeyStore")

INTEGRATION = Integration(
    name="litestar",
    kind="framework",
    packages=("litestar", "litestar_htmx", "anyio", "trio"),
    distribution="litestar",
    limits=(
        "When a request is over, status, cookies and session of its response are watched no more: it cannot be referenced weakly.",
        "Headers are a plain dict: before Python 3.12 the line that took `response.headers` last is named.",
        "Before Python 3.12 nothing tells which of several functions returned the answer: the `def` line is named, or nobody.",
    ),
    rows=(
        Enters("litestar.app:Litestar.__call__", "asgi", endpoint=endpoint),
        # It stands behind all middleware: one that calls the next twice is known by that.
        Enters("litestar.middleware._internal.exceptions.middleware:ExceptionHandlerMiddleware.__call__", "asgi", inner=True),
        Endpoint(
            "litestar.handlers.http_handlers.base:HTTPRouteHandler.on_registration",
            answering,
            existing=("litestar.handlers.http_handlers.base:HTTPRouteHandler", functions),
        ),
        Builds("litestar.response.base:Response.__init__", RESPONSE),
        *(Copies(f"litestar.response.{name}.to_asgi_response", RESPONSE) for name in _COPIES),
        Builds("litestar.response.base:ASGIResponse.__init__", ASGI_RESPONSE),
        Copies("litestar.response.base:ASGIResponse.encode_headers", ASGI_RESPONSE),
        Renders("litestar.response.base:ASGIResponse.__call__", "asgi", ASGI_RESPONSE),
        Sends(("litestar.response.base:ASGIResponse.start_response", "litestar.response.file:ASGIFileResponse.start_response")),
        Mutates("litestar.response.base:Response", ("set_header", "set_etag", "set_cookie", "delete_cookie")),
        Mutates("litestar.datastructures.headers:MutableScopeHeaders", ("__setitem__", "__delitem__", "add")),
        Sets("litestar.response.base:Response.status_code"),
        Sets("litestar.response.base:Response.headers"),
        HandsOut("litestar.response.base:Response.headers"),
        Sets("litestar.response.base:Response.cookies"),
        Sets("litestar.response.base:ASGIResponse.status_code"),
        After("litestar.middleware.session.client_side:ClientSideSessionBackend.store_in_message", session_decided),
        After("litestar.middleware.session.server_side:ServerSideSessionBackend.store_in_message", session_decided),
        *(After(f"litestar.stores.{store}.set", store_written) for store in _STORES),
        HandsOut("litestar.connection.base:ASGIConnection.session", part=lambda connection: connection.scope),
        Mutates("litestar.connection.base:ASGIConnection", ("set_session", "clear_session"), part=lambda connection: connection.scope),
        Rescues("litestar.middleware._internal.exceptions.middleware:get_exception_handler", exception=1),
        Dispatches(
            (
                "litestar._asgi.asgi_router:ASGIRouter.__call__",
                "litestar.routes.http:HTTPRoute.handle",
                "litestar.routes.http:HTTPRoute._call_handler_function",
                "litestar.routes.asgi:ASGIRoute.handle",
                "litestar.handlers.base:BaseRouteHandler.authorize_connection",
                "litestar.handlers.http_handlers._utils:create_data_handler.<locals>.handler",
                "litestar.handlers.http_handlers._utils:create_generic_asgi_response_handler.<locals>.handler",
                "litestar.handlers.http_handlers._utils:create_response_handler.<locals>.handler",
                "litestar.di:Provide.__call__",
                "litestar._kwargs.dependencies:resolve_dependency",
                "litestar._kwargs.cleanup:DependencyCleanupGroup._cleanup",
                "litestar._kwargs.cleanup:DependencyCleanupGroup._throw",
                "litestar.background_tasks:BackgroundTask.__call__",
                "litestar.events.emitter:SimpleEventEmitter._worker",
                "litestar.middleware._internal.cors:CORSMiddleware.__call__",
                "litestar.middleware._internal.exceptions.middleware:ExceptionHandlerMiddleware.handle_request_exception",
                "litestar.middleware.allowed_hosts:AllowedHostsMiddleware.__call__",
                "litestar.middleware.authentication:AbstractAuthenticationMiddleware.__call__",
                "litestar.middleware.base:ASGIMiddleware.__call__.<locals>.middleware",
                "litestar.middleware.base:AbstractMiddleware.__init_subclass__.<locals>.wrapped_call",
                "litestar.middleware.compression.middleware:CompressionMiddleware.__call__",
                "litestar.middleware.csrf:CSRFMiddleware.__call__",
                "litestar.middleware.logging:LoggingMiddleware.__call__",
                "litestar.middleware.rate_limit:RateLimitMiddleware.__call__",
                "litestar.middleware.response_cache:ResponseCacheMiddleware.__call__",
                "litestar.middleware.session.base:SessionMiddleware.__call__",
                "litestar.static_files.base:StaticFiles.__call__",
            )
        ),
        # Whatever comes through here would have been answered, by a handler of the application or by Litestar's own.
        Dispatches(
            ("litestar.middleware._internal.exceptions.middleware:ExceptionHandlerMiddleware.__call__",),
            handled=lambda frame: True,
        ),
        Answers("litestar.exceptions.http_exceptions:HTTPException", lambda error: error.status_code),
    ),
)
