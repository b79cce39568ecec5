"""What the handlers of the Sanic application call, and what they are wrapped in."""

from __future__ import annotations

import functools

from sanic import json, text


async def open_stream(request, kind="shop"):
    return await request.respond(content_type="text/plain", headers={"x-kind": kind})  # <helper_responds_again:late>


def answer(message, status=200):
    return json({"message": message}, status=status)  # <helper_builds:first>


def refusal():
    return text("members only", status=401)  # <helper_discarded:late>


def stamped(handler):
    """Tell how long it took, which is too late for a handler that has sent something."""

    @functools.wraps(handler)
    async def timed(request, *args, **kwargs):
        response = await handler(request, *args, **kwargs)
        response.headers["x-time"] = "3 ms"  # <late_decorator:late>
        return response

    return timed


def check(value):
    if not value.isdigit():
        raise ValueError(value)  # <helper_fails:late>
    return int(value)
