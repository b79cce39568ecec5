"""One generic wrapper for each row kind: from a table to patches.

Every wrapper looks at `probe.armed` first, does its own work inside a guard, and calls the original outside of it. Coroutine
functions stay coroutine functions.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterable
from typing import Any

from respstart.core import stack
from respstart.core.attribution import add_sender
from respstart.hooks import asgi, binding, births, emulate, failure, native, native_probes, returns, running, starting, writes, wsgi
from respstart.hooks.binding import watched
from respstart.hooks.context import current, enter, record_of
from respstart.hooks.guard import Probe, fault
from respstart.hooks.patching import Make, Patcher, SiteError, code_of, replace, split
from respstart.hooks.runtime import runtime
from respstart.hooks.sampling import leaves_out, run_left_out, run_left_out_async
from respstart.hooks.watch import injected_here, watching
from respstart.hooks.wrapping import before, passing_on, with_result
from respstart.integrations import rows
from respstart.integrations.rows import Integration, Row


def apply(integration: Integration, patcher: Patcher) -> None:
    """Apply a table, each row as soon as the module of its site is imported."""
    for row in integration.rows:
        kind = type(row).__name__.lower()
        if isinstance(row, rows.Answers):
            failure.add_answer(row.name, row.status)
            continue
        if isinstance(row, rows.Keeps):
            starting.kept_sessions[row.protocol][row.key] = row
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
    applied = type(row), row, candidates  # rows are tuples: those of two kinds may be equal
    if applied in patcher.rows:
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
        patcher.rows.append(applied)
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
        rows.Serves: births.serves,
        rows.Handles: native_probes.handles,
        rows.Starts: native_probes.starts,
        rows.Writes: native_probes.writes,
        rows.Refuses: native_probes.refuses,
        rows.Enters: births.enters_made if isinstance(row, rows.Enters) and row.made else births.enters,
        rows.Relays: births.relays,
        rows.Receives: births.receives,
        rows.Builds: _builds,
        rows.Asks: _asks,
        rows.Provides: _provides,
        rows.Copies: _copies,
        rows.Renders: _renders,
        rows.Returns: _returns,
        rows.Endpoint: _endpoint,
        rows.Crosses: births.crosses,
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


# ---------------------------------------------------------------------- response objects
def _builds(row: rows.Builds, integration: Integration, original: Any, probe: Probe) -> Any:
    def build(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not probe.armed:
            return original(self, *args, **kwargs)
        frame = sys._getframe(1)
        injected = False
        try:
            injected = id(frame.f_code) in binding.injectors
            record = current.get() if injected else None
            if record is not None and record.unasked:
                injected = False
            else:
                binding.built_here(self, row.kind, frame)
        except Exception as error:
            fault(error, probe)
        original(self, *args, **kwargs)
        if injected:
            try:
                injected_here(self, row.kind)
            except Exception as error:
                fault(error, probe)
        return None

    return build


def _asks(row: rows.Asks, integration: Integration, original: Any, probe: Probe) -> Any:
    def ask(*args: Any, **kwargs: Any) -> Any:
        if probe.armed:
            try:
                record = current.get()
                if record is not None:
                    record.unasked = not row.asks(kwargs)
            except Exception as error:
                fault(error, probe)
        return original(*args, **kwargs)

    return passing_on(original, ask)


def _provides(row: rows.Provides, integration: Integration, original: Any, probe: Probe) -> Any:
    return with_result(original, probe, lambda args, result: starting.provided_here(row.owner(args), row.kind))


def _copies(row: rows.Copies, integration: Integration, original: Any, probe: Probe) -> Any:
    return with_result(original, probe, lambda args, copy: binding.copied(args[0], row.kind, copy))


def _renders(row: rows.Renders, integration: Integration, original: Any, probe: Probe) -> Any:
    if row.protocol == "native":
        return with_result(original, probe, lambda args, result: native.head_is_put_together(args[0], row))
    return (_renders_asgi if row.protocol == "asgi" else _renders_wsgi)(row.kind, original, probe)


def _renders_asgi(kind: rows.ResponseKind, original: Any, probe: Probe) -> Any:
    async def render_asgi(self: Any, scope: Any, receive: Any, send: Any) -> Any:
        record = record_of(scope) if probe.armed else None
        if record is None:
            return await original(self, scope, receive, send)
        outer = record.rendering
        try:
            record.rendering = bound = binding.render(record, self, kind)
            frame = sys._getframe(1)
            code = frame.f_code
            if stack.borders.get(id(code)) is False:  # an application, which forwards nothing: by far the most frequent case
                bound.called = code, frame.f_lasti
            else:
                bound.called = runtime.capture_start(frame, runtime.depth, runtime.asgi_forwards)
            if runtime.has_spans:
                asgi.remember_span(record)
        except Exception as error:
            fault(error, probe)
        try:
            return await original(self, scope, receive, send)
        finally:
            record.rendering = outer

    return render_asgi


def _renders_wsgi(kind: rows.ResponseKind, original: Any, probe: Probe) -> Any:
    sender = getattr(inspect.unwrap(original), "__code__", None)

    def render_wsgi(self: Any, environ: Any, start_response: Any) -> Any:
        record = record_of(environ) if probe.armed else None
        if record is None:
            return original(self, environ, start_response)
        outer = record.rendering
        try:
            record.rendering = bound = binding.render(record, self, kind)
            bound.called = runtime.capture_start(sys._getframe(1), runtime.depth, runtime.wsgi_forwards)
            bound.sender = sender
        except Exception as error:
            fault(error, probe)
        try:
            # What stands between need not be outside of the framework: Flask's own `wsgi_app` is where people put their middleware.
            body = original(self, environ, wsgi.remember_inner(record, start_response))
            if record.start is not None and record.start.binding is record.rendering:
                record.rendered = body
            return body
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
            if record.server == emulate.DJANGO_TEST_CLIENT and record.start is None:
                emulate.start(record, record.rendering, response)

    return with_result(original, probe, leaves)


def _emulates(row: rows.Emulates, integration: Integration, original: Any, probe: Probe) -> Any:
    if inspect.iscoroutinefunction(original):

        async def handle_async(self: Any, scope: Any) -> Any:
            if runtime.choosy and probe.armed and leaves_out(scope, asgi.path_of):
                return await run_left_out_async(scope, original, self, scope)
            record = emulate.birth(scope, row.protocol) if probe.armed else None
            if record is None:
                return await original(self, scope)
            before = enter(record)
            try:
                response = await original(self, scope)
            except Exception as error:
                emulate.returned(record, before, error)
                raise
            emulate.returned(record, before)
            return response

        return handle_async

    def handle(self: Any, environ: Any) -> Any:
        if runtime.choosy and probe.armed and leaves_out(environ, wsgi.path_of):
            return run_left_out(environ, original, self, environ)
        record = emulate.birth(environ, row.protocol) if probe.armed else None
        if record is None:
            return original(self, environ)
        before = enter(record)
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


def _after(row: rows.After, integration: Integration, original: Any, probe: Probe) -> Any:
    return with_result(original, probe, lambda args, result: row.call(args, result, watching))


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
    return before(original, probe, lambda args, kwargs: returns.arm(row.function(args, kwargs)))


def _rescues(row: rows.Rescues, integration: Integration, original: Any, probe: Probe) -> Any:
    def exception_of(args: Any) -> Any:
        return sys.exception() if row.exception is None else args[row.exception] if len(args) > row.exception else None

    def rescue(args: Any, kwargs: Any) -> None:
        record, error = current.get(), exception_of(args)
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
        record, error = current.get(), exception_of(args)
        if record is not None and record.start is not None and isinstance(error, Exception) and row.fails(error):
            handled = row.handled is not None and row.handled(result)
            failure.failed(record, error, handled=handled, terminated=row.terminates and record.protocol == "native")

    rescuing = before(original, probe, rescue)
    return with_result(rescuing, probe, in_vain) if row.late and row.handled is not None else rescuing


def _drops(row: rows.Drops, integration: Integration, original: Any, probe: Probe) -> Any:
    async def keep_and_raise(*args: Any, **kwargs: Any) -> Any:
        try:
            return await original(*args, **kwargs)
        except Exception as error:
            record = current.get() if probe.armed else None
            if record is not None and not record.finished:
                record.troubled().dropped = error
            raise

    return keep_and_raise


_OF_ATTRIBUTES: dict[type, Callable[..., Any]] = {
    rows.Sets: writes.sets,
    rows.Fills: writes.fills,
    rows.HandsOut: writes.hands_out,
    rows.Discards: native_probes.discards,
}
