"""An application within another one's, where nothing tells which line returned (before Python 3.12): its own view is named."""

from __future__ import annotations

import asyncio

import httpx
import pytest
import quart
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

import respstart
from respstart.hooks import monitoring


@pytest.fixture
def found(monkeypatch):
    monkeypatch.setattr(monitoring, "can_watch", lambda: False)
    findings = []
    with respstart.tracing(output="off", otel="off"):
        remove = respstart.on_finding(findings.append)
        yield findings
        remove()


def test_the_view_of_the_inner_application_is_named(found):
    inner, kept = quart.Quart("inner"), []

    @inner.get("/")
    async def view():
        return "bolts"  # returned

    @inner.after_request
    async def keep(response):
        kept.append(response)
        return response

    async def outer(request):
        return PlainTextResponse("outer")

    app = Starlette(routes=[Route("/outer", outer), Mount("/inner", inner)])

    async def ask():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client:
            return (await client.get("/inner/")).text

    assert asyncio.run(ask()) == "bolts"
    kept[0].headers["X-Late"] = "1"
    assert [(finding.rule, finding.first_writer.function, finding.first_writer.source[-10:]) for finding in found] == [
        ("RS101", "test_the_view_of_the_inner_application_is_named.view", "# returned")
    ]
