"""Whether a dead or hanging collector is felt: requests per second with a finding each, as a ratio to those without, and the memory.

    python -m benchmarks.collector_down [--rounds 5] [--seconds 2] [--workers 2] [--every]

One gunicorn with Flask, FlaskInstrumentor and the SDK's batch processors, and a collector that answers at first, is killed in the middle
of the load, and comes back as one that accepts everything and answers nothing. Rounds with and without findings take turns. A
finding that repeats is counted, as it is by default; with --every each one is sent in full (RESPSTART_REPEAT_SECONDS=0), and the ratio
holds the price of that: compare its rows.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.load import free_port, wait_for
from benchmarks.worker import ROOT

CLIENTS = 4
MODULE = "benchmarks.collector_down"


# ---------------------------------------------------------------------- the application, in gunicorn's workers
def make_app():
    from flask import Flask, Response
    from opentelemetry import _logs, metrics, trace
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.flask import FlaskInstrumentor
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    tracers, loggers = TracerProvider(), LoggerProvider()
    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    loggers.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
    trace.set_tracer_provider(tracers)
    _logs.set_logger_provider(loggers)
    metrics.set_meter_provider(MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())]))
    app = Flask("shop")
    FlaskInstrumentor().instrument_app(app)

    @app.get("/<kind>")
    def rows(kind):
        def body():
            yield "id\n"
            if kind == "late":
                response.set_cookie("last", "1")
            yield "1\n"

        response = Response(body())
        return response

    return app


# ---------------------------------------------------------------------- the collector, a process of its own
def collect(port: int, *, hangs: bool) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments):
            """Quiet."""

    if hangs:  # a connection is accepted, and that is all
        with socket.create_server(("127.0.0.1", port), backlog=128):
            signal.pause()
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


@contextlib.contextmanager
def process(*command, **options):
    running = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    try:
        yield running
    finally:
        running.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(5)
        running.kill()
        running.wait()


def collector(port: int, how: str):
    return process(sys.executable, "-m", MODULE, "--collect", str(port), how, cwd=ROOT)


# ---------------------------------------------------------------------- the load
def load(port: int, path: str, seconds: float) -> tuple[float, float]:
    """Requests per second of all clients, and the longest time of one request in milliseconds."""
    deadline = time.perf_counter() + seconds

    def client(_):
        connection, count, longest = http.client.HTTPConnection("127.0.0.1", port, timeout=30), 0, 0.0
        while (before := time.perf_counter()) < deadline:
            connection.request("GET", path)
            assert connection.getresponse().read() == b"id\n1\n"
            count, longest = count + 1, max(longest, time.perf_counter() - before)
        connection.close()
        return count, longest

    with ThreadPoolExecutor(CLIENTS) as pool:
        results = list(pool.map(client, range(CLIENTS)))
    return sum(count for count, _ in results) / seconds, max(longest for _, longest in results) * 1000


def resident(gunicorn: int) -> float:
    """Resident memory of the largest worker, in MiB."""
    children = Path(f"/proc/{gunicorn}/task/{gunicorn}/children").read_text().split()
    pages = max(int(Path(f"/proc/{child}/statm").read_text().split()[1]) for child in children)
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def measure(name: str, port: int, gunicorn: int, rounds: int, seconds: float) -> None:
    pairs = [(load(port, "/early", seconds), load(port, "/late", seconds)) for _ in range(rounds)]
    ratio = statistics.median(late[0] / early[0] for early, late in pairs)
    early, late = (max(pair[number][1] for pair in pairs) for number in (0, 1))
    count = sum(late[0] * seconds for _, late in pairs)
    print(f"{name:<22} {ratio:5.2f} {early:10.0f} ms {late:9.0f} ms {resident(gunicorn):9.0f} MiB {count:9.0f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--every", action="store_true", help="send every finding in full")
    parser.add_argument("--collect", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.collect:
        collect(int(arguments.collect[0]), hangs=arguments.collect[1] == "hangs")
    port, sink = free_port(), free_port()
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", str(arguments.workers), "--threads", "4"]
    command += ["--chdir", str(ROOT), "--log-level", "error", f"{MODULE}:make_app()"]
    environment = os.environ | {
        "RESPSTART": "1", "RESPSTART_OUTPUT": "off", "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{sink}",
    }
    if arguments.every:
        environment["RESPSTART_REPEAT_SECONDS"] = "0"
    print(f"{'collector':<22} ratio  longest without   with  resident (largest)  findings")
    with tempfile.TemporaryFile() as log, process(*command, env=environment, stderr=log) as gunicorn:
        wait_for(port)
        load(port, "/late", 1)  # warm
        with collector(sink, "answers"):
            wait_for(sink)
            measure("answers", port, gunicorn.pid, arguments.rounds, arguments.seconds)
            pool = ThreadPoolExecutor(1)
            under_way = pool.submit(measure, "killed under the load", port, gunicorn.pid, arguments.rounds, arguments.seconds)
            time.sleep(arguments.seconds)
        under_way.result()
        measure("dead", port, gunicorn.pid, arguments.rounds, arguments.seconds)
        with collector(sink, "hangs"):
            wait_for(sink)
            measure("hangs", port, gunicorn.pid, arguments.rounds, arguments.seconds)
            measure("hangs on", port, gunicorn.pid, arguments.rounds, arguments.seconds)


if __name__ == "__main__":
    main()
