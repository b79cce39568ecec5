"""Django, WSGI and ASGI: responses leave as return values; sessions and messages; Django REST framework; the test clients."""

from __future__ import annotations

import sys
from typing import Any

from respstart.integrations.rows import (
    STORE,
    After,
    Answers,
    Builds,
    Closes,
    Dispatches,
    Emulates,
    Endpoint,
    Enters,
    Integration,
    Iterates,
    Mutates,
    Rescues,
    ResponseKind,
    Returns,
    Sets,
    Watch,
)


def head(response: Any) -> tuple[Any, Any]:
    """Status and headers, cookies included, as the handlers will copy them."""
    try:
        entries = tuple(response.headers._store.values())
    except AttributeError:  # user code put a plain dict in their place
        entries = tuple(response.headers.items())
    if response.cookies:
        entries += tuple(("Set-Cookie", cookie.OutputString()) for cookie in response.cookies.values())
    return response.status_code, entries


def parts(response: Any) -> tuple[Any, ...]:
    """A write to the response, to its headers or to its cookies (each has attributes) is a write to the response."""
    return response, response.headers, response.cookies, *response.cookies.values()


def request_of(args: tuple[Any, ...]) -> Any:
    """The scope or environ behind the request of `get_response(self, request)`."""
    return transport(args[1])


def view_of(args: tuple[Any, ...]) -> Any:
    """The view that answered; of a class-based one the method."""
    match = getattr(args[1], "resolver_match", None)
    view = getattr(match, "func", None)
    kind = getattr(view, "view_class", None) or getattr(view, "cls", None)
    return getattr(kind, args[1].method.lower(), view) if kind is not None else view


def transport(request: Any) -> Any:
    """The scope or environ behind a request."""
    environ = getattr(request, "environ", None)
    return environ if environ is not None else getattr(request, "scope", {})


def session_decided(args: tuple[Any, ...], response: Any, watch: Watch) -> None:
    """SessionMiddleware has set the cookie, or not: what is written now is lost, unless a server-side save keeps it."""
    request = args[1]
    session = getattr(request, "session", None)
    if session is None:
        return
    token = getattr(session, "session_key", None)
    if token is not None and (type(session).__module__.endswith("signed_cookies") or not _is_known(request, response)):
        token = None
    watch.session(session, contents, token=token, request=transport(request))


def _is_known(request: Any, response: Any) -> bool:
    """Whether the client has the session's cookie, or gets it."""
    name = sys.modules["django.conf"].settings.SESSION_COOKIE_NAME
    return name in request.COOKIES or name in getattr(response, "cookies", ())


def contents(session: Any) -> dict[Any, Any] | None:
    """What is in a session; None when it lies in its store and has not been loaded."""
    loaded = getattr(session, "_session_cache", None)
    return None if loaded is None and session.session_key else dict(loaded or ())


def session_loaded(args: tuple[Any, ...], result: Any, watch: Watch) -> None:
    """A session has been read from its store, or from its cookie."""
    watch.loaded(args[0], result)


def session_saved(args: tuple[Any, ...], result: Any, watch: Watch) -> None:
    """A server-side backend has written the session to its store."""
    watch.saved(args[0], args[0].session_key)


def session_deleted(args: tuple[Any, ...], result: Any, watch: Watch) -> None:
    """A session is gone from its store: itself, and not the one that it was before it got a new key."""
    session, *keys = args
    if keys in ([], [None], [session.session_key]):
        watch.saved(session, session.session_key)


def messages_decided(args: tuple[Any, ...], response: Any, watch: Watch) -> None:
    """MessageMiddleware has stored what is left to show."""
    storage = getattr(args[1], "_messages", None)
    if storage is not None:
        watch.store(storage, unread, request=transport(args[1]))


def unread(storage: Any) -> tuple[Any, ...]:
    """What a store of messages would have written: reading away an empty store writes nothing."""
    loaded = getattr(storage, "_loaded_data", None) or ()
    return STORE, "messages", bool(storage.used and loaded), len(storage._queued_messages) if storage.added_new else 0


def csrf_decided(args: tuple[Any, ...], response: Any, watch: Watch) -> None:
    """CsrfViewMiddleware has set its cookie, or not."""
    watch.store(args[1], csrf_token, request=transport(args[1]))


def csrf_token(request: Any) -> tuple[Any, ...]:
    """Whether a new token wants its cookie."""
    return STORE, csrf_cookie, request.META.get("CSRF_COOKIE")


def csrf_cookie() -> str:
    """The name of the token's cookie. A setting of Django's costs much to ask for."""
    return sys.modules["django.conf"].settings.CSRF_COOKIE_NAME  # type: ignore[no-any-return]


