"""sse-starlette: a response class with its own constructor and its own way to send itself."""

from __future__ import annotations

from typing import Any

from respstart.integrations.rows import Builds, Dispatches, Integration, Renders, ResponseKind, Sends


def head(response: Any) -> tuple[Any, Any]:
    """Status and headers of a response, as they are now."""
    return response.status_code, tuple(response.raw_headers)


def parts(response: Any) -> tuple[Any, ...]:
    """The list of headers stands for them."""
    return response, response.raw_headers


RESPONSE = ResponseKind(head, parts)

INTEGRATION = Integration(
    name="sse-starlette",
    kind="framework",
    packages=("sse_starlette",),
    includes=("starlette",),
    distribution="sse-starlette",
    rows=(
        Builds("sse_starlette.sse:EventSourceResponse.__init__", RESPONSE),
        Renders("sse_starlette.sse:EventSourceResponse.__call__", "asgi", RESPONSE),
        Sends(("sse_starlette.sse:EventSourceResponse._stream_response",)),
        Dispatches(("sse_starlette.sse:EventSourceResponse.__call__.<locals>.cancel_on_finish",)),
    ),
)
