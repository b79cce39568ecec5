"""Wrappers of the row kinds by which a record is born, and by which its start is followed on its way: one for each kind."""

from __future__ import annotations

import copy
import functools
import inspect
import sys
from collections.abc import Callable
from types import FrameType, MethodType
from typing import Any

from respstart.hooks import asgi, wsgi
from respstart.hooks.context import current, record_of
from respstart.hooks.guard import Probe, fault
from respstart.hooks.runtime import call_from, called_from, runtime
from respstart.hooks.sampling import is_left_out, leaves_out, run_left_out, run_left_out_async
from respstart.hooks.wrapping import as_coroutine_function, before, passing_on, passing_on_application, with_result
from respstart.integrations import rows
from respstart.integrations.rows import Integration

Traced: dict[str, Callable[..., Any]] = {"asgi": asgi.traced, "wsgi": wsgi.traced}


def serves(row: rows.Serves, integration: Integration, original: Any, probe: Probe) -> Any:
    trace: Callable[[Any], Any] = functools.partial(_trace, row, integration, probe)
    if row.each_call:
        trace = _remembered(trace)
    if row.argument is not None:
        return _serves_argument(row.argument, trace, original, probe)

    def keep_traced(owner: Any) -> None:
        app = getattr(owner, row.attribute or "", None)
        traced = trace(app) if app is not None else app
        if traced is not app:
            setattr(owner, row.attribute or "", traced)

    if row.each_call:
        return before(original, probe, lambda args, kwargs: keep_traced(args[0]))
    if not row.on_copy:
        return with_result(original, probe, lambda args, result: keep_traced(args[0]))

    def serve_copy(owner: Any, *args: Any, **kwargs: Any) -> Any:
        return original(_copy_with(keep_traced, owner, probe) if probe.armed else owner, *args, **kwargs)

    return as_coroutine_function(original, serve_copy)


def _copy_with(keep_traced: Callable[[Any], None], owner: Any, probe: Probe) -> Any:
    """A copy of a server's part that has the traced application; the part itself when that fails."""
    try:
        twin = copy.copy(owner)
        keep_traced(twin)
    except Exception as error:
        fault(error, probe)
        return owner
    return twin


def _trace(row: rows.Serves, integration: Integration, probe: Probe, app: Any) -> Any:
    """The application with records, or as it is: when it has them already, and when that fails."""
    try:
        if is_traced(app):
            return app
        if row.bridge and runtime.choosy and is_left_out():
            return _left_out_inside(app, row.protocol)
        return Traced[row.protocol](app, integration.name, row.habits, current.get() if row.bridge else None)
    except Exception as error:
        fault(error, probe)
        return app


def _left_out_inside(app: Any, protocol: str) -> Any:
    """The application behind a bridge has no record where the response that it is inside of has none."""
    leave_out = run_left_out if protocol == "wsgi" else run_left_out_async

    def left_out_inside(request: Any, *rest: Any) -> Any:
        return leave_out(request, app, request, *rest)

    return left_out_inside


