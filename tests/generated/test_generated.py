"""Whoever is named is the author: in applications of every kind of layer, and in random ones.

The default run draws the same applications every time, so that it turns red only by a change of the code. More and other ones:
`RESPSTART_EXAMPLES=2000` in the environment (with pytest's `--hypothesis-seed`), or `python -m tests.generated --examples 2000 --seed 1`.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings

from generated.checking import watching
from generated.endpoints import AnswersAgain, ByHelper, HandsOver, Injected, Plain, Refuses, ReturnedStream, Sends, SentThenReturned, Stream
from generated.faults import BodyAfterEnd, InTask, Raise, SecondStart, Session, Write
from generated.frameworks import ASGI, DJANGO, DJANGO_ASGI, FASTAPI, FLASK, FRAMEWORKS, STARLETTE, WSGI
from generated.layers import (
    LAYERS,
    Buffers,
    CatchesAll,
    Compresses,
    CrossOrigin,
    Forwards,
    Relays,
    RelaysOther,
    Replaces,
    Rewrites,
    RunsTwice,
    Sessions,
    WsgiBuffers,
    WsgiForwards,
    WsgiLazy,
    WsgiThread,
)
from generated.programs import App, Route, apps, every_route
from respstart.core import attribution
from respstart.hooks.runtime import runtime

MANY = os.environ.get("RESPSTART_EXAMPLES")


@pytest.fixture(scope="module")
def checker():
    with watching() as watched:
        yield watched


@settings(
    max_examples=int(MANY or 150), derandomize=not MANY, print_blob=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
@given(app=apps())
def test_random_applications(checker, app):
    checked = checker.check(app)
    assert not checked.problems, f"\n{checked}"


def with_sessions(framework, layers):
    """A session that is written to late has to be there."""
    return (Sessions(), *layers) if "Starlette(" in framework.assembled or "FastAPI(" in framework.assembled else layers


@pytest.mark.parametrize(
    ("framework", "layers"),
    [(framework, layers) for framework in FRAMEWORKS
     for layers in [(), *((layer,) for layer in LAYERS if framework.name in layer.frameworks)]],
    ids=repr,
)  # fmt: skip
def test_every_fault_of_every_endpoint_in_every_layer(checker, framework, layers):
    checked = checker.check(App(framework, every_route(framework), with_sessions(framework, layers)))
    assert not checked.problems, "\n".join(map(str, checked.problems))


# Random applications that were wrong once.
FOUND = {
    "the start among *arguments": App(ASGI, (Route(Sends("forwarding")),)),
    "a list that a copy stands for": App(STARLETTE, (Route(Plain(ByHelper())),), (Sessions(), Buffers())),
    "a list that a copy stands for, and its late writer": App(
        STARLETTE, (Route(Stream(ByHelper()), "stream", Write("status")),), (CrossOrigin(), Buffers())
    ),
    "a list that the framework makes": App(DJANGO_ASGI, (Route(Stream(), "stream", Write("cookie")),), (Buffers(),)),
    "an exception's answer, sent on": App(DJANGO_ASGI, (Route(Refuses("http error")),), (Rewrites(), Buffers())),
    "a call that is kept and made with another list": App(
        FLASK, (Route(ReturnedStream(), "stream", Session()),), (WsgiForwards(), WsgiBuffers(), WsgiLazy())
    ),
    "relays with a copy in between": App(
        STARLETTE, (Route(Stream(ByHelper()), "stream", Write()),), (Relays(), CrossOrigin(), Relays(), Sessions(), Relays())
    ),
    "a start by hand behind relays with a copy in between": App(
        FASTAPI, (Route(HandsOver(ByHelper())),), (CrossOrigin(), Relays(), CrossOrigin(), Relays())
    ),
    "a relay in another message": App(STARLETTE, (Route(HandsOver(ByHelper()), "after", Raise("handled error")),), (Relays(), Rewrites())),
    "a head that is sent with the first bytes": App(STARLETTE, (Route(Sends("wrapped")),), (Compresses(), Forwards())),
    "a second start that is swallowed": App(STARLETTE, (Route(SentThenReturned(), "return", SecondStart()),), (Compresses(),)),
    "a second start that is swallowed, in another message": App(
        FASTAPI, (Route(SentThenReturned(), "return", SecondStart()),), (Compresses(), Rewrites(), CatchesAll())
    ),
    "a second start after one that was thrown away": App(
        STARLETTE, (Route(SentThenReturned(), "return", SecondStart(), times=3),), (RelaysOther(),)
    ),
    "bytes after the end that are swallowed": App(STARLETTE, (Route(HandsOver(), "after", BodyAfterEnd(), InTask()),), (Relays(),)),
    "an injected response that was merged, and thrown away": App(FASTAPI, (Route(Injected()),), (Replaces(),)),
    "an injected response that was merged, and thrown away in a relay": App(FASTAPI, (Route(Injected()),), (RelaysOther(),)),
    "an error in a thread without a context": App(DJANGO, (Route(Refuses("http error"), times=3),), (WsgiThread(),)),
    "a thread below a generator": App(DJANGO, (Route(Stream(ByHelper()), "stream", Write()),), (WsgiThread(), WsgiLazy())),
}  # fmt: skip


@pytest.mark.parametrize("app", FOUND.values(), ids=FOUND)
def test_what_was_wrong_once(checker, app):
    checked = checker.check(app)
    assert not checked.problems, f"\n{checked}"


TWICE = {
    "by hand": App(ASGI, (Route(Sends(), times=3),), (RunsTwice(),)),
    "a response object": App(STARLETTE, (Route(Plain(ByHelper()), times=3),), (RunsTwice(),)),
    "behind relays": App(STARLETTE, (Route(Plain(ByHelper())),), (Relays(), RunsTwice(), Relays(), Rewrites())),
    "an error that is handled": App(FASTAPI, (Route(Refuses("handled error")),), (RunsTwice(),)),
}


@pytest.mark.parametrize("app", TWICE.values(), ids=TWICE)
def test_an_application_that_a_middleware_runs_twice(checker, app):
    checked = checker.check(app)
    assert not checked.problems, f"\n{checked}"


# ---------------------------------------------------------------------- whether all this can fail
def without_forwarders(monkeypatch):
    monkeypatch.setattr(runtime, "asgi_forwards", lambda frame: False)
    monkeypatch.setattr(runtime, "wsgi_forwards", lambda frame: False)


def without_rung(name):
    def leave_out(monkeypatch):
        monkeypatch.setattr(attribution.Attribution, name, lambda self, clues: "left out")

    return leave_out


@pytest.mark.parametrize(
    ("breaks", "app"),
    [
        (without_forwarders, App(ASGI, (Route(Sends()),), (Forwards(),))),
        (without_forwarders, App(WSGI, (Route(AnswersAgain()),), (WsgiForwards(),))),
        (without_rung("_explicit"), App(ASGI, (Route(Sends()),))),
        (without_rung("_raised"), App(FLASK, (Route(Refuses("http error")),))),
        (without_rung("_built"), App(STARLETTE, (Route(Plain(ByHelper())),))),
    ],
    ids=["forwarders-asgi", "forwarders-wsgi", "explicit", "raised", "built"],
)
def test_a_ladder_with_a_broken_rung_is_noticed(checker, monkeypatch, breaks, app):
    breaks(monkeypatch)
    assert [problem.kind for problem in checker.check(app).problems] == ["wrong"]
