"""A real collector between the SDK and the sink, several workers in front of it."""

from __future__ import annotations

import contextlib
import importlib.util
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from respstart.testing import Application
from respstart.testing.servers import PATIENCE, SERVERS, Server, free_port, serve
from telemetry.sink import EVENT, collecting
from telemetry.test_wire import APPS, exporting_to, traceparent

pytestmark = pytest.mark.once


def agent():
    """The binary in the wheel of the collector rotel, if it runs here."""
    spec = importlib.util.find_spec("rotel")
    binary = Path(spec.origin).with_name("rotel-agent") if spec and spec.origin else None
    if binary is None or subprocess.run([binary, "--version"], capture_output=True, check=False).returncode:
        pytest.skip("the collector rotel is not installed (pip install rotel), or finds no libpython of its Python")
    return binary


@pytest.fixture
def rotel(tmp_path):
    """A sink, and the address of a collector that forwards to it."""
    binary, http, grpc = agent(), free_port(), free_port()
    with collecting() as sink, (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                binary, "start", "--otlp-http-endpoint", f"127.0.0.1:{http}", "--otlp-grpc-endpoint", f"127.0.0.1:{grpc}",
                "--exporter", "otlp", "--otlp-exporter-protocol", "http", "--otlp-exporter-endpoint", sink.address,
            ],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )
        try:
            _wait_for(http)
            yield sink, f"http://127.0.0.1:{http}"
        finally:
            process.terminate()
            process.wait()


def _wait_for(port):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise RuntimeError("the collector did not start")


def test_every_worker_is_heard_through_a_real_collector(rotel, monkeypatch):
    sink, address = rotel
    command = SERVERS["gunicorn-gthread"].command + " --workers 3"
    monkeypatch.setitem(SERVERS, "several", Server(command, ("gunicorn",)))
    requests = dict(traceparent() for _ in range(40))
    with serve("several", Application(APPS, "flask_app"), exporting_to(address)) as running:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda header: running.ask("/streamed", headers=header), requests.values()))
        sink.wait(lambda: [span for span in sink.spans if span["name"] == EVENT], len(requests))
        logs = sink.wait(lambda: [log for log in sink.logs if log["event"] == EVENT], len(requests))
    for trace in requests:
        ((span, attributes),) = sink.events(trace)
        assert (span["parent"], attributes["respstart.rule"]) == (sink.server_span(trace)["id"], "RS103")
        assert attributes["code.stacktrace"].startswith("  File ")
    assert sorted(log["trace"] for log in logs) == sorted(requests)