def _remembered(trace: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same for a server that is given its one application again with each request: a wrapper is made once, not each time."""
    last: tuple[Any, Any] = (None, None)

    def traced(app: Any) -> Any:
        nonlocal last
        known = last
        if known[0] is not app:
            last = known = app, trace(app)
        return known[1]

    return traced


def _serves_argument(position: int, trace: Callable[[Any], Any], original: Any, probe: Probe) -> Any:
    def serve(*args: Any, **kwargs: Any) -> Any:
        if probe.armed and len(args) > position:
            given = list(args)
            given[position] = trace(given[position])
            return original(*given, **kwargs)
        if probe.armed and "app" in kwargs:
            kwargs = {**kwargs, "app": trace(kwargs["app"])}
        return original(*args, **kwargs)

    return passing_on(original, serve)


def is_traced(app: Any) -> bool:
    """Whether an application is one of respstart's own wrappers already."""
    return getattr(app, "__module__", None) in (asgi.__name__, wsgi.__name__)


def enters(row: rows.Enters, integration: Integration, original: Any, probe: Probe) -> Any:
    if row.protocol == "wsgi":
        return _enters_wsgi(row, integration.name, original, probe)
    # Only an object that sends itself (`Renders` of ASGI) takes back what is being rendered: behind any other row that tells of it,
    # it would stay.
    native = any(isinstance(each, rows.Renders) and each.protocol == "native" for each in integration.rows)
    restores = native or any(isinstance(each, _LEAVE_IT) for each in integration.rows)
    return _enters_asgi(row, integration.name, original, probe, restores=restores)


_LEAVE_IT = (rows.Returns, rows.Starts, rows.After, rows.Custom)


def _enters_asgi(row: rows.Enters, name: str, original: Any, probe: Probe, *, restores: bool) -> Any:
    async def enter_again(record: Any, self: Any, scope: Any, receive: Any, send: Any) -> Any:
        outer = record.rendering
        try:
            return await original(self, scope, receive, send)
        finally:
            record.rendering = outer  # what a middleware sends from now on is not what this application renders

    def enter_asgi(self: Any, scope: Any, receive: Any, send: Any) -> Any:
        if probe.armed and isinstance(scope, dict) and scope.get("type") == "http":
            record = record_of(scope)
            if record is not None:
                _entered(record, self, name, row)
                if restores:
                    return enter_again(record, self, scope, receive, send)
                return original(self, scope, receive, send)
            if runtime.choosy and not row.inner and leaves_out(scope, asgi.path_of):
                return run_left_out_async(scope, original, self, scope, receive, send)
            record = None if row.inner else asgi.birth(scope, None, name)
            if record is not None:
                record.app, record.find_endpoint = self, row.endpoint
                return asgi.run(record, MethodType(original, self), scope, receive, send)
        return original(self, scope, receive, send)

    return passing_on_application(original, enter_asgi)


def _enters_wsgi(row: rows.Enters, name: str, original: Any, probe: Probe) -> Any:
    def enter_wsgi(self: Any, environ: Any, start_response: Any) -> Any:
        if not probe.armed:
            return original(self, environ, start_response)
        record = record_of(environ)
        if record is None:
            if runtime.choosy and not row.inner and leaves_out(environ, wsgi.path_of):
                return run_left_out(environ, original, self, environ, start_response)
            record = None if row.inner else wsgi.birth(environ, None, name)
            if record is None:
                return original(self, environ, start_response)
            record.app, record.find_endpoint = self, row.endpoint
            return wsgi.run(record, MethodType(original, self), environ, start_response)
        _entered(record, self, name, row)
        # A thread that a middleware runs the application in does not know the request: context variables stay behind.
        before, outer = current.get(), record.rendering
        if before is not record:
            current.set(record)
        try:
            return original(self, environ, wsgi.remember_inner(record, start_response))
        finally:
            if before is not record:
                current.set(before)
            record.rendering = outer  # what a middleware sends from now on is not what this application renders

    return enter_wsgi


def enters_made(row: rows.Enters, integration: Integration, original: Any, probe: Probe) -> Any:
    def make(self: Any, *args: Any, **kwargs: Any) -> Any:
        made = original(self, *args, **kwargs)
        enter = enters(row, integration, lambda _, environ, start_response: made(environ, start_response), probe)

        def application(environ: Any, start_response: Any) -> Any:
            return enter(self, environ, start_response)

        return functools.update_wrapper(application, made)

    return make


def _entered(record: Any, app: Any, framework: str, row: rows.Enters) -> None:
    """The application is entered below its server: the second time for one request, somebody called it twice."""
    try:
        if record.app is None:
            record.app, record.framework, record.find_endpoint = app, framework, row.endpoint
        identity = id(row.identity(app))
        if record.entered is None:
            record.entered = [identity]
        elif identity not in record.entered:
            record.entered.append(identity)
        elif record.start is not None:
            trouble, frame = record.troubled(), _outside_of_frameworks(sys._getframe(2))
            trouble.reentered = trouble.reentered or runtime.capture_start(frame, 64, runtime.asgi_forwards)
    except Exception as error:
        fault(error)


def _outside_of_frameworks(frame: FrameType | None) -> FrameType | None:
    """The nearest caller that is no framework's: routers and their kind only pass a call on."""
    while frame is not None and runtime.origins.of(frame.f_code.co_filename).kind in ("framework", "respstart"):
        frame = frame.f_back
    return frame


def relays(row: rows.Relays, integration: Integration, original: Any, probe: Probe) -> Any:
    def relay(self: Any, scope: Any, receive: Any, send: Any) -> Any:
        if probe.armed:
            record = record_of(scope)
            if record is not None:
                runtime.relays = True
                record.relayed += 1
        return original(self, scope, receive, send)

    return passing_on_application(original, relay)


def receives(row: rows.Receives, integration: Integration, original: Any, probe: Probe) -> Any:
    def receive_relayed(self: Any, scope: Any, receive: Any, send: Any) -> Any:
        if probe.armed and runtime.relays:
            record = record_of(scope)
            if record is not None and record.relayed > record.layered:
                record.layered = record.relayed
                send = asgi.layer(record, send)
        return original(self, scope, receive, send)

    return passing_on_application(original, receive_relayed)


def crosses(row: rows.Crosses, integration: Integration, original: Any, probe: Probe) -> Any:
    if inspect.iscoroutinefunction(original):

        async def cross_async(*args: Any, **kwargs: Any) -> Any:
            if not probe.armed or current.get() is None:
                return await original(*args, **kwargs)
            before = call_from(sys._getframe(1))
            try:
                return await original(*args, **kwargs)
            finally:
                called_from.set(before)

        return cross_async

    def cross(*args: Any, **kwargs: Any) -> Any:
        if not probe.armed or current.get() is None:
            return original(*args, **kwargs)
        before = call_from(sys._getframe(1))
        try:
            return original(*args, **kwargs)
        finally:
            called_from.set(before)

    return cross
