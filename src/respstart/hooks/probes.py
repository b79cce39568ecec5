"""One generic wrapper for each row kind: from a table to patches.

Every wrapper looks at `probe.armed` first, does its own work inside a guard, and calls the original outside of it. Coroutine
functions stay coroutine functions.
"""

from __future__ import annotations

import copy
import functools
import inspect
import sys
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

from respstart.core import stack
from respstart.core.attribution import add_sender
from respstart.errors import LateMutationError
from respstart.hooks import asgi, binding, emulate, failure, native, returns, running, writes, wsgi
from respstart.hooks.binding import record_of, watched
from respstart.hooks.guard import Probe, fault
from respstart.hooks.patching import Make, Patcher, SiteError, code_of, replace, split
from respstart.hooks.runtime import call_from, called_from, runtime
from respstart.hooks.watch import injected_here, watching
from respstart.integrations import rows
from respstart.integrations.rows import Integration, Row

Traced: dict[str, Callable[..., Any]] = {"asgi": asgi.traced, "wsgi": wsgi.traced}


def apply(integration: Integration, patcher: Patcher) -> None:
    """Apply a table, each row as soon as the module of its site is imported."""
    for row in integration.rows:
        kind = type(row).__name__.lower()
        if isinstance(row, rows.Answers):
            failure.add_answer(row.name, row.status)
            continue
        if isinstance(row, rows.Keeps):
            binding.kept_sessions[row.protocol][row.key] = row
            continue
        for site in sites_of(row):
            candidates = (site,) if isinstance(site, str) else site
            probe = Probe(integration.name, kind, candidates[0])
            patcher.note(probe, "waiting", f"{split(candidates[0])[0]} is not imported")
            for module in dict.fromkeys(split(candidate)[0] for candidate in candidates):
                step = functools.partial(_apply, row, candidates, probe, patcher, integration)
                patcher.when_imported(module, step)


def sites_of(row: Row) -> Iterable[rows.Site]:
    """The sites of a row; a row of methods has one for each."""
    match row:
        case rows.Mutates():
            return [f"{row.site}.{method}" for method in row.methods]
        case rows.Dispatches() | rows.Sends():
            return row.sites
        case rows.Answers() | rows.Keeps():
            return []
        case _:
            return [row.site]


def _apply(row: Row, candidates: tuple[str, ...], probe: Probe, patcher: Patcher, integration: Integration) -> None:
    status = patcher.statuses.get((probe.integration, probe.kind, probe.site))
    if status is not None and status.state == "applied":
        return
    missing = ""
    if (row, candidates) in patcher.rows:
        patcher.note(probe, "applied", "by a table that says the same")
        return
    for site in candidates:
        if split(site)[0] not in sys.modules:
            continue
        try:
            _step(row, site, probe, patcher, integration)
        except SiteError:
            missing = f"{site} does not exist in the installed version"
            continue
        except Exception as error:
            fault(error, probe)
            patcher.note(probe, "failed", f"{type(error).__name__}: {error}")
            return
        patcher.note(probe, "applied")
        patcher.rows.append((row, candidates))
        return
    patcher.note(probe, "absent", missing)


def _step(row: Row, site: str, probe: Probe, patcher: Patcher, integration: Integration) -> None:
    match row:
        case rows.Dispatches():
            code = code_of(site)
            stack.add_border(code)
            if row.handled is not None:
                failure.add_handler(code, row.handled)
        case rows.Sends():
            add_sender(code_of(site))
        case rows.Injects():
            code = code_of(site)
            binding.injectors[id(code)] = code
        case rows.Sets() | rows.Fills() | rows.HandsOut() | rows.Discards():
            make = functools.partial(_OF_ATTRIBUTES[type(row)], row)
            patcher.patches.append(replace(site, probe, make, may_be_absent=isinstance(row, rows.Sets | rows.Fills)))
        case _:
            patcher.patches.append(replace(site, probe, _maker(row, integration)))
            if isinstance(row, rows.Renders | rows.Enters | rows.Receives | rows.Relays):
                _look_through(row, site)
            if isinstance(row, rows.Endpoint) and row.existing is not None and patcher.came_late:
                module, name = split(row.existing[0])
                kind = getattr(sys.modules.get(module), name, None)
                if isinstance(kind, type):
                    patcher.existing.append((kind, row.existing[1]))


