"""Falcon, WSGI and ASGI: one response object for each request, which responders fill."""

from __future__ import annotations

from typing import Any

from respstart.integrations.rows import (
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
)


def head(response: Any) -> tuple[Any, Any]:
    """Status and headers, cookies included, as the application will copy them."""
    entries = (*response._headers.items(), *(response._extra_headers or ()))
    if response._cookies:
        entries += tuple(("set-cookie", cookie.OutputString()) for cookie in response._cookies.values())
    return status(response), entries


def status(response: Any) -> Any:
    """The status of a response or of an exception that is one; it may be an int, a text or an HTTPStatus."""
    value = response.status
    return int(str(value)[:3]) if not isinstance(value, int) else int(value)


def responders(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
    """The responders of a resource that is given a route."""
    resource = kwargs.get("resource", args[2] if len(args) > 2 else None)
    return [getattr(resource, name) for name in dir(type(resource)) if name.startswith("on_")]


RESPONSE = ResponseKind(head)

INTEGRATION = Integration(
    name="falcon",
    kind="framework",
    packages=("falcon",),
    distribution="falcon",
    rows=(
        Enters("falcon.app:App.__call__", "wsgi"),
        Enters("falcon.asgi.app:App.__call__", "asgi"),
        Endpoint("falcon.app:App.add_route", responders),
        Provides("falcon.response:Response.__init__", RESPONSE),
        Fills("falcon.response:Response.stream"),
        Fills("falcon.response:Response.text"),
        Fills("falcon.response:Response.data"),
        Fills("falcon.response:Response.media"),
        Fills("falcon.asgi.response:Response.sse"),
        Sets("falcon.response:Response.status"),
        Mutates(
            "falcon.response:Response",
            ("set_header", "append_header", "set_headers", "delete_header", "set_cookie", "unset_cookie"),
        ),
        Rescues("falcon.app:App._handle_exception", exception=3),
        Rescues("falcon.asgi.app:App._handle_exception", exception=3),
        Dispatches(("falcon.app:App.__call__", "falcon.asgi.app:App.__call__", "falcon.app:App._handle_exception")),
        Answers("falcon.http_error:HTTPError", status),
        Answers("falcon.http_status:HTTPStatus", status),
    ),
)
