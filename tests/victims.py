"""A real victim: the exception that a server raised at a second start, with the note on it."""

from __future__ import annotations

import drivers
import respstart


async def second_start(scope, receive, send):
    """An ASGI application that answers twice."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.start", "status": 500, "headers": []})


FILE = second_start.__code__.co_filename
FIRST_LINE = second_start.__code__.co_firstlineno + 2
LATE_LINE = FIRST_LINE + 1
NOTE = f"respstart: the response was started by {FILE}:{FIRST_LINE} in second_start"


def victim() -> RuntimeError:
    """A new one."""
    with respstart.tracing(output="off", otel="off", sentry="off"):
        answer = drivers.ask(respstart.asgi(second_start))
    assert isinstance(answer.error, RuntimeError)
    return answer.error
