"""CherryPy: one response object for each request, whose head is copied when it is finalized, and its sessions."""

from __future__ import annotations

import sys
from typing import Any

from respstart.integrations.rows import (
    After,
    Answers,
    Dispatches,
    Endpoint,
    Enters,
    Fills,
    Integration,
    Mutates,
    Provides,
    Rescues,
    ResponseKind,
    Sets,
    Watch,
)


def head(response: Any) -> tuple[Any, Any]:
    """Status and headers, cookies included. Values may be of any type until they are sent."""
    pairs = [(name, value if isinstance(value, (str, bytes)) else str(value)) for name, value in response.headers.items()]
    pairs += [("Set-Cookie", cookie.OutputString()) for cookie in response.cookie.values()]
    return 200 if response.status is None else response.status, tuple(pairs)


def parts(response: Any) -> tuple[Any, ...]:
    """A write to the response, to its headers or to its cookies (each has attributes) is a write to the response."""
    return response, response.headers, response.cookie, *response.cookie.values()


RESPONSE = ResponseKind(head, parts)


def endpoint(app: Any, environ: Any) -> Any:
    """The page handler, behind the tools that encode what it returns."""
    request = _serving().request
    handler = getattr(request, "_json_inner_handler", request.handler)
    while hasattr(handler, "oldhandler"):
        handler = handler.oldhandler
    return getattr(handler, "callable", None)


def handler(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The user's function that a page handler is made of, for each request anew."""
    return kwargs.get("callable", args[1] if len(args) > 1 else None)


def error_pages(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
    """The user's functions that make error pages."""
    return [page for page in _serving().request.error_page.values() if callable(page)]


def session_decided(args: tuple[Any, ...], result: Any, watch: Watch) -> None:
    """The session has been saved, or will be when the body has been sent: only what is written after that is lost."""
    session = getattr(_serving(), "session", None)
    # A session in memory is the very dict that is kept.
    if session is not None and not isinstance(session, sys.modules["cherrypy.lib.sessions"].RamSession):
        watch.session(session, contents, token=session.id)


def contents(session: Any) -> dict[Any, Any]:
    """What is in a session, without loading it."""
    return dict(session._data) if session.loaded else {}


def session_stored(args: tuple[Any, ...], result: Any, watch: Watch) -> None:
    """The session has been written to its store, or read from it."""
    watch.saved(args[0], args[0].id)


def session_expired(args: tuple[Any, ...], result: Any, watch: Watch) -> None:
    """The session's cookie has been changed."""
    watch.wrote(_serving().response)


def _serving() -> Any:
    return sys.modules["cherrypy"].serving


INTEGRATION = Integration(
    name="cherrypy",
    kind="framework",
    packages=("cherrypy", "jaraco"),
    distribution="cherrypy",
    limits=(
        "A late edit of a cookie that was sent (`response.cookie[name]['path'] = ...`) is not seen.",
        "Before Python 3.12 nothing tells which of several functions returned the answer: the `def` line is named, or nobody.",
    ),
    rows=(
        Enters("cherrypy._cptree:Tree.__call__", "wsgi", endpoint=endpoint),
        Enters("cherrypy._cptree:Application.__call__", "wsgi", endpoint=endpoint),
        Endpoint("cherrypy._cpdispatch:PageHandler.__init__", handler),
        Endpoint("cherrypy._cperror:get_error_page", error_pages),
        After("cherrypy._cprequest:Response.finalize", lambda args, result, watch: watch.rendered(args[0], RESPONSE)),
        Provides("cherrypy._cprequest:Response.__init__", RESPONSE),
        Fills("cherrypy._cprequest:ResponseBody.__set__", owner=lambda args: args[1]),
        Sets("cherrypy._cprequest:Response.status"),
        Mutates("jaraco.collections:KeyTransformingDict", ("__setitem__", "__delitem__", "pop", "setdefault")),
        Mutates("cherrypy.lib.httputil:HeaderMap", ("__ior__", "clear", "popitem", "update")),
        Mutates("http.cookies:BaseCookie", ("__setitem__", "load")),
        Mutates("http.cookies:Morsel", ("__setitem__", "update")),
        After("cherrypy.lib.sessions:expire", session_expired),
        After("cherrypy.lib.sessions:save", session_decided),
        After("cherrypy.lib.sessions:Session.save", session_stored),
        After("cherrypy.lib.sessions:Session.load", session_stored),
        Mutates("cherrypy.lib.sessions:Session", ("__setitem__", "__delitem__", "clear", "pop", "setdefault", "update")),
        Rescues("cherrypy._cperror:HTTPError.set_response", exception=0),
        Rescues("cherrypy._cperror:HTTPRedirect.set_response", exception=0),
        Rescues("cherrypy._cprequest:Request.handle_error"),
        Dispatches(
            (
                "cherrypy._cpdispatch:PageHandler.__call__",
                "cherrypy._cperror:get_error_page",
                "cherrypy._cprequest:HookMap.run_hooks",
                "cherrypy._cprequest:Request.run",
                "cherrypy._cprequest:Request.respond",
                "cherrypy._cprequest:Request._do_respond",
                "cherrypy._cprequest:Request.handle_error",
                "cherrypy._cprequest:Response.collapse_body",
                "cherrypy._cpwsgi:AppResponse.__init__",
                "cherrypy._cpwsgi:AppResponse.__next__",
                "cherrypy._cpwsgi:AppResponse.close",
                "cherrypy._cpwsgi:_TrappedResponse.trap",
            )
        ),
        Answers("cherrypy._cperror:HTTPRedirect", lambda error: error.status),
        Answers("cherrypy._cperror:HTTPError", lambda error: error.code),
    ),
)
