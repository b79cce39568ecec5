"""Starlette: its responses, its middleware that crosses tasks, its error handlers and its sessions."""

from __future__ import annotations

from typing import Any

from respstart.integrations.rows import (
    Answers,
    Brings,
    Builds,
    Dispatches,
    Endpoint,
    Enters,
    Integration,
    Keeps,
    Mutates,
    Receives,
    Relays,
    Renders,
    Rescues,
    ResponseKind,
    Sends,
    Serves,
    Sets,
)


def head(response: Any) -> tuple[Any, Any]:
    """Status and headers of a response, as they are now."""
    return response.status_code, tuple(response.raw_headers)


def parts(response: Any) -> tuple[Any, ...]:
    """`set_cookie` appends to the list itself, `headers` is a view of it: the list stands for both."""
    return response, response.raw_headers


def endpoint(app: Any, scope: Any) -> Any:
    """The function that answers; of an HTTPEndpoint class its method."""
    found = scope.get("endpoint")
    return getattr(found, scope["method"].lower(), found) if isinstance(found, type) else found


def middleware(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The class that is added."""
    return args[1] if len(args) > 1 else kwargs.get("middleware_class", kwargs.get("cls"))


def held(session: Any) -> dict[Any, Any] | None:
    """What a session holds. One that is no dict is another framework's: looking into it might load it."""
    return dict(session) if issubclass(type(session), dict) else None


RESPONSE = ResponseKind(head, parts)
_HEADERS = ("__setitem__", "__delitem__", "__ior__", "add_vary_header", "append", "setdefault", "update")
_DICT = ("__setitem__", "__delitem__", "__ior__", "clear", "pop", "popitem", "setdefault", "update")

INTEGRATION = Integration(
    name="starlette",
    kind="framework",
    packages=("starlette", "anyio", "trio"),
    distribution="starlette",
    limits=(
        "A direct edit of `raw_headers` is found without a late writer: it is a plain list.",
        "In older versions a session is a plain dict: a late write to it is found without a late writer.",
    ),
    rows=(
        Serves("starlette.testclient:_TestClientTransport.__init__", "asgi", argument=1),
        Serves("starlette.middleware.wsgi:WSGIResponder.__init__", "wsgi", argument=1, bridge=True),
        Enters("starlette.applications:Starlette.__call__", "asgi", endpoint=endpoint),
        Keeps("session", "asgi", ResponseKind(held)),
        Relays("starlette.middleware.base:BaseHTTPMiddleware.__call__"),
        Relays("starlette.middleware.gzip:GZipMiddleware.__call__"),
        Receives("starlette.routing:Router.__call__"),
        Builds("starlette.responses:Response.__init__", RESPONSE),
        Builds("starlette.responses:StreamingResponse.__init__", RESPONSE),
        Builds("starlette.responses:FileResponse.__init__", RESPONSE),
        Builds("starlette.middleware.base:_StreamingResponse.__init__", RESPONSE),
        Renders("starlette.responses:Response.__call__", "asgi", RESPONSE),
        Renders("starlette.responses:StreamingResponse.__call__", "asgi", RESPONSE),
        Renders("starlette.responses:FileResponse.__call__", "asgi", RESPONSE),
        Renders("starlette.middleware.base:_StreamingResponse.__call__", "asgi", RESPONSE),
        Sends(
            (
                "starlette.responses:StreamingResponse.stream_response",
                "starlette.responses:StreamingResponse.__call__.<locals>.wrap",
                "starlette.responses:FileResponse._handle_simple",
                "starlette.responses:FileResponse._handle_single_range",
                "starlette.responses:FileResponse._handle_multiple_ranges",
            )
        ),
        Endpoint(
            "starlette.routing:Route.__init__",
            lambda args, kwargs: kwargs.get("endpoint", args[2] if len(args) > 2 else None),
            existing=("starlette.routing:Route", lambda route: [route.endpoint]),
        ),
        Rescues("starlette._exception_handler:_lookup_exception_handler", exception=1),
        Rescues("starlette.middleware.exceptions:ExceptionMiddleware.http_exception", exception=2),
        Mutates("starlette.datastructures:MutableHeaders", _HEADERS, part=lambda headers: headers._list),
        Mutates("starlette.responses:Response", ("set_cookie",), part=lambda response: response.raw_headers),
        Sets("starlette.responses:Response.status_code"),
        Mutates("starlette.middleware.sessions:Session", _DICT),
        Dispatches(
            (
                "starlette.routing:request_response.<locals>.app",
                "starlette.routing:request_response.<locals>.app.<locals>.app",
                "starlette.routing:Router.app",
                "starlette.routing:Route.handle",
                "starlette.routing:Mount.handle",
                "starlette.endpoints:HTTPEndpoint.dispatch",
                "starlette.background:BackgroundTask.__call__",
                "starlette.middleware.wsgi:WSGIResponder.wsgi",
                "starlette.middleware.wsgi:WSGIResponder.__call__",
                "starlette.middleware.base:BaseHTTPMiddleware.__call__.<locals>.call_next",
                "starlette.middleware.base:BaseHTTPMiddleware.__call__.<locals>.call_next.<locals>.coro",
                "starlette.middleware.exceptions:ExceptionMiddleware.__call__",
                "starlette.middleware.cors:CORSMiddleware.__call__",
                "starlette.middleware.cors:CORSMiddleware.simple_response",
                "starlette.middleware.gzip:GZipMiddleware.__call__",
                (
                    "starlette.middleware.gzip:IdentityResponder.send_with_compression",
                    "starlette.middleware.gzip:GZipResponder.send_with_gzip",  # before 0.46
                ),
                "starlette.middleware.sessions:SessionMiddleware.__call__",
                "starlette.middleware.trustedhost:TrustedHostMiddleware.__call__",
                "starlette.middleware.httpsredirect:HTTPSRedirectMiddleware.__call__",
            )
        ),
        Dispatches(
            ("starlette._exception_handler:wrap_app_handling_exceptions.<locals>.wrapped_app",),
            handled=lambda frame: frame.get("handler") is not None,
        ),
        Dispatches(
            ("starlette.middleware.errors:ServerErrorMiddleware.__call__",),
            handled=lambda frame: getattr(frame.get("self"), "handler", None) is not None,
        ),
        Brings("starlette.applications:Starlette.add_middleware", middleware),
        Brings("starlette.middleware:Middleware.__init__", middleware),
        Answers("starlette.exceptions:HTTPException", lambda error: error.status_code),
    ),
)
