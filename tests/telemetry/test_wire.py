"""Findings read back from a collector: real servers, the real SDK and its OTLP exporter, the real instrumentations."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import NamedTuple

import pytest

from respstart.testing import Application
from respstart.testing.servers import serve
from telemetry.sink import EVENT, collecting

pytestmark = pytest.mark.once

APPS = Path(__file__).parent / "apps"


class Case(NamedTuple):
    """One request: the rules of its findings, and on which span each has to be: the request's own while that records, or a new one."""

    app: str
    server: str
    path: str
    rules: dict[str, str]


CASES = [
    Case("flask", "gunicorn-gthread", "streamed", {"RS103": "new"}),
    Case("django", "gunicorn-gthread", "streamed", {"RS101": "new"}),
    Case("fastapi", "uvicorn-h11", "streamed", {"RS101": "own"}),
    Case("fastapi", "uvicorn-h11", "background", {"RS404": "new"}),
    Case("starlette", "uvicorn-h11", "streamed", {"RS101": "own"}),
    Case("asgi", "uvicorn-h11", "twice", {"RS201": "own", "RS501": "new"}),
    Case("wsgi", "gunicorn-gthread", "edited", {"RS201": "own", "RS501": "new"}),
]
BEFORE = {"RESPSTART": "1"}
AFTER = {"RESPSTART": "", "SWITCHED_ON_BY_HAND": "1"}


def exporting_to(address):
    return {"RESPSTART_OTEL": "auto", "RESPSTART_REPEAT_SECONDS": "0", "OTEL_EXPORTER_OTLP_ENDPOINT": address}


def traceparent():
    """A trace id, and the header that makes it that of the request (Trace Context, section 3.2)."""
    trace = secrets.token_hex(16)
    return trace, {"traceparent": f"00-{trace}-{secrets.token_hex(8)}-01"}


@pytest.fixture(scope="module")
def sink():
    with collecting() as sink:
        yield sink


@pytest.fixture(scope="module")
def running(sink, request):
    app, server, order = request.param
    with serve(server, Application(APPS, f"{app}_app"), exporting_to(sink.address) | order) as running:
        yield running


every_stack = pytest.mark.parametrize(
    ("running", "case"),
    [((case.app, case.server, order), case) for order in (BEFORE, AFTER) for case in CASES],
    ids=[f"{case.app}-{case.path}-{order}" for order in ("before", "after") for case in CASES],
    indirect=["running"], scope="module",
)


@every_stack
def test_the_finding_comes_back_with_the_trace_of_the_request(running, case, sink):
    trace, header = traceparent()
    running.ask(f"/{case.path}", headers=header)
    found = sink.wait(lambda: sink.events(trace), len(case.rules))
    own = sink.server_span(trace)

    assert {attributes["respstart.rule"] for _, attributes in found} == set(case.rules)
    assert len(found) == len(case.rules), "told twice"
    for span, attributes in found:
        rule = attributes["respstart.rule"]
        assert attributes["respstart.first_writer.code.line.number"] in lines(running, f"{case.path}:first")
        assert attributes["code.line.number"] in lines(running, f"{case.path}:late")
        if case.rules[rule] == "own":
            assert span["id"] == own["id"]
        else:
            assert (span["name"], span["parent"]) == (EVENT, own["id"])
            assert span["links"] == [(own["id"], {"respstart.link": "response_start"})]


@every_stack
def test_what_has_no_span_any_more_is_logged_as_well(running, case, sink):
    trace, header = traceparent()
    running.ask(f"/{case.path}", headers=header)
    after_the_end = {rule for rule, place in case.rules.items() if place == "new"}
    logs = sink.wait(lambda: [log for log in sink.logs if log["trace"] == trace and log["event"] == EVENT], len(after_the_end))
    own = sink.server_span(trace)
    assert [log["attributes"]["respstart.rule"] for log in logs] == sorted(after_the_end)
    assert {log["span"] for log in logs} <= {own["id"]}


@every_stack
def test_a_clean_request_and_the_span_of_a_bad_one_stay_as_they_are(running, case, sink):
    trace, header = traceparent()
    assert running.ask("/clean", headers=header).status == 200
    own = sink.server_span(trace)
    assert own["events"] == []
    assert not [name for name in own["attributes"] if name.startswith("respstart")]
    assert running.quiet("clean") == []


@every_stack
def test_the_sdk_has_nothing_to_complain_of(running, case, sink):
    running.ask(f"/{case.path}")
    sink.wait(lambda: [metric for metric in sink.metrics if metric["name"] == "respstart.findings"])
    assert "complaint of opentelemetry" not in running.log.read_text(encoding="utf-8")


def lines(running, marker):
    return {number for _, number in running.application.marked(marker)}
