"""Wrappers of the row kinds for frameworks with a server of their own: one for each kind (see `native`)."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from typing import Any

from respstart.hooks import native
from respstart.hooks.guard import Probe, fault
from respstart.hooks.runtime import runtime
from respstart.hooks.sampling import leaves_out, run_left_out_async
from respstart.hooks.wrapping import with_result
from respstart.integrations import rows
from respstart.integrations.rows import Integration


def handles(row: rows.Handles, integration: Integration, original: Any, probe: Probe) -> Any:
    name = integration.name

    def traced(handling: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if runtime.choosy and probe.armed and leaves_out(args, lambda args: row.facts(row.request(args))[1]):
            return run_left_out_async(args, handling, *args, **kwargs)
        record = native.birth(args, row, name) if probe.armed else None
        if record is None:
            return handling(*args, **kwargs)
        position = row.handler
        if position is not None and len(args) > position:
            args = (*args[:position], native.watched_handler(record, args[position]), *args[position + 1 :])
        return native.run(record, functools.partial(handling, *args, **kwargs))

    if row.attribute is None:

        async def handle(*args: Any, **kwargs: Any) -> Any:
            return await traced(original, args, kwargs)

        return handle

    attribute = row.attribute

    def keep_traced(args: Any, result: Any) -> None:
        kept = getattr(args[0], attribute)

        async def respstart_handle(*args: Any, **kwargs: Any) -> Any:
            return await traced(kept, args, kwargs)

        setattr(args[0], attribute, respstart_handle)

    return with_result(original, probe, keep_traced)


def starts(row: rows.Starts, integration: Integration, original: Any, probe: Probe) -> Any:
    def written(response: Any, frame: Any) -> Any:
        try:
            return native.head_is_written(response, row, frame)
        except Exception as error:
            fault(error, probe)
            return None

    def going_out(response: Any) -> bool:
        try:
            return probe.armed and row.when(response)
        except Exception as error:
            fault(error, probe)
            return False

    if inspect.iscoroutinefunction(original):

        async def start_async(self: Any, *args: Any, **kwargs: Any) -> Any:
            late = written(self, sys._getframe(1)) if going_out(self) else None
            try:
                return await original(self, *args, **kwargs)
            finally:
                native.tell(late)

        return start_async

    function: Any = original.fget if isinstance(original, property) else original

    def start(self: Any, *args: Any, **kwargs: Any) -> Any:
        goes = going_out(self)
        try:
            return function(self, *args, **kwargs)
        finally:  # for the framework it has gone out, whatever became of it
            if goes:
                native.tell(written(self, sys._getframe(1)))

    return property(start, original.fset, original.fdel, original.__doc__) if isinstance(original, property) else start


def writes(row: rows.Writes, integration: Integration, original: Any, probe: Probe) -> Any:
    def given(args: Any, kwargs: Any, frame: Any) -> Any:
        try:
            return native.body_is_given(args, kwargs, row, frame) if probe.armed else None
        except Exception as error:
            fault(error, probe)
            return None

    if inspect.iscoroutinefunction(original):

        async def write_async(*args: Any, **kwargs: Any) -> Any:
            ended = given(args, kwargs, sys._getframe(1))
            try:
                return await original(*args, **kwargs)
            except BaseException:
                if ended is not None:
                    ended.ended_at = None
                raise

        return write_async

    def write(*args: Any, **kwargs: Any) -> Any:
        ended = given(args, kwargs, sys._getframe(1))
        try:
            return original(*args, **kwargs)
        except BaseException:
            if ended is not None:
                ended.ended_at = None
            raise

    return write


def refuses(row: rows.Refuses, integration: Integration, original: Any, probe: Probe) -> Any:
    def attempt(owner: Any, frame: Any) -> Any:
        try:
            return native.refusal_of(owner, row, frame) if probe.armed else None
        except Exception as error:
            fault(error, probe)
            return None

    if inspect.iscoroutinefunction(original):

        async def call_async(self: Any, *args: Any, **kwargs: Any) -> Any:
            late = attempt(self, sys._getframe(1))
            try:
                result = await original(self, *args, **kwargs)
            except Exception as error:
                native.refused(self, row, late, error, sys._getframe(1))
                raise
            native.tell(late if row.silent else None)
            return result

        return call_async

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        late = attempt(self, sys._getframe(1))
        try:
            result = original(self, *args, **kwargs)
        except Exception as error:
            native.refused(self, row, late, error, sys._getframe(1))
            raise
        native.tell(late if row.silent else None)
        return result

    return call


def discards(row: rows.Discards, original: Any, probe: Probe) -> Any:
    def ask(self: Any) -> Any:
        asked = original.__get__(self)
        if asked and probe.armed:
            try:
                native.discarded(self, row, sys._getframe(1))
            except Exception as error:
                fault(error, probe)
        return asked

    return property(ask, original.__set__, original.__delete__)
