from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from respstart.model import (
    Evidence,
    ExceptionInfo,
    Finding,
    Frame,
    Place,
    RequestInfo,
    ResponseInfo,
    Stacks,
    TrailEntry,
    Whereabouts,
    Writer,
)

SITE = "/opt/venv/lib/python3.12/site-packages"


def _finding(root: str) -> Finding:
    """A late cookie in a streamed export, with every field filled."""
    export, session = f"{root}/shop/export.py", f"{root}/shop/session.py"
    yields = Frame(export, 41, "stream_rows", "yield header_row", in_app=True)
    framework = tuple(Frame(f"{SITE}/starlette/responses.py", line, "stream", "await send(...)", in_app=False) for line in range(1, 10))
    return Finding(
        rule="RS103",
        name="late-cookie",
        level="error",
        outcome="lost",
        message=f"cookie cart was set 4.2 ms after the response had been started by {export}:41 (stream_rows): the client never saw it",
        operation="set_cookie",
        subject="cart",
        request=RequestInfo("asgi", "GET", "/export/7", "/export/{id}", "3f2a91", "uvicorn", "starlette"),
        response=ResponseInfo(200, ("content-type", "content-length"), 1234, 3, "looks complete"),
        first_writer=Writer(export, 41, "stream_rows", "    yield header_row", "generator", "it yielded the first chunk"),
        late_writer=Writer(session, 17, "save", "    response.set_cookie('cart', token)", "explicit", "it made the late change"),
        fix="Set the cookie on the response before it is returned or its first chunk is sent.",
        fingerprint="0badcafe",
        elapsed_ms=4.2,
        late_window="between the first chunk and the end",
        built_at=Place(export, 60, "export"),
        returned_at=Place(export, 61, "export"),
        body_at=Place(export, 43, "stream_rows"),
        ended_at=Place(export, 44, "stream_rows"),
        endpoint=Place(export, 58, "export"),
        raised_at=Place(session, 20, "save"),
        flushed_at=Place(f"{SITE}/uvicorn/main.py", 1, "send"),
        started_in=Whereabouts("MainThread", "Task-3", Place(export, 5, "main")),
        late_in={
            "thread": "MainThread",
            "task": "Task-8",
            "created_at": Place(session, 9, "later"),
            "request": {"method": "POST", "path": "/cart", "id": "77aa"},
        },
        trail=(
            TrailEntry(0.0, "request"),
            TrailEntry(1.25, "started", Place(export, 41, "stream_rows"), "status and headers are final from here"),
            TrailEntry(5.45, "late", Place(session, 17, "save"), "set_cookie"),
            TrailEntry(9.0, "end", None, "3 chunks, 1234 bytes"),
        ),
        stacks=Stacks(
            start=(*framework, yields),
            built=(Frame(export, 60, "export", "return StreamingResponse(rows)", in_app=True),),
            late=(*framework[:1], Frame(session, 17, "save", "response.set_cookie('cart', token)", in_app=True)),
        ),
        exception=ExceptionInfo("KeyError", "'cart'"),
        trace_id="0af7651916cd43dd8448eb211c80319c",
        span_id="b7ad6b7169203331",
        passed_over=("explicit: no user code made the call",),
    )


@pytest.fixture
def make_finding(tmp_path, monkeypatch) -> Callable[..., Finding]:
    """Makes a complete finding whose application lies below the current folder; keywords replace fields."""
    monkeypatch.chdir(tmp_path)

    def make(**changes: Any) -> Finding:
        return dataclasses.replace(_finding(str(tmp_path)), **changes)

    return make


@pytest.fixture
def evidence() -> Evidence:
    return Evidence()


HOSTILE = (
    "\x1b[31mred\x1b[0m",
    "one\r\nRS999 forged: line\n",
    "nul\0byte\x7f",
    "c1\x9b31m\x85next",
    "bidi\u202egnp.exe\u2066\u200f\u061c",
    "lone\udc80 and \ud83d surrogates",
    "sep\u2028a\u2029b\ufeff",
    "megabyte" * 131_072,
)


@pytest.fixture(params=HOSTILE, ids=lambda text: ascii(text[:10]))
def hostile(request) -> str:
    return request.param


@pytest.fixture
def hostile_finding(make_finding, hostile) -> Finding:
    """A finding with the hostile text in every place to which text from outside can come."""
    plain = make_finding()
    return dataclasses.replace(
        plain,
        message=f"header {hostile} was set",
        subject=hostile,
        request=dataclasses.replace(plain.request, method=hostile, path=f"/{hostile}", id=hostile),
        response=dataclasses.replace(plain.response, headers=(hostile,)),
        first_writer=dataclasses.replace(plain.first_writer, file=f"/a/{hostile}.py", function=hostile, source=hostile, reason=hostile),
        late_writer=dataclasses.replace(plain.late_writer, file=f"/b/{hostile}.py", function=hostile, source=hostile),
        trail=(TrailEntry(0.0, "late", Place(hostile, 1, hostile), hostile),),
        stacks=Stacks(start=(Frame(hostile, 1, hostile, hostile, in_app=True),), late=(Frame(hostile, 1, hostile, hostile, in_app=True),)),
        exception=ExceptionInfo(hostile, hostile),
    )
