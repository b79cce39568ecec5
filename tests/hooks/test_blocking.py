"""Tools that forbid blocking calls in an event loop take respstart's looks at source files for none of the application's."""

from __future__ import annotations

import asyncio
import os

import pytest
from blockbuster import BlockingError, blockbuster_ctx

import respstart
from respstart import looking
from respstart.core import stack
from respstart.hooks import guard


@pytest.fixture
def unread(monkeypatch):
    """Source files are not in any cache."""
    import linecache

    monkeypatch.setattr(linecache, "cache", {})


@pytest.mark.parametrize("output", ["plain", "pretty"])
def test_a_finding_is_made_in_a_guarded_loop(output, unread, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    guard.faults.clear()

    async def application(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
        await send({"type": "http.response.start", "status": 500, "headers": []})

    async def send(message):
        """Take anything."""

    async def ask():
        with blockbuster_ctx():
            await respstart.asgi(application)({"type": "http", "method": "GET", "path": "/", "headers": []}, None, send)
            with pytest.raises(BlockingError):  # the guard is on
                os.getcwd()

    with respstart.tracing(file="findings.jsonl", output=output, otel="off"):
        asyncio.run(ask())
    assert guard.faults == {}
    assert (tmp_path / "findings.jsonl").read_text().count('"RS201"') == 1
    told = capsys.readouterr().err
    assert '"status": 500' in told
    assert ("❱" in told) == (output == "pretty")


def test_the_loop_is_back_at_once():
    async def look():
        loop = asyncio.get_running_loop()
        with looking.beside_the_loop(), pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        assert asyncio.get_running_loop() is loop
        assert stack.definition(look.__code__).source.startswith("async def look")
        assert asyncio.get_running_loop() is loop

    asyncio.run(look())
    assert looking.source_line("/nowhere.py", 1) == ""
