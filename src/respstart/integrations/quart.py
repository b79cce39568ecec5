"""Quart: its application and its test client, its responses, its sessions, and the callbacks that may come too late.

What Quart shares with Flask (registering views and error handlers, the class of the session) is in the tables of Flask and Werkzeug.
"""

from __future__ import annotations

import sys
from typing import Any

from respstart.integrations.rows import (
    After,
    Builds,
    Dispatches,
    Drops,
    Endpoint,
    Enters,
    Integration,
    Receives,
    Relays,
    Rescues,
    ResponseKind,
    Returns,
    Watch,
)


def head(response: Any) -> tuple[Any, Any]:
    """Status and headers of a response, as they are now."""
    try:
        return response.status_code, tuple(response.headers._list)
    except AttributeError:  # user code put a plain dict in their place
        return response.status_code, tuple(response.headers.items())


def parts(response: Any) -> tuple[Any, ...]:
    """A write to the response or to its header object is a write to the response."""
    return response, response.headers


def scope_of(args: tuple[Any, ...]) -> Any:
    """The scope behind the request of `handle_request(self, request)`."""
    return args[1].scope


def view_of(args: tuple[Any, ...]) -> Any:
    """The view function of the request; of a class-based one the method."""
    app, request = args
    view = app.view_functions.get(request.endpoint)
    kind = getattr(view, "view_class", None)
    if kind is None:
        return view
    names = ("head", "get") if request.method == "HEAD" else (request.method.lower(),)
    return next((getattr(kind, name) for name in names if hasattr(kind, name)), kind.dispatch_request)


def existing_functions(app: Any) -> list[Any]:
    """The views, error handlers and before-request functions that an application has already."""
    handlers = [function for codes in app.error_handler_spec.values() for kinds in codes.values() for function in kinds.values()]
    before = [function for functions in app.before_request_funcs.values() for function in functions]
    return [*app.view_functions.values(), *handlers, *before]


def before_view(args: tuple[Any, ...], answer: Any, watch: Watch) -> None:
    """A before-request function that returns something answers in the place of the view; so does Quart itself for OPTIONS."""
    watch.answered_early(answer)


def after_response(args: tuple[Any, ...], response: Any, watch: Watch) -> None:
    """The session cookie has been decided."""
    module = sys.modules["quart.globals"]
    context = getattr(module, "_cv_request", module._cv_app).get(None)
    # `_session` where there is one: asking for `session` marks it as accessed.
    session = context._session if hasattr(context, "_session") else getattr(context, "session", None)
    if isinstance(session, dict):
        watch.session(session, dict, request=context.request.scope)


def watch_callbacks(args: tuple[Any, ...], result: Any, watch: Watch) -> None:
    """A context keeps the callbacks of `after_this_request`; a stream has a copy of it, with a list of its own."""
    args[0]._after_request_functions = watch.callbacks(args[0]._after_request_functions)


RESPONSE = ResponseKind(head, parts)

INTEGRATION = Integration(
    name="quart",
    kind="framework",
    packages=("quart", "aiofiles"),
    includes=("werkzeug", "flask"),
    distribution="quart",
    limits=(
        "An exception in a function of `add_background_task` is not told: Quart catches and logs it.",
        "A write to a nested object of the session, or `session.modified = True`, is not seen: no method of the session is called.",
        "Before Python 3.12 nothing tells which of several functions returned the answer: the `def` line is named, or nobody.",
    ),
    rows=(
        Enters("quart.app:Quart.__call__", "asgi"),
        # Middleware is put around `app.asgi_app`, as the Quart documentation advises: this is the way in behind all of it. The
        # messages come from a task of Quart's own, so that the stack of one that was held back does not tell where it was made.
        Receives("quart.app:Quart.asgi_app"),
        Relays("quart.app:Quart.asgi_app"),
        # A way in of its own: after `__call__` it is no second run.
        Enters("quart.app:Quart.asgi_app", "asgi", identity=lambda app: app.view_functions),
        Builds("quart.wrappers.response:Response.__init__", RESPONSE),
        Returns("quart.app:Quart.handle_request", scope_of, RESPONSE, endpoint=view_of),
        Endpoint(
            ("flask.sansio.app:App.add_url_rule", "quart.app:Quart.add_url_rule"),
            lambda args, kwargs: kwargs.get("view_func", args[3] if len(args) > 3 else None),
            existing=("quart.app:Quart", existing_functions),
        ),
        Rescues("quart.app:Quart.handle_user_exception"),
        Rescues("quart.app:Quart.handle_exception"),
        # A TimeoutError of the user's own code is taken for Quart's own, and dropped.
        Drops("quart.asgi:ASGIHTTPConnection._send_response"),
        After("quart.app:Quart.preprocess_request", before_view),
        After("quart.app:Quart.make_default_options_response", before_view),
        After("quart.app:Quart.process_response", after_response),
        After(("quart.ctx:RequestContext.__init__", "quart.ctx:AppContext.__init__"), watch_callbacks),
        Dispatches(
            (
                "quart.app:Quart.handle_request",
                "quart.app:Quart.full_dispatch_request",
                "quart.app:Quart.preprocess_request",
                "quart.app:Quart.dispatch_request",
                "quart.app:Quart.finalize_request",
                "quart.app:Quart.process_response",
                "quart.app:Quart.handle_user_exception",
                "quart.app:Quart.handle_http_exception",
                "quart.app:Quart.handle_exception",
                "quart.app:Quart.do_teardown_request",
                "quart.app:Quart.do_teardown_appcontext",
                "quart.app:Quart.add_background_task.<locals>._wrapper",
                "quart.asgi:ASGIHTTPConnection.__call__",
                "quart.asgi:ASGIHTTPConnection.handle_request",
                "quart.asgi:ASGIHTTPConnection._send_response",
            )
        ),
    ),
)
