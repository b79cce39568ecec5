"""Who writes to a part whose writes cannot be seen (a plain dict, a type in C): whoever was handed it late is followed line by line.

Through `sys.monitoring` (Python 3.12+): local events on the code of the one who took it, and of what that calls, until it returns. Nobody
is followed before something is late. Where this is not possible, the line that took the part stands for the write.
"""

from __future__ import annotations

import sys
from types import CodeType, FrameType, FunctionType, MethodType
from typing import Any

from respstart.hooks import monitoring
from respstart.hooks.binding import Binding
from respstart.hooks.failure import unless_chosen
from respstart.hooks.guard import fault
from respstart.hooks.late import hand_out
from respstart.hooks.runtime import runtime
from respstart.hooks.starting import return_watched

_MOST_LINES = 500  # of one follower: a loop that goes on for ever is not followed for ever
_MOST_FOLLOWERS = 8
_DEEPEST = 32
_EVENTS = ("LINE", "CALL", "PY_RETURN")


class Follower:
    """One frame that was handed a part of `binding`; it is known by its identity, and not kept alive."""

    def __init__(self, binding: Binding, frame: FrameType) -> None:
        self.binding = binding
        self.taker = id(frame)
        self.over = binding.record.finished
        self.codes: dict[int, CodeType] = {}
        self.lines = 0

    def goes_on(self, frame: FrameType) -> bool:
        """Whether `frame` is the one that took the part, or was called from there: another request may run the same code."""
        caller: FrameType | None = frame
        for _ in range(_DEEPEST):
            if caller is None or id(caller) == self.taker:
                return caller is not None
            caller = caller.f_back
        return False

    def is_done(self) -> bool:
        """Whether it need not be followed any more: an exception that leaves a function is not told to us, the end of the request is."""
        return self.lines > _MOST_LINES or self.binding.record.finished != self.over

    def looks(self, frame: FrameType) -> None:
        """A line of followed code is about to run, or has returned: what has changed was written by the line before."""
        hand_out(self.binding, frame)
        self.lines += 1


followers: list[Follower] = []


def follow(binding: Binding, frame: FrameType) -> None:
    """Follow the code in `frame`, which has just been handed a part of a watched object."""
    hand_out(binding, frame)
    if not monitoring.can_watch() or any(each.taker == id(frame) and each.binding is binding for each in followers):
        return
    if len(followers) >= _MOST_FOLLOWERS:
        _leave(followers[0])
    follower = Follower(binding, frame)
    followers.append(follower)
    _watch(follower, frame.f_code)


def forget() -> None:
    """Respstart is switched off."""
    followers.clear()


def _watch(follower: Follower, code: CodeType) -> None:
    if id(code) not in follower.codes:
        follower.codes[id(code)] = code
        monitoring.watch(code, *_EVENTS)


def _leave(follower: Follower) -> None:
    followers.remove(follower)
    for key, code in follower.codes.items():
        if not any(key in each.codes for each in followers):
            # A return line that is of interest to others is still told.
            monitoring.unwatch(code, *(_EVENTS if key not in return_watched else _EVENTS[:-1]))


def on_line(code: CodeType, line: int) -> None:
    """A line of followed code is about to run."""
    frame = sys._getframe(1)
    for follower in [each for each in followers if id(code) in each.codes]:
        try:
            if follower.is_done():
                _leave(follower)
            elif follower.goes_on(frame):
                follower.looks(frame)
        except Exception as error:
            unless_chosen(error)


def on_call(code: CodeType, offset: int, called: Any, first: Any) -> None:
    """Followed code calls something: if that is somebody's who writes, it is followed as well."""
    try:
        # Not getattr, nor isinstance: both ask the object itself, and a lazy one of the application would come to life.
        function = called.__func__ if type(called) is MethodType else called
        inner = function.__code__ if type(function) is FunctionType else None
        if inner is not None and runtime.origins.writes(inner.co_filename):
            for follower in followers:
                if id(code) in follower.codes:
                    _watch(follower, inner)
    except Exception as error:
        fault(error)


def on_return(code: CodeType) -> None:
    """Followed code returns: to the one who took the part, or for good."""
    frame = sys._getframe(2)
    for follower in [each for each in followers if id(code) in each.codes]:
        try:
            if follower.goes_on(frame):
                follower.looks(frame.f_back or frame)
            if follower.taker == id(frame) or follower.is_done():
                _leave(follower)
        except Exception as error:
            unless_chosen(error)
