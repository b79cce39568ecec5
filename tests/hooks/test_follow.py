"""Whoever is handed a part whose writes nobody sees is followed, and nobody else who happens to run the same code."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

import respstart
from respstart.hooks import follow

pytestmark = pytest.mark.skipif(sys.version_info < (3, 12), reason="before 3.12 the line that took the part stands for the write")


async def events(request):
    name = request.match_info["name"]
    response = web.StreamResponse()
    await response.prepare(request)
    headers = response.headers
    if name == "fails":
        raise LookupError(name)
    headers[f"X-{name}"] = await asyncio.sleep(0.05 if name == "slow" else 0.01, name)  # LATE
    headers.get("X-Other")
    return response


LATE = next(number for number, text in enumerate(Path(__file__).read_text(encoding="utf-8").splitlines(), 1) if text.endswith("# LATE"))


def findings_of(*names):
    found = []

    async def ask():
        app = web.Application()
        app.router.add_get("/{name}", events)
        async with TestClient(TestServer(app)) as client:
            await asyncio.gather(*(one(client, name) for name in names))

    async def one(client, name):
        with suppress(Exception):
            await (await client.get(f"/{name}")).read()

    with respstart.tracing(output="off", otel="off"):
        forget = respstart.on_finding(found.append)
        asyncio.run(ask())
        left = list(follow.followers)
        forget()
    return found, left


def test_requests_that_run_the_same_code_are_not_mixed_up():
    """A write that waits for something first: meanwhile another request goes on in the same function."""
    found, left = findings_of("slow", "quick")
    assert {(each.rule, each.subject, each.request.path) for each in found} == {("RS101", "x-slow", "/slow"), ("RS101", "x-quick", "/quick")}
    assert [each.late_writer.line for each in found] == [LATE, LATE]
    assert [each.late_in.get("request") for each in found] == [None, None]
    assert left == []


def test_one_whose_taker_failed_is_followed_no_more():
    """An exception that leaves a function is not told: the end of the request is enough."""
    found, _ = findings_of("fails")
    assert [each.rule for each in found] == ["RS401"]
    found, _ = findings_of("fails", "quick", "slow")
    assert sorted(each.rule for each in found) == ["RS101", "RS101", "RS401"]
    assert {each.late_writer.line for each in found if each.rule == "RS101"} == {LATE}