def _look_through(row: Row, site: str) -> None:
    code = code_of(site)
    if isinstance(row, rows.Renders):
        add_sender(code)
    else:
        stack.add_border(code)


def _maker(row: Row, integration: Integration) -> Make:
    makers: dict[type, Callable[..., Any]] = {
        rows.Serves: _serves,
        rows.Handles: _handles,
        rows.Starts: _starts,
        rows.Writes: _writes,
        rows.Refuses: _refuses,
        rows.Enters: _enters_made if isinstance(row, rows.Enters) and row.made else _enters,
        rows.Relays: _relays,
        rows.Receives: _receives,
        rows.Builds: _builds,
        rows.Provides: _provides,
        rows.Copies: _copies,
        rows.Renders: _renders,
        rows.Returns: _returns,
        rows.Endpoint: _endpoint,
        rows.Crosses: _crosses,
        rows.Mutates: lambda row, integration, original, probe: writes.mutates(row, original, probe),
        rows.Mutators: lambda row, integration, original, probe: writes.mutators(row, original, probe),
        rows.Rescues: _rescues,
        rows.Drops: _drops,
        rows.After: _after,
        rows.Emulates: _emulates,
        rows.Iterates: _iterates,
        rows.Closes: _closes,
        rows.Spawns: _spawns,
        rows.Brings: _brings,
        rows.Custom: _custom,
    }
    return functools.partial(makers[type(row)], row, integration)


# ---------------------------------------------------------------------- births
def _serves(row: rows.Serves, integration: Integration, original: Any, probe: Probe) -> Any:
    def trace(app: Any) -> Any:
        return Traced[row.protocol](app, integration.name, row.habits, binding.current.get() if row.bridge else None)

    if row.argument is not None:
        return _serves_argument(row.argument, trace, original, probe)

    def keep_traced(owner: Any) -> None:
        app = getattr(owner, row.attribute or "", None)
        if app is not None and not is_traced(app):
            setattr(owner, row.attribute or "", trace(app))

    if row.each_call:
        return _before(original, probe, lambda args, kwargs: keep_traced(args[0]))
    if not row.on_copy:
        return _with_result(original, probe, lambda args, result: keep_traced(args[0]))

    def serve_copy(owner: Any, *args: Any, **kwargs: Any) -> Any:
        if probe.armed:
            owner = copy.copy(owner)
            keep_traced(owner)
        return original(owner, *args, **kwargs)

    return _as_coroutine_function(original, serve_copy)


def _serves_argument(position: int, trace: Callable[[Any], Any], original: Any, probe: Probe) -> Any:
    def serve(*args: Any, **kwargs: Any) -> Any:
        if probe.armed and len(args) > position and not is_traced(args[position]):
            args = (*args[:position], trace(args[position]), *args[position + 1 :])
        elif probe.armed and "app" in kwargs and not is_traced(kwargs["app"]):
            kwargs = {**kwargs, "app": trace(kwargs["app"])}
        return original(*args, **kwargs)

    return _as_coroutine_function(original, serve)


def is_traced(app: Any) -> bool:
    """Whether an application is one of respstart's own wrappers already."""
    return getattr(app, "__module__", None) in (asgi.__name__, wsgi.__name__)


