"""Where findings go to is broken: the client's bytes are the same, other outlets still get the finding, and the fault is said once."""

import contextlib
import io
import logging
import os
import sys
import threading

import pytest
import structlog

import respstart
from faults.applications import answers
from respstart.hooks import guard


class Raising:
    """Whatever is asked of it raises."""

    def __getattr__(self, name):
        raise OSError(28, "No space left on device")


class Spoilt(io.StringIO):
    def write(self, text):
        raise OSError(28, "No space left on device")


@contextlib.contextmanager
def stderr(stream):
    before, sys.stderr = sys.stderr, stream
    try:
        yield {"output": "plain"}
    finally:
        sys.stderr = before


def closed():
    stream = io.StringIO()
    stream.close()
    return stream


@contextlib.contextmanager
def broken_structlog():
    def broken(logger, method, event):
        raise ZeroDivisionError("a processor")

    structlog.configure(processors=[broken])
    try:
        yield {"output": "auto"}
    finally:
        structlog.reset_defaults()


@contextlib.contextmanager
def broken_logging():
    class Broken(logging.Handler):
        def handle(self, record):
            raise ZeroDivisionError("a handler")

    handler = Broken()
    logging.getLogger().addHandler(handler)
    try:
        yield {"output": "logging"}
    finally:
        logging.getLogger().removeHandler(handler)


@contextlib.contextmanager
def calling(register, function):
    remove = register(function)
    try:
        yield {}
    finally:
        remove()


def raises(*arguments):
    raise ZeroDivisionError("a callback")


@contextlib.contextmanager
def broken_span():
    """A span of an SDK that raises at whatever it is told."""
    from opentelemetry import trace

    class Span(trace.NonRecordingSpan, trace.Span):
        def is_recording(self):
            return True

        def add_event(self, *args, **kwargs):
            raise ZeroDivisionError("the SDK")

        set_attribute = set_attributes = set_status = record_exception = add_event

    context = trace.SpanContext(1, 1, is_remote=False)
    with trace.use_span(Span(context), record_exception=False, set_status_on_exception=False):
        yield {"otel": "span"}


def blocks(finding):
    threading.Event().wait(0.005)  # a slow consumer makes the answer late, and nothing else


OUTLETS = {
    "a full disk": (lambda folder: contextlib.nullcontext({"file": "/dev/full"}), 0),
    "a folder that is not there": (lambda folder: contextlib.nullcontext({"file": str(folder / "no" / "findings")}), 0),
    "a folder instead of a file": (lambda folder: contextlib.nullcontext({"file": str(folder)}), 0),
    "a stderr that was closed": (lambda folder: stderr(closed()), 0),
    "no stderr": (lambda folder: stderr(None), 0),
    "a stderr that raises": (lambda folder: stderr(Spoilt()), 0),
    "a stderr that is nothing": (lambda folder: stderr(Raising()), 0),
    "a processor of structlog that raises": (lambda folder: broken_structlog(), 1),
    "a handler of logging that raises": (lambda folder: broken_logging(), 1),
    "a span that raises": (lambda folder: broken_span(), 1),
    "on_finding that raises": (lambda folder: calling(respstart.on_finding, raises), 1),
    "on_start that raises": (lambda folder: calling(respstart.on_start, raises), 1),
    "on_finding that blocks": (lambda folder: calling(respstart.on_finding, blocks), 0),
}


@pytest.fixture(scope="module")
def expected():
    return answers()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@pytest.mark.parametrize("outlet", OUTLETS)
def test_a_broken_outlet_harms_nobody(outlet, expected, tmp_path, capsys):
    guard.faults.clear()
    breaking, faults = OUTLETS[outlet]
    findings = []
    with breaking(tmp_path) as chosen, respstart.tracing(**{"output": "off", "otel": "off", "repeat_seconds": 0, **chosen}):
        remove = respstart.on_finding(findings.append)
        got = answers()
        remove()
    assert got == expected
    assert len(findings) > 5  # the other outlets were told
    assert bool(guard.faults) == bool(faults)
    assert capsys.readouterr().err.count("RS901") <= len(guard.faults)  # each once
    guard.faults.clear()
