"""The SDK as an application sets it up by hand, exporting to where the environment says, and warnings of OpenTelemetry on stderr."""

from __future__ import annotations

import logging
import os

from opentelemetry import _logs, metrics, trace
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def set_up():
    """All three signals, unless `opentelemetry-instrument` has done it."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("complaint of %(name)s: %(message)s"))
    logging.getLogger("opentelemetry").addHandler(handler)
    tracers, loggers = TracerProvider(), LoggerProvider()
    tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(), schedule_delay_millis=100))
    loggers.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(), schedule_delay_millis=100))
    trace.set_tracer_provider(tracers)
    _logs.set_logger_provider(loggers)
    metrics.set_meter_provider(MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter(), export_interval_millis=200)]))


def switch_on_at_last():
    """respstart after everything else, where the test asks for it; else the environment has switched it on before."""
    if os.environ.get("SWITCHED_ON_BY_HAND"):
        import respstart

        respstart.install()
