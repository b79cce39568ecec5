"""Pyramid: views that return values, exceptions that are responses, tweens, response callbacks and the session in a cookie."""

from __future__ import annotations

import sys
from typing import Any

from respstart.integrations.rows import (
    After,
    Answers,
    Dispatches,
    Endpoint,
    Enters,
    Integration,
    Mutators,
    Rescues,
    Sends,
    Watch,
)

# Pyramid's own callbacks: what is lost with them is told of the session, or was only read.
_OWN = ("pyramid.session", "pyramid.authentication")


def view(registered: Any, attribute: str | None) -> Any:
    """The user function behind a view; of a class its method."""
    if attribute or isinstance(registered, type):
        return getattr(registered, attribute or "__call__", None)
    return registered


def views(told: Any) -> list[Any]:
    """The same of a view that was registered before, from what Pyramid keeps to be asked for."""
    return [view(told.get("callable"), told.get("attr"))] if told.category_name == "views" else []


def rendered(args: tuple[Any, ...], response: Any, watch: Watch) -> None:
    """A renderer has made a response of what a view returned."""
    watch.endpoint(args[3])


def decided(args: tuple[Any, ...], response: Any, watch: Watch) -> None:
    """The response callbacks have run: a session in a cookie is in the head, or never will be."""
    request = args[1]
    session = request.__dict__.get("session")
    if session is not None:
        if in_cookie(session):
            watch.session(session, contents, request=request.environ, parts=parts)
    elif request.registry.queryUtility(sys.modules["pyramid.interfaces"].ISessionFactory) is not None:
        watch.session(request, late_contents, request=request.environ)


def in_cookie(session: Any) -> bool:
    """Whether a session is one of Pyramid's own, which lives in a cookie: others may save what is written late."""
    return type(session).__module__ == "pyramid.session"


def contents(session: Any) -> dict[Any, Any]:
    """What is in a session, without counting as an access to it; a flash queue is a list that is changed in place."""
    return {key: list(value) if type(value) is list else value for key, value in dict.items(session)}


def late_contents(request: Any) -> dict[Any, Any] | None:
    """The same of a session that nobody has asked for until now."""
    session = request.__dict__.get("session")
    return contents(session) if session is not None and in_cookie(session) else None


def parts(session: Any) -> tuple[Any, ...]:
    """A session is known by its request until it has set its cookie."""
    return (session,) if session.request is None else (session, session.request)


def registered(args: tuple[Any, ...], result: Any, watch: Watch) -> None:
    """A response callback has been added."""
    if len(args) > 1 and getattr(args[1], "__module__", None) not in _OWN:
        watch.registered(args[1], args[0].environ)


INTEGRATION = Integration(
    name="pyramid",
    kind="framework",
    packages=("pyramid", "webob", "zope"),
    includes=("webob",),
    distribution="pyramid",
    limits=(
        "Only Pyramid's own sessions, in a cookie, are watched: others may save what is written late.",
        "Before Python 3.12 nothing tells which of several functions returned the answer: the `def` line is named, or nobody.",
    ),
    rows=(
        Enters("pyramid.router:Router.__call__", "wsgi"),
        Endpoint(
            "pyramid.viewderivers:DefaultViewMapper.__call__",
            lambda args, kwargs: view(args[1], args[0].attr),
            existing=("pyramid.registry:Introspectable", views),
        ),
        After("pyramid.renderers:RendererHelper.render_view", rendered),
        After("pyramid.router:Router.invoke_request", decided),
        After("pyramid.request:CallbackMethodsMixin.add_response_callback", registered),
        Mutators("pyramid.session:manage_changed", part=lambda session: session if session.request is None else session.request),
        Rescues("pyramid.tweens:_error_handler", exception=1),
        Sends(("pyramid.httpexceptions:HTTPException.__call__",)),
        Dispatches(
            (
                "pyramid.router:Router.invoke_request",
                "pyramid.router:Router.handle_request",
                "pyramid.router:default_execution_policy",
                "pyramid.tweens:excview_tween_factory.<locals>.excview_tween",
                "pyramid.tweens:_error_handler",
                "pyramid.view:_call_view",
                "pyramid.view:ViewMethodsMixin.invoke_exception_view",
                "pyramid.viewderivers:rendered_view.<locals>.rendered_view",
                "pyramid.viewderivers:rendered_view.<locals>.viewresult_to_response",
                "pyramid.viewderivers:DefaultViewMapper.map_class_requestonly.<locals>._class_requestonly_view",
                "pyramid.viewderivers:DefaultViewMapper.map_class_native.<locals>._class_view",
                "pyramid.viewderivers:DefaultViewMapper.map_nonclass_requestonly.<locals>._requestonly_view",
                "pyramid.viewderivers:DefaultViewMapper.map_nonclass_attr.<locals>._attr_view",
                "pyramid.request:CallbackMethodsMixin._process_response_callbacks",
                "pyramid.request:CallbackMethodsMixin._process_finished_callbacks",
                # `request.response` is made when somebody first asks for it, who is not its author.
                "pyramid.decorator:reify.__get__",
                "pyramid.static:static_view.__call__",
            )
        ),
        Answers("pyramid.httpexceptions:HTTPException", lambda error: error.code),
    ),
)
