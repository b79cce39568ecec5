"""Applications that put a plain dict in the place of a response's headers, as the framework allows: traced like any other."""

from __future__ import annotations

import asyncio

import flask
import pytest
import quart
from werkzeug.test import Client

from respstart.hooks import guard


@pytest.fixture(autouse=True)
def sound():
    guard.faults.clear()
    yield
    assert not guard.faults


def told(found):
    return [(finding.rule, finding.subject, finding.first_writer.function, finding.late_writer) for finding in found]


@pytest.mark.parametrize("headers", [{"X-Plain": "1"}, {"X-Plain": ["1"]}, [("X-Plain", "1")]], ids=["dict", "dict of lists", "list"])
def test_flask(found, headers):
    app = flask.Flask("shop")

    @app.get("/<when>")
    def view(when):
        def rows():
            yield "bolts\n"
            if when == "late":
                response.headers = {**dict(headers), "X-Late": "1"}

        response = flask.Response(rows())
        response.headers = headers
        return response

    clean, late = (Client(app).get(path, buffered=True) for path in ("/clean", "/late"))
    assert clean.headers["X-Plain"] == late.headers["X-Plain"] == "1"
    assert "X-Late" not in late.headers
    assert told(found) == [("RS101", "x-late", "test_flask.view", None)]


def test_quart(found):
    app = quart.Quart("shop")

    @app.get("/<when>")
    async def view(when):
        async def rows():
            yield b"bolts\n"
            if when == "late":
                response.headers["X-Late"] = "1"

        response = quart.Response(rows())
        response.headers = {"X-Plain": "1"}
        return response

    async def ask(path):
        return await (await app.test_client().get(path)).get_data()

    assert asyncio.run(ask("/clean")) == b"bolts\n"
    assert found == []
    assert asyncio.run(ask("/late")) == b"bolts\n"
    assert told(found) == [("RS101", "x-late", "test_quart.view", None)]
