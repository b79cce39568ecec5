"""A collector of the standard library: takes OTLP over HTTP, keeps what it got, and gives it back in plain dicts."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

PATIENCE = 20  # seconds until something expected must have been exported

_REQUESTS: dict[str, Callable[[], Any]] = {
    "/v1/traces": ExportTraceServiceRequest, "/v1/logs": ExportLogsServiceRequest, "/v1/metrics": ExportMetricsServiceRequest,
}


class Sink:
    """What was exported so far: spans, log records and metrics, each a dict with attributes as a plain dict."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.spans: list[dict[str, Any]] = []
        self.logs: list[dict[str, Any]] = []
        self.metrics: list[dict[str, Any]] = []

    def take(self, path: str, payload: bytes) -> None:
        """Decode one export. Raises KeyError for a path that is none of OTLP's."""
        request = _REQUESTS[path]()
        request.ParseFromString(payload)
        for resource in getattr(request, request.DESCRIPTOR.fields[0].name):
            for scope in getattr(resource, resource.DESCRIPTOR.fields[1].name):
                for item in getattr(scope, scope.DESCRIPTOR.fields[1].name):
                    self._keep(path, item, scope.scope.name)

    def _keep(self, path: str, item: Message, scope: str) -> None:
        if path == "/v1/traces":
            self.spans.append(_span(item) | {"scope": scope})
        elif path == "/v1/logs":
            self.logs.append(_log(item) | {"scope": scope})
        else:
            self.metrics.append({"name": item.name, "points": [(_plain(point.attributes), point.as_int) for point in item.sum.data_points]})

    def wait(self, what: Callable[[], list[Any]], least: int = 1) -> list[Any]:
        """What `what` gives once that is as much as expected, or the patience is over."""
        deadline = time.monotonic() + PATIENCE
        while len(found := what()) < least and time.monotonic() < deadline:
            time.sleep(0.05)
        return found

    def events(self, trace: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """The findings on spans of a trace: (span, attributes), those of follow-up spans among them."""
        spans = [span for span in self.spans if span["trace"] == trace]
        on_spans = [(span, event["attributes"]) for span in spans for event in span["events"] if event["name"] == EVENT]
        return on_spans + [(span, span["attributes"]) for span in spans if span["name"] == EVENT]

    def server_span(self, trace: str) -> dict[str, Any]:
        """The one span of a trace that is a server's."""
        (span,) = self.wait(lambda: [span for span in self.spans if span["trace"] == trace and span["kind"] == 2])
        return span


EVENT = "respstart.late_mutation"


@contextmanager
def collecting(port: int = 0) -> Iterator[Sink]:
    """A sink that listens on the loopback interface."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            payload = self.rfile.read(int(self.headers["Content-Length"]))
            sink.take(self.path, gzip.decompress(payload) if self.headers["Content-Encoding"] == "gzip" else payload)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    sink = Sink(f"http://127.0.0.1:{server.server_port}")
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()


def _span(span: Any) -> dict[str, Any]:
    return {
        "name": span.name, "kind": span.kind, "trace": span.trace_id.hex(), "id": span.span_id.hex(), "parent": span.parent_span_id.hex(),
        "attributes": _plain(span.attributes), "links": [(link.span_id.hex(), _plain(link.attributes)) for link in span.links],
        "events": [{"name": event.name, "attributes": _plain(event.attributes)} for event in span.events],
        "status": span.status.code,
    }


def _log(record: Any) -> dict[str, Any]:
    return {
        "event": record.event_name, "trace": record.trace_id.hex(), "span": record.span_id.hex(), "severity": record.severity_text,
        "body": record.body.string_value, "attributes": _plain(record.attributes),
    }


def _plain(attributes: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "string_value") for pair in attributes}
