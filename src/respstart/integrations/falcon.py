"""Falcon, WSGI and ASGI: one response object for each request, which responders fill."""

from __future__ import annotations

from typing import Any

from respstart.integrations.rows import (
    After,
    Answers,
    Dispatches,
    Endpoint,
    Enters,
    Fills,
    Integration,
    Mutates,
    Provides,
    Rescues,
    ResponseKind,
    Sets,
    Watch,
)


def head(response: Any) -> tuple[Any, Any]:
    """Status and headers, cookies included, as the application will copy them."""
    entries = (*response._headers.items(), *(response._extra_headers or ()))
    if response._cookies:
        entries += tuple(("set-cookie", cookie.OutputString()) for cookie in response._cookies.values())
    return status(response), entries


def status(response: Any) -> int:
    """The status of a response or of an exception that is one; it may be an int, a text or an HTTPStatus."""
    value = response.status
    return int(value) if isinstance(value, int) else int(str(value)[:3])


def responders(resource: Any) -> list[Any]:
    """The responders of a resource."""
    return [getattr(resource, name) for name in dir(type(resource)) if name.startswith("on_")]


def chosen(args: tuple[Any, ...], result: Any, watch: Watch) -> None:
    """A responder (or a sink) has been found for the request."""
    watch.endpoint(result[0])


RESPONSE = ResponseKind(head)
_HEADERS = (
    "accept_ranges", "cache_control", "content_length", "content_location", "content_range", "content_type", "downloadable_as", "etag",
    "expires", "last_modified", "location", "retry_after", "vary", "viewable_as",
)  # fmt: skip

INTEGRATION = Integration(
    name="falcon",
    kind="framework",
    packages=("falcon",),
    distribution="falcon",
    limits=(
        "A WSGI response allows no weak reference: a write to it after the end of its body (from a thread, say) is not seen.",
        "An exception in a scheduled callback is not told: it is the event loop's, like that of any task.",
        "Before Python 3.12 nothing tells that an error handler answered by setting a status only.",
        "Before 4.1 the WSGI side is compiled to C and has no frames: the line that called the application may be named.",
    ),
    rows=(
        Enters("falcon.app:App.__call__", "wsgi"),
        Enters("falcon.asgi.app:App.__call__", "asgi"),
        Endpoint(
            "falcon.app:App.add_route",
            lambda args, kwargs: responders(kwargs.get("resource", args[2] if len(args) > 2 else None)),
            existing=("falcon.routing.compiled:CompiledRouterNode", lambda node: responders(node.resource)),
        ),
        Endpoint("falcon.app:App.add_sink", lambda args, kwargs: kwargs.get("sink", args[1] if len(args) > 1 else None)),
        *(
            Endpoint(f"{module}:App.add_error_handler", lambda args, kwargs: kwargs.get("handler", args[2] if len(args) > 2 else None))
            for module in ("falcon.app", "falcon.asgi.app")
        ),
        After("falcon.app:App._get_responder", chosen),
        # Not where it is constructed: a responder may make another one, to ask another responder.
        Provides("falcon.response:Response._wsgi_headers", RESPONSE),
        Provides("falcon.asgi.response:Response._asgi_headers", RESPONSE),
        *(Fills(f"falcon.response:Response.{name}") for name in ("stream", "text", "data", "media")),
        Fills("falcon.asgi.response:Response.sse"),
        Sets("falcon.response:Response.status"),
        *(Sets(f"falcon.response:Response.{name}") for name in _HEADERS),
        Mutates(
            "falcon.response:Response",
            ("set_header", "append_header", "set_headers", "delete_header", "set_cookie", "unset_cookie", "append_link"),
        ),
        Rescues("falcon.app:App._handle_exception", exception=3),
        Rescues("falcon.asgi.app:App._handle_exception", exception=3),
        # Once more for the error that the user's handler raised in the place of the first one.
        Rescues("falcon.app:App._compose_error_response", exception=3),
        Rescues("falcon.app:App._compose_status_response", exception=3),
        Dispatches(
            (
                "falcon.app:App.__call__",
                "falcon.asgi.app:App.__call__",
                "falcon.app:App._handle_exception",
                "falcon.asgi.app:App._handle_exception",
            )
        ),
        Answers("falcon.http_error:HTTPError", status),
        Answers("falcon.http_status:HTTPStatus", status),
    ),
)