def csrf_made(args: tuple[Any, ...], result: Any, watch: Watch) -> None:
    """A new token has been made for a request."""
    watch.wrote(args[0])


def chunks(response: Any) -> tuple[bytes, ...] | None:
    """The body of a response of Django's own classes that do not stream: a list of bytes."""
    return tuple(response._container) if type(response).__module__ == "django.http.response" and not response.streaming else None


RESPONSE = ResponseKind(head, parts, chunks=chunks)
_SESSION = (
    "__setitem__", "__delitem__", "aset", "pop", "apop", "setdefault", "asetdefault", "update", "aupdate",
    "clear", "flush", "aflush", "set_expiry", "aset_expiry",
)  # fmt: skip

INTEGRATION = Integration(
    name="django",
    kind="framework",
    packages=("django", "rest_framework", "asgiref"),
    distribution="django",
    limits=(
        "A write to a nested object of the session, or `session.modified = True`, is not seen: no method of the session is called.",
    ),
    rows=(
        Enters("django.core.handlers.wsgi:WSGIHandler.__call__", "wsgi"),
        Enters("django.core.handlers.asgi:ASGIHandler.__call__", "asgi"),
        Endpoint(
            "django.urls.resolvers:URLPattern.__init__",
            lambda args, kwargs: kwargs.get("callback", args[2] if len(args) > 2 else None),
            existing=("django.urls.resolvers:URLPattern", lambda pattern: [pattern.callback]),
        ),
        Rescues("django.core.handlers.exception:response_for_exception", exception=1),
        Builds("django.http.response:HttpResponseBase.__init__", RESPONSE),
        Returns("django.core.handlers.base:BaseHandler.get_response", request_of, RESPONSE, endpoint=view_of),
        Returns("django.core.handlers.base:BaseHandler.get_response_async", request_of, RESPONSE, endpoint=view_of),
        Mutates("django.http.response:ResponseHeaders", ("__setitem__", "__delitem__", "pop", "setdefault")),
        Mutates("django.http.response:HttpResponseBase", ("set_cookie", "delete_cookie")),
        Mutates("http.cookies:BaseCookie", ("__setitem__", "load")),
        Mutates("http.cookies:Morsel", ("__setitem__", "update")),
        Sets("django.http.response:HttpResponseBase.status_code"),
        Mutates("django.contrib.sessions.backends.base:SessionBase", _SESSION),
        After("django.contrib.sessions.middleware:SessionMiddleware.process_response", session_decided),
        *(
            After(f"django.contrib.sessions.backends.{backend}:SessionStore.{prefix}{method}", call)
            for method, call in (("load", session_loaded), ("save", session_saved), ("delete", session_deleted))
            for backend in ("db", "cache", "cached_db", "file", *(["signed_cookies"] if method == "load" else []))
            for prefix in ("", "a")
        ),
        After("django.contrib.messages.middleware:MessageMiddleware.process_response", messages_decided),
        After("django.middleware.csrf:CsrfViewMiddleware.process_response", csrf_decided),
        After("django.middleware.csrf:_add_new_csrf_cookie", csrf_made),
        Mutates("django.contrib.messages.storage.base:BaseStorage", ("__iter__", "add")),
        Emulates("django.test.client:ClientHandler.__call__", "wsgi"),
        Emulates("django.test.client:AsyncClientHandler.__call__", "asgi"),
        Iterates("django.test.client:closing_iterator_wrapper"),
        Iterates("django.test.client:aclosing_iterator_wrapper"),
        Closes("django.http.response:HttpResponseBase.close"),
        Dispatches(
            (
                "django.core.handlers.wsgi:WSGIHandler.__call__",
                "django.core.handlers.asgi:ASGIHandler.__call__",
                "django.core.handlers.asgi:ASGIHandler.handle",
                "django.core.handlers.asgi:ASGIHandler.send_response",
                "django.core.handlers.base:BaseHandler._get_response",
                "django.core.handlers.base:BaseHandler._get_response_async",
                "django.core.handlers.base:BaseHandler.get_response",
                "django.core.handlers.base:BaseHandler.get_response_async",
                "django.core.handlers.exception:convert_exception_to_response.<locals>.inner",
                "django.core.handlers.exception:response_for_exception",
                "django.utils.deprecation:MiddlewareMixin.__call__",
                "django.utils.deprecation:MiddlewareMixin.__acall__",
                "rest_framework.views:APIView.dispatch",
            )
        ),
        Answers("django.http.response:Http404", lambda error: 404),
        Answers("django.core.exceptions:PermissionDenied", lambda error: 403),
        Answers("django.core.exceptions:SuspiciousOperation", lambda error: 400),
        Answers("rest_framework.exceptions:APIException", lambda error: error.status_code),
    ),
)

