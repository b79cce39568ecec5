"""Guards: a fault is counted, said once, and disarms its probe; what is no `Exception` passes. Every function in turn: see `tests/faults`."""

import pytest

import respstart
from respstart.hooks import guard, wsgi
from respstart.hooks.guard import Probe, fault


@pytest.fixture
def installed():
    with respstart.tracing(output="off", otel="off"):
        yield
    guard.faults.clear()


def test_a_fault_is_counted_and_said_once_and_its_probe_disarmed_after_three(capsys):
    guard.faults.clear()
    probe = Probe("flask", "mutates", "site")
    for number in range(5):
        fault(ValueError(number), probe)
    assert guard.faults == {"flask: site: ValueError at ?": 5}
    assert capsys.readouterr().err.count("RS901") == 1
    assert not probe.armed
    assert "ValueError" in probe.reason
    guard.faults.clear()


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_is_no_exception_passes_every_guard(installed, monkeypatch, error):
    def interrupt(*args, **kwargs):
        raise error

    monkeypatch.setattr(wsgi, "_start", interrupt)
    with pytest.raises(error):
        respstart.wsgi(lambda environ, start_response: start_response("200 OK", []))({"REQUEST_METHOD": "GET"}, lambda *args: None)
