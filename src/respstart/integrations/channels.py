"""Django Channels: consumers that answer over HTTP, and the sessions that its own middleware keeps in the scope."""

from __future__ import annotations

from typing import Any

from respstart.integrations.rows import After, Dispatches, Enters, Integration, Sends, Watch


def session_decided(args: tuple[Any, ...], result: Any, watch: Watch) -> None:
    """The middleware has saved the session and set its cookie with the start, or not: it does neither again."""
    wrapper, message = args
    if message["type"] not in wrapper.cookie_response_message_types or not wrapper.activated:
        return
    session = wrapper.scope["session"]._wrapped  # the session itself: the object in the scope only stands for it
    key = session.session_key
    known = key and (wrapper.scope["cookies"].get(wrapper.cookie_name) == key or sets(message, key))
    watch.session(session, contents, token=key if known else None, request=wrapper.scope)


def sets(message: Any, key: str) -> bool:
    """Whether a start gives the client this key."""
    return any(name.lower() == b"set-cookie" and key.encode() in value for name, value in message.get("headers", ()))


def contents(session: Any) -> dict[Any, Any] | None:
    """What is in a session; None when it lies in its store and has not been loaded."""
    loaded = getattr(session, "_session_cache", None)
    return None if loaded is None and session.session_key else dict(loaded or ())


INTEGRATION = Integration(
    name="channels",
    kind="framework",
    packages=("channels",),
    distribution="channels",
    includes=("django",),
    limits=(
        "An answer that never ends is not told: the consumer may still be waiting for something.",
        "A late edit of the list of headers that a consumer has sent is found without a late writer: it is a plain list.",
    ),
    rows=(
        Enters("channels.consumer:AsyncConsumer.__call__", "asgi", identity=type),
        After("channels.sessions:InstanceSessionWrapper.send", session_decided),
        Sends(
            (
                "channels.consumer:AsyncConsumer.send",
                "channels.generic.http:AsyncHttpConsumer.send_headers",
                "channels.generic.http:AsyncHttpConsumer.send_body",
                "channels.generic.http:AsyncHttpConsumer.send_response",
            )
        ),
        Dispatches(
            (
                "channels.consumer:AsyncConsumer.dispatch",
                "channels.utils:await_many_dispatch",
                "channels.routing:ProtocolTypeRouter.__call__",
                "channels.routing:URLRouter.__call__",
                "channels.middleware:BaseMiddleware.__call__",
                "channels.auth:AuthMiddleware.__call__",
                "channels.sessions:CookieMiddleware.__call__",
                "channels.sessions:SessionMiddleware.__call__",
            )
        ),
    ),
)
