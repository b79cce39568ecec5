"""Every function of the hooks and of the core is made to fail: the client gets the same bytes, the fault is counted and said once."""

import inspect
import io
from wsgiref.handlers import SimpleHandler

import pytest

import respstart
from respstart import tracer
from respstart.core import attribution, diagnosis, record, stack
from respstart.hooks import asgi, binding, failure, guard, length, runtime, telemetry, watch, wsgi
from respstart.hooks.guard import Probe, fault

# These are the hooks and the guards themselves: they hold the application's own call, or catch what is inside of them.
_HOOKS_AND_GUARDS = {
    "traced", "run", "observed", "birth", "layer", "remember_inner", "_send", "_sent", "enter", "leave", "finish", "failed", "unless_chosen",
    "_mark_coroutine_function", "_head_is_out",
}  # fmt: skip
_INSIDE = [
    (module, name)
    for module in (asgi, binding, failure, length, telemetry, watch, wsgi, attribution, diagnosis, record, stack)
    for name, function in inspect.getmembers(module, inspect.isfunction)
    if function.__module__ == module.__name__ and name not in _HOOKS_AND_GUARDS
]


@pytest.fixture
def installed():
    guard.faults.clear()
    with respstart.tracing(output="off", otel="off"):
        yield
    guard.faults.clear()


def flask_app():
    from flask import Flask, Response, session, stream_with_context

    app = Flask("guarded")
    app.secret_key = "x"

    @app.get("/")
    def stream():
        def body():
            yield "first "
            session["late"] = 1
            response.headers["X-Late"] = "1"
            yield "second"

        response = Response(stream_with_context(body()))
        response.set_cookie("in", "time")
        return response

    @app.get("/fails")
    def fails():
        def body():
            yield "first "
            raise ValueError("late")

        return Response(body())

    return app


def ask_wsgi(app, path):
    out = io.BytesIO()

    class Handler(SimpleHandler):
        def log_exception(self, exc_info):
            out.write(f"server saw {exc_info[0].__name__}".encode())

    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "SERVER_NAME": "x", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1"}
    Handler(io.BytesIO(), out, io.StringIO(), environ).run(app)
    return [line for line in out.getvalue().split(b"\r\n") if not line.startswith(b"Date")]


def ask_asgi(path):
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.base import BaseHTTPMiddleware
    from starlette.responses import StreamingResponse
    from starlette.routing import Route
    from starlette.testclient import TestClient

    async def stream(request):
        async def body():
            yield b"first "
            response.headers["X-Late"] = "1"
            if request.url.path == "/fails":
                raise ValueError("late")
            yield b"second"

        response = StreamingResponse(body())
        return response

    class Gate(BaseHTTPMiddleware):
        async def dispatch(self, request, call_next):
            return await call_next(request)

    app = Starlette(routes=[Route("/", stream), Route("/fails", stream)], middleware=[Middleware(Gate)])
    answer = TestClient(app, raise_server_exceptions=False).get(path)
    return answer.status_code, dict(answer.headers), answer.content


@pytest.fixture(scope="module")
def expected():
    app = flask_app()
    return {path: (ask_wsgi(app, path), ask_asgi(path)) for path in ("/", "/fails")}


@pytest.mark.parametrize(("module", "name"), _INSIDE, ids=lambda value: getattr(value, "__name__", value))
def test_no_failure_inside_reaches_the_application(expected, installed, monkeypatch, capsys, module, name):
    app = flask_app()

    def explode(*args, **kwargs):
        raise ZeroDivisionError("inside respstart")

    original = getattr(module, name)
    for owner in (asgi, binding, failure, length, telemetry, watch, wsgi, attribution, diagnosis, record, stack, tracer, runtime):
        if getattr(owner, name, None) is original:
            monkeypatch.setattr(owner, name, explode)
    for path, answers in expected.items():
        assert (ask_wsgi(app, path), ask_asgi(path)) == answers
    for line in capsys.readouterr().err.splitlines():
        assert not line.startswith("Traceback")


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
