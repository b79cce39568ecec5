"""Requests that are made to do harm by way of the output: control characters, megabytes, floods."""

import functools
import json
import re

import pytest

import respstart
from privacy import shop
from respstart.budget import Budget

HOSTILE = "\x1b[31m\r\nRS999 forged: line\x00\x9b\u202e<script>alert(1)</script>" + "m" * 1_000_000
_STEERS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def late(name):
    """An application that comes too late with a header and a cookie of this name."""

    def app(environ, start_response):
        headers = []
        start_response("200 OK", headers)
        yield b"x"
        headers.append((name, "1"))
        headers.append(("Set-Cookie", f"{name}=1"))
        yield b"y"

    return app


@pytest.mark.parametrize("output", ["plain", "pretty", "json"])
def test_hostile_names_and_paths_are_escaped_and_cut(output, capsys, tmp_path):
    path = tmp_path / "findings.jsonl"
    with respstart.tracing(output=output, otel="off", file=str(path)):
        shop.ask_wsgi(respstart.wsgi(late(HOSTILE)), f"/{HOSTILE}", HOSTILE, "")
    told = capsys.readouterr().err
    assert "forged" in told
    assert not _STEERS.search(told)
    assert not any(line.lstrip().startswith("RS999") for line in told.splitlines())
    assert len(told) < 100_000
    lines = path.read_text().splitlines()
    assert [json.loads(line)["rule"] for line in lines] == ["RS101", "RS103"]
    assert max(map(len, lines)) < 200_000
    assert path.read_text().isascii()


@pytest.fixture
def time_stands_still(monkeypatch):
    """No second passes, however slow the machine is."""
    for module in ("respstart.tracer", "respstart.reporters"):
        monkeypatch.setattr(f"{module}.Budget", functools.partial(Budget, clock=lambda: 0.0))


def test_a_flood_is_cut_and_said(time_stands_still, capsys, tmp_path):
    path = tmp_path / "findings.jsonl"
    with respstart.tracing(output="json", otel="off", file=str(path)):
        for number in range(1500):
            shop.ask_wsgi(respstart.wsgi(late(f"x-{number}")), "/", "", "")
    lines = capsys.readouterr().err.splitlines()
    said = [line for line in lines if line.startswith("respstart: ")]
    shown = [line for line in lines if line.startswith("{")]
    assert len(shown) == 100
    assert len(path.read_text().splitlines()) == 1000  # those that were looked at
    assert [line.split(": ", 1)[1] for line in said if "at once: from now on" in line] == [
        "too many findings to show at once: from now on no more than 1 a second, the others are counted",
        "too many late mutations at once: from now on no more than 100 a second, the others are counted",
    ]
    assert "respstart: 2000 late mutations were left out, because there were too many at once" in said


def test_a_flood_in_one_response_is_cut_and_said(tmp_path):
    path = tmp_path / "findings.jsonl"

    def app(environ, start_response):
        from werkzeug.wrappers import Response

        def body():
            yield b"x"
            for number in range(10_000):
                response.headers[f"X-{number}"] = "1"

        response = Response(body())
        return response(environ, start_response)

    with respstart.tracing(output="off", otel="off", file=str(path)):
        shop.ask_wsgi(respstart.wsgi(app), "/", "", "")
    findings = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(findings) == 50
    assert findings[-1]["trail"][-1]["detail"] == "set_header, and more that is not told"
