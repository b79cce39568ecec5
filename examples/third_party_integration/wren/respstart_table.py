"""What respstart has to know about Wren: where to hook, and what each hook tells."""

from __future__ import annotations

from respstart.integrations.rows import (
    Answers,
    Builds,
    Dispatches,
    Endpoint,
    Enters,
    Integration,
    Mutates,
    Renders,
    Rescues,
    ResponseKind,
    Sends,
    Sets,
)


def head(answer):
    """Status and headers of an answer, as they are now."""
    return answer.status, tuple(answer.headers.fields.items())


def parts(answer):
    """A write to the answer or to its headers is a write to the answer."""
    return answer, answer.headers


ANSWER = ResponseKind(head, parts)

INTEGRATION = Integration(
    name="wren",
    kind="framework",
    packages=("wren",),
    distribution="wren",
    limits=("A direct edit of `headers.fields` is found without a late writer: only the methods of `Headers` are hooked.",),
    rows=(
        # The life of a response: born, built, sent.
        Enters("wren:Wren.__call__", "wsgi"),
        Builds("wren:Answer.__init__", ANSWER),
        Renders("wren:Answer.__call__", "wsgi", ANSWER),
        # The writes that can come too late.
        Mutates("wren:Headers", ("__setitem__", "__delitem__")),
        Sets("wren:Answer.status"),
        # Who wrote it: a view that returned text, an exception that became an answer.
        Endpoint("wren:Wren.view", lambda args, kwargs: args[1], existing=("wren:Wren", lambda app: list(app.views.values()))),
        Rescues("wren:Wren.refuse", exception=1),
        Answers("wren:Refusal", lambda refusal: refusal.status),
        # Where the framework's code ends and the user's begins.
        Sends(("wren:Answer.__call__",)),
        Dispatches(("wren:Wren.__call__", "wren:Wren.dispatch")),
    ),
)
