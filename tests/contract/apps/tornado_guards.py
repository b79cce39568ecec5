"""What handlers of the Tornado application are decorated with, and what they call."""

from __future__ import annotations

import functools


def stamped(method):
    """Tell how long it took, which is too late once the method has flushed."""

    @functools.wraps(method)
    async def timed(self, *args, **kwargs):
        await method(self, *args, **kwargs)
        self.set_header("X-Time", "3 ms")  # <late_decorator:late> <stamped_in_time:late>

    return timed


def tell_total(handler, total):
    handler.set_header("X-Total", str(total))  # <late_helper:late>


def check(value):
    if not value.isdigit():
        raise ValueError(value)  # <helper_fails:late>
    return int(value)
