"""Under `opentelemetry-instrument`, without sampling, and without any SDK."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from programs import environment
from respstart.testing import Application
from respstart.testing.servers import SERVERS, Server, serve
from telemetry.sink import EVENT, collecting
from telemetry.test_wire import APPS, exporting_to, lines, traceparent

pytestmark = pytest.mark.once

INSTRUMENT = str(Path(sys.executable).with_name("opentelemetry-instrument"))
GUNICORN = [sys.executable, "-m", *SERVERS["gunicorn-gthread"].command.split(), "--workers", "2"]
RESPSTART_RUN = [sys.executable, "-m", "respstart", "run"]
OFF = {"RESPSTART": ""}  # the command line is to switch it on

BATCHES = {"OTEL_BSP_SCHEDULE_DELAY": "100", "OTEL_BLRP_SCHEDULE_DELAY": "100", "OTEL_METRIC_EXPORT_INTERVAL": "200"}
AUTOMATIC = {
    **BATCHES, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf", "OTEL_TRACES_EXPORTER": "otlp", "OTEL_LOGS_EXPORTER": "otlp",
    "OTEL_METRICS_EXPORTER": "otlp",
}


class Launched(Server):
    """A server that is started by other commands."""

    def argv(self, module, port):
        return [part.format(app=f"{module}:app", module=module, port=port) for part in self.command]


@pytest.fixture(scope="module")
def sink():
    with collecting() as sink:
        yield sink


@pytest.mark.parametrize(
    ("launcher", "switch"),
    [
        ([INSTRUMENT, *GUNICORN], {}),
        ([INSTRUMENT, *RESPSTART_RUN, *GUNICORN], OFF),
        ([*RESPSTART_RUN, INSTRUMENT, *GUNICORN], OFF),
    ],
    ids=["opentelemetry-instrument", "respstart run inside", "respstart run outside"],
)
def test_both_commands_reach_every_worker(launcher, switch, sink, monkeypatch):
    monkeypatch.setitem(SERVERS, "launched", Launched(launcher, ()))
    with serve("launched", Application(APPS, "plain_app"), exporting_to(sink.address) | AUTOMATIC | switch) as running:
        trace, header = traceparent()
        assert running.ask("/streamed", headers=header).status == 200
        ((span, attributes),) = sink.wait(lambda: sink.events(trace))
        own = sink.server_span(trace)
        assert (span["name"], span["parent"], attributes["respstart.rule"]) == (EVENT, own["id"], "RS103")
        assert attributes["code.line.number"] in lines(running, "streamed:late")
        assert attributes["respstart.first_writer.code.line.number"] in lines(running, "streamed:first")
        assert sink.wait(lambda: [log for log in sink.logs if log["trace"] == trace and log["event"] == EVENT])


def test_without_sampling_the_log_and_the_counter_are_told(sink):
    unsampled = {"OTEL_TRACES_SAMPLER": "always_off"}
    with serve("uvicorn-h11", Application(APPS, "asgi_app"), exporting_to(sink.address) | unsampled) as running:
        before = len(sink.spans)
        trace, header = traceparent()
        running.ask("/twice", headers=header)
        (log,) = sink.wait(lambda: [log for log in sink.logs if log["trace"] == trace])
        assert (log["event"], log["attributes"]["respstart.rule"]) == (EVENT, "RS201")
        assert sink.wait(lambda: [point for metric in sink.metrics for point in metric["points"] if point[0].get("respstart.rule") == "RS201"])
        assert len(sink.spans) == before
        assert "complaint of opentelemetry" not in running.log.read_text(encoding="utf-8")


LATE = """
import sys
import respstart
from drivers import ask

def app(environ, start_response):
    start_response("200 OK", [])
    start_response("500 Sorry", [])
    return [b"goods"]

found = []
respstart.on_finding(found.append)
respstart.install(output="off", otel="both")
ask(respstart.wsgi(app))
print([finding.rule for finding in found], [name for name in sys.modules if name.partition(".")[0] == "opentelemetry"][:1])
"""


def printed(program):
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment(),
    )
    assert done.stderr == ""
    return done.stdout.strip()


def test_an_application_without_opentelemetry_does_not_get_it():
    assert printed(LATE) == "['RS201'] []"


def test_the_api_alone_breaks_nothing_and_brings_no_sdk():
    program = "from opentelemetry import _logs, metrics, trace\n" + LATE + "print('opentelemetry.sdk' in sys.modules)"
    assert printed(program).split("\n") == ["['RS201'] ['opentelemetry']", "False"]
