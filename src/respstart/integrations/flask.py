"""Flask: its application, its sessions, and the callbacks that may come too late."""

from __future__ import annotations

import sys
from typing import Any

from respstart.integrations.rows import After, Dispatches, Endpoint, Enters, Integration, Mutates, Rescues, Watch


def after_response(args: tuple[Any, ...], response: Any, watch: Watch) -> None:
    """The session cookie has been decided, and every callback for the response has run."""
    context = _context()
    if context is None:
        return
    # `_session` where there is one: asking for `session` marks it as accessed.
    session = context._session if hasattr(context, "_session") else getattr(context, "session", None)
    if isinstance(session, dict):
        watch.session(session, dict)
    if type(context._after_request_functions) is list:
        context._after_request_functions = watch.callbacks(context._after_request_functions)


def before_view(args: tuple[Any, ...], answer: Any, watch: Watch) -> None:
    """A before-request function that returns something answers in the place of the view."""
    if answer is not None or args[0].before_request_funcs:
        watch.answered_early(answer)


def _context() -> Any:
    """The request context; Flask keeps the callbacks of `after_this_request` there."""
    module = sys.modules["flask.globals"]
    variable = getattr(module, "_cv_request", None) or getattr(module, "_cv_app", None)
    context = variable.get(None) if variable is not None else None
    return context if hasattr(context, "_after_request_functions") else None


def endpoint(app: Any, environ: Any) -> Any:
    """The view function of the request, while its environ is at hand."""
    rule = getattr(environ.get("werkzeug.request"), "url_rule", None)
    view = app.view_functions.get(rule.endpoint) if rule is not None else None
    kind = getattr(view, "view_class", None)
    return view if kind is None else getattr(kind, environ["REQUEST_METHOD"].lower(), kind)


def existing_functions(app: Any) -> list[Any]:
    """The views, error handlers and before-request functions that an application has already."""
    handlers = [function for codes in app.error_handler_spec.values() for kinds in codes.values() for function in kinds.values()]
    before = [function for functions in app.before_request_funcs.values() for function in functions]
    return [*app.view_functions.values(), *handlers, *before]


INTEGRATION = Integration(
    name="flask",
    kind="framework",
    packages=("flask", "werkzeug", "jinja2", "itsdangerous", "click", "blinker", "markupsafe"),
    includes=("werkzeug",),
    distribution="flask",
    limits=(
        "A write to a nested object of the session, or `session.modified = True`, is not seen: no method of the session is called.",
        "Before Python 3.12 nothing tells which of several functions returned the answer: the `def` line of the view is named.",
    ),
    rows=(
        Enters("flask.app:Flask.__call__", "wsgi", endpoint=endpoint),
        Endpoint(
            ("flask.sansio.app:App.add_url_rule", "flask.app:Flask.add_url_rule"),
            lambda args, kwargs: kwargs.get("view_func", args[3] if len(args) > 3 else None),
            existing=("flask.app:Flask", existing_functions),
        ),
        Endpoint(
            ("flask.sansio.scaffold:Scaffold.register_error_handler", "flask.scaffold:Scaffold.register_error_handler"),
            lambda args, kwargs: kwargs.get("f", args[2] if len(args) > 2 else None),
        ),
        Endpoint(
            ("flask.sansio.blueprints:Blueprint.before_app_request", "flask.blueprints:Blueprint.before_app_request"),
            lambda args, kwargs: kwargs.get("f", args[1] if len(args) > 1 else None),
        ),
        Endpoint(
            ("flask.sansio.scaffold:Scaffold.before_request", "flask.scaffold:Scaffold.before_request"),
            lambda args, kwargs: kwargs.get("f", args[1] if len(args) > 1 else None),
        ),
        Rescues("flask.app:Flask.handle_user_exception", exception=1),
        Rescues("flask.app:Flask.handle_exception", exception=1),
        After("flask.app:Flask.process_response", after_response),
        After("flask.app:Flask.preprocess_request", before_view),
        # By the name that every version has: one module in werkzeug 2.2, a package from 2.3 on.
        Mutates(
            "werkzeug.datastructures:UpdateDictMixin",
            ("__setitem__", "__delitem__", "__ior__", "clear", "pop", "popitem", "setdefault", "update"),
        ),
        Dispatches(
            (
                "flask.app:Flask.wsgi_app",
                "flask.app:Flask.full_dispatch_request",
                "flask.app:Flask.dispatch_request",
                "flask.app:Flask.finalize_request",
                "flask.app:Flask.process_response",
                "flask.app:Flask.preprocess_request",
                "flask.app:Flask.handle_user_exception",
                "flask.app:Flask.handle_http_exception",
                "flask.app:Flask.handle_exception",
            )
        ),
    ),
)