def _as_coroutine_function(original: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that returns what a coroutine function returns must be one itself: frameworks and servers ask."""
    if not inspect.iscoroutinefunction(original):
        return function

    async def coroutine_function(*args: Any, **kwargs: Any) -> Any:
        return await function(*args, **kwargs)

    return coroutine_function


def _before(original: Any, probe: Probe, call: Callable[[Any, Any], None]) -> Any:
    """The original, after `call(args, kwargs)` has had a look."""

    def before(*args: Any, **kwargs: Any) -> Any:
        if probe.armed:
            try:
                call(args, kwargs)
            except Exception as error:
                fault(error, probe)
        return original(*args, **kwargs)

    return _as_coroutine_function(original, before)


def _enters(row: rows.Enters, integration: Integration, original: Any, probe: Probe) -> Any:
    name = integration.name
    if row.protocol == "asgi":

        async def enter_asgi(self: Any, scope: Any, receive: Any, send: Any) -> Any:
            if probe.armed and scope["type"] == "http":
                record = record_of(scope)
                if record is None:
                    record = None if row.inner else asgi.birth(scope, None, name)
                    if record is not None:
                        record.app, record.find_endpoint = self, row.endpoint
                        return await asgi.run(record, functools.partial(original, self), scope, receive, send)
                else:
                    _entered(record, self, name, row)
                    outer = record.rendering
                    try:
                        return await original(self, scope, receive, send)
                    finally:
                        record.rendering = outer  # what a middleware sends from now on is not what this application renders
            return await original(self, scope, receive, send)

        return enter_asgi

    def enter_wsgi(self: Any, environ: Any, start_response: Any) -> Any:
        if not probe.armed:
            return original(self, environ, start_response)
        record = record_of(environ)
        if record is None:
            record = None if row.inner else wsgi.birth(environ, None, name)
            if record is None:
                return original(self, environ, start_response)
            record.app, record.find_endpoint = self, row.endpoint
            return wsgi.run(record, functools.partial(original, self), environ, start_response)
        _entered(record, self, name, row)
        # A thread that a middleware runs the application in does not know the request: context variables stay behind.
        before, outer = binding.current.get(), record.rendering
        binding.current.set(record)
        try:
            return original(self, environ, wsgi.remember_inner(record, start_response))
        finally:
            binding.current.set(before)
            record.rendering = outer  # what a middleware sends from now on is not what this application renders

    return enter_wsgi


def _enters_made(row: rows.Enters, integration: Integration, original: Any, probe: Probe) -> Any:
    def make(self: Any, *args: Any, **kwargs: Any) -> Any:
        made = original(self, *args, **kwargs)
        enter = _enters(row, integration, lambda _, environ, start_response: made(environ, start_response), probe)

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
        elif record.start is not None and not record.reentered:
            record.reentered = runtime.capture_start(_outside_of_frameworks(sys._getframe(2)), 64, runtime.asgi_forwards)
    except Exception as error:
        fault(error)


def _outside_of_frameworks(frame: FrameType | None) -> FrameType | None:
    """The nearest caller that is no framework's: routers and their kind only pass a call on."""
    while frame is not None and runtime.origins.of(frame.f_code.co_filename).kind in ("framework", "respstart"):
        frame = frame.f_back
    return frame


def _relays(row: rows.Relays, integration: Integration, original: Any, probe: Probe) -> Any:
    async def relay(self: Any, scope: Any, receive: Any, send: Any) -> Any:
        if probe.armed:
            record = record_of(scope)
            if record is not None:
                record.relayed += 1
        return await original(self, scope, receive, send)

    return relay


def _receives(row: rows.Receives, integration: Integration, original: Any, probe: Probe) -> Any:
    async def receive_relayed(self: Any, scope: Any, receive: Any, send: Any) -> Any:
        if probe.armed:
            record = record_of(scope)
            if record is not None and record.relayed > record.layered:
                record.layered = record.relayed
                send = asgi.layer(record, send)
        return await original(self, scope, receive, send)

    return receive_relayed


def _crosses(row: rows.Crosses, integration: Integration, original: Any, probe: Probe) -> Any:
    if inspect.iscoroutinefunction(original):

        async def cross_async(*args: Any, **kwargs: Any) -> Any:
            if not probe.armed or binding.current.get() is None:
                return await original(*args, **kwargs)
            before = call_from(sys._getframe(1))
            try:
                return await original(*args, **kwargs)
            finally:
                called_from.set(before)

        return cross_async

    def cross(*args: Any, **kwargs: Any) -> Any:
        if not probe.armed or binding.current.get() is None:
            return original(*args, **kwargs)
        before = call_from(sys._getframe(1))
        try:
            return original(*args, **kwargs)
        finally:
            called_from.set(before)

    return cross


# ---------------------------------------------------------------------- response objects
def _builds(row: rows.Builds, integration: Integration, original: Any, probe: Probe) -> Any:
    def build(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not probe.armed:
            return original(self, *args, **kwargs)
        frame = sys._getframe(1)
        try:
            binding.built_here(self, row.kind, frame)
        except Exception as error:
            fault(error, probe)
        original(self, *args, **kwargs)
        if id(frame.f_code) in binding.injectors:
            try:
                injected_here(self, row.kind)
            except Exception as error:
                fault(error, probe)
        return None

    return build


def _provides(row: rows.Provides, integration: Integration, original: Any, probe: Probe) -> Any:
    return _with_result(original, probe, lambda args, result: binding.provided_here(row.owner(args), row.kind))


def _copies(row: rows.Copies, integration: Integration, original: Any, probe: Probe) -> Any:
    return _with_result(original, probe, lambda args, copy: binding.copied(args[0], row.kind, copy))


def _renders(row: rows.Renders, integration: Integration, original: Any, probe: Probe) -> Any:
    kind = row.kind
    if row.protocol == "native":
        return _with_result(original, probe, lambda args, result: native.head_is_put_together(args[0], row))
    if row.protocol == "asgi":

        async def render_asgi(self: Any, scope: Any, receive: Any, send: Any) -> Any:
            record = record_of(scope) if probe.armed else None
            if record is None:
                return await original(self, scope, receive, send)
            outer = record.rendering
            try:
                record.rendering = binding.render(record, self, kind)
                asgi.remember_span(record)
            except Exception as error:
                fault(error, probe)
            try:
                return await original(self, scope, receive, send)
            finally:
                record.rendering = outer

        return render_asgi

    def render_wsgi(self: Any, environ: Any, start_response: Any) -> Any:
        record = record_of(environ) if probe.armed else None
        if record is None:
            return original(self, environ, start_response)
        outer = record.rendering
        try:
            record.rendering = binding.render(record, self, kind)
        except Exception as error:
            fault(error, probe)
        try:
            return original(self, environ, start_response)
        finally:
            record.rendering = outer

    return render_wsgi


def _returns(row: rows.Returns, integration: Integration, original: Any, probe: Probe) -> Any:
    def leaves(args: Any, response: Any) -> None:
        record = record_of(row.request(args))
        if record is not None:
            record.rendering = binding.render(record, response, row.kind)
            record.endpoint = None if record.answered_early else row.endpoint(args)
            asgi.remember_span(record)
            if record.server == binding.DJANGO_TEST_CLIENT and record.start is None:
                emulate.start(record, record.rendering, response)

    return _with_result(original, probe, leaves)


def _emulates(row: rows.Emulates, integration: Integration, original: Any, probe: Probe) -> Any:
    if inspect.iscoroutinefunction(original):

        async def handle_async(self: Any, scope: Any) -> Any:
            record = emulate.birth(scope, row.protocol) if probe.armed else None
            if record is None:
                return await original(self, scope)
            before = binding.enter(record)
            try:
                response = await original(self, scope)
            except Exception as error:
                emulate.returned(record, before, error)
                raise
            emulate.returned(record, before)
            return response

        return handle_async

    def handle(self: Any, environ: Any) -> Any:
        record = emulate.birth(environ, row.protocol) if probe.armed else None
        if record is None:
            return original(self, environ)
        before = binding.enter(record)
        try:
            response = original(self, environ)
        except Exception as error:
            emulate.returned(record, before, error)
            raise
        emulate.returned(record, before)
        return response

    return handle


def _iterates(row: rows.Iterates, integration: Integration, original: Any, probe: Probe) -> Any:
    through = emulate.aiterated if inspect.isasyncgenfunction(original) else emulate.iterated

    def pass_on(iterable: Any, *args: Any, **kwargs: Any) -> Any:
        return original(through(iterable) if probe.armed else iterable, *args, **kwargs)

    return pass_on


def _closes(row: rows.Closes, integration: Integration, original: Any, probe: Probe) -> Any:
    def close(self: Any) -> Any:
        try:
            return original(self)
        finally:
            if probe.armed and watched:
                emulate.closed(self)

    return close


def _with_result(original: Any, probe: Probe, call: Callable[[Any, Any], None]) -> Any:
    """The original, and `call(args, result)` once it has returned."""

    def guarded(args: Any, result: Any) -> None:
        try:
            call(args, result)
        except LateMutationError:
            raise  # mode `raise`, by the user's explicit choice
        except Exception as error:
            fault(error, probe)

    if inspect.iscoroutinefunction(original):

        async def after_async(*args: Any, **kwargs: Any) -> Any:
            result = await original(*args, **kwargs)
            if probe.armed:
                guarded(args, result)
            return result

        return after_async

    def after(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        if probe.armed:
            guarded(args, result)
        return result

    return after


def _after(row: rows.After, integration: Integration, original: Any, probe: Probe) -> Any:
    return _with_result(original, probe, lambda args, result: row.call(args, result, watching))


def _spawns(row: rows.Spawns, integration: Integration, original: Any, probe: Probe) -> Any:
    if row.runs is not None:
        running.add_runner(code_of(row.runs), row.runs_as)

    def make(*args: Any, **kwargs: Any) -> Any:
        if row.before and probe.armed:
            running.remember_creation(args[0], sys._getframe(1))
        made = original(*args, **kwargs)
        if probe.armed and not row.before:
            running.remember_creation(made, sys._getframe(1))
        return made

    return make


def _brings(row: rows.Brings, integration: Integration, original: Any, probe: Probe) -> Any:
    def bring(*args: Any, **kwargs: Any) -> Any:
        if probe.armed:
            try:
                runtime.origins.brings_in(row.what(args, kwargs), stack.capture(sys._getframe(1), 16))
            except Exception as error:
                fault(error, probe)
        return original(*args, **kwargs)

    return bring


def _custom(row: rows.Custom, integration: Integration, original: Any, probe: Probe) -> Any:
    return row.make(original)


def _endpoint(row: rows.Endpoint, integration: Integration, original: Any, probe: Probe) -> Any:
    return _before(original, probe, lambda args, kwargs: returns.arm(row.function(args, kwargs)))


def _rescues(row: rows.Rescues, integration: Integration, original: Any, probe: Probe) -> Any:
    def exception_of(args: Any) -> Any:
        return sys.exception() if row.exception is None else args[row.exception] if len(args) > row.exception else None

    def rescue(args: Any, kwargs: Any) -> None:
        record, error = binding.current.get(), exception_of(args)
        # An exception that was returned has no traceback; one of the framework's own may stand for a user's.
        if record is not None and record.start is None and getattr(error, "__traceback__", None) is not None:
            record.raised = failure.raise_snapshot(error)
            record.returned = None
            if row.fails(error):
                record.filled = None  # what was written before is thrown away
            if id(error) in record.built:  # it is the response itself: who raised it is the author, not who made it
                record.built[id(error)] = stack.EMPTY, record.built[id(error)][1]
        elif row.late and row.handled is None:  # before the framework ends the body
            in_vain(args, None)

    def in_vain(args: Any, result: Any) -> None:
        record, error = binding.current.get(), exception_of(args)
        if record is not None and record.start is not None and isinstance(error, Exception) and row.fails(error):
            handled = row.handled is not None and row.handled(result)
            failure.failed(record, error, handled=handled, terminated=row.terminates and record.protocol == "native")

    before = _before(original, probe, rescue)
    return _with_result(before, probe, in_vain) if row.late and row.handled is not None else before


def _drops(row: rows.Drops, integration: Integration, original: Any, probe: Probe) -> Any:
    async def keep_and_raise(*args: Any, **kwargs: Any) -> Any:
        try:
            return await original(*args, **kwargs)
        except Exception as error:
            record = binding.current.get() if probe.armed else None
            if record is not None and not record.finished:
                record.dropped = error
            raise

    return keep_and_raise


# ---------------------------------------------------------------------- frameworks with a server of their own
def _handles(row: rows.Handles, integration: Integration, original: Any, probe: Probe) -> Any:
    name = integration.name

    def traced(handling: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        record = native.birth(row.request(args), row, name) if probe.armed else None
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

    return _with_result(original, probe, keep_traced)


def _starts(row: rows.Starts, integration: Integration, original: Any, probe: Probe) -> Any:
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


def _writes(row: rows.Writes, integration: Integration, original: Any, probe: Probe) -> Any:
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


def _refuses(row: rows.Refuses, integration: Integration, original: Any, probe: Probe) -> Any:
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


def _discards(row: rows.Discards, original: Any, probe: Probe) -> Any:
    def ask(self: Any) -> Any:
        asked = original.__get__(self)
        if asked and probe.armed:
            try:
                native.discarded(self, row, sys._getframe(1))
            except Exception as error:
                fault(error, probe)
        return asked

    return property(ask, original.__set__, original.__delete__)


_OF_ATTRIBUTES: dict[type, Callable[..., Any]] = {
    rows.Sets: writes.sets, rows.Fills: writes.fills, rows.HandsOut: writes.hands_out, rows.Discards: _discards,
}
