"""The public surface: install, uninstall, tracing, current, on_start, on_finding, asgi, wsgi, explain."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta

import pytest

import respstart
from respstart import interpreter, tracer
from respstart.errors import LateMutationError

QUIET = {"output": "off", "otel": "off"}


@pytest.fixture(autouse=True)
def off_afterwards():
    yield
    respstart.uninstall()


@pytest.fixture
def findings():
    found = []
    remove = respstart.on_finding(found.append)
    yield found
    remove()


def late_app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    start_response("500 Oops", [])
    return [b"x"]


def call(app):
    answer = []
    app({"REQUEST_METHOD": "GET", "PATH_INFO": "/here"}, lambda *args: answer.append(args))
    return answer


def test_install_returns_a_handle_that_is_a_context_manager():
    with respstart.install(**QUIET) as installation:
        assert installation.active
        assert installation.problem is None
    assert not tracer.active()


def test_tracing_leaves_respstart_as_it_was():
    with respstart.tracing(**QUIET):
        assert tracer.active()
    assert not tracer.active()
    respstart.install(**QUIET)
    with respstart.tracing(**QUIET):
        pass
    assert tracer.active()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"sample": 7}, "sample"),
        ({"outptu": "off"}, "output"),
        ({"mode": "rise"}, "mode"),
        ({"select": "RS999"}, "select"),
        ({"excluded_urls": "("}, "excluded_urls"),
    ],
)
def test_a_mistake_in_settings_gives_one_line_and_the_application_runs_on(capsys, settings, sentence):
    installation = respstart.install(**settings)
    assert not installation.active
    assert sentence in installation.problem
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1
    assert sentence in said[0]
    assert "untraced" in said[0]


def test_in_a_subinterpreter_it_stays_off_and_says_so(capsys, monkeypatch):
    monkeypatch.setattr(interpreter, "is_main", lambda: False)
    installation = respstart.install(**QUIET)
    assert not installation.active
    assert "does not work in subinterpreters" in installation.problem
    assert capsys.readouterr().err == f"respstart: {installation.problem}; the application runs on untraced\n"
    assert call(late_app)


def test_a_finding_reaches_callbacks_until_they_are_removed(findings):
    respstart.install(**QUIET)
    app = respstart.wsgi(late_app)
    call(app)
    assert [(finding.rule, finding.request.path) for finding in findings] == [("RS201", "/here")]


def test_a_failing_callback_harms_nobody(findings, capsys):
    respstart.install(**QUIET)
    remove = respstart.on_finding(lambda finding: 1 / 0)
    try:
        assert call(respstart.wsgi(late_app))
    finally:
        remove()
    assert len(findings) == 1


def test_without_monkeypatching(findings):
    import wsgiref.handlers

    original = wsgiref.handlers.BaseHandler.run
    app = respstart.wsgi(late_app)
    assert wsgiref.handlers.BaseHandler.run is original
    call(app)
    assert [finding.rule for finding in findings] == ["RS201"]


def test_asgi_without_monkeypatching(findings):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x"})
        await send({"type": "http.response.body", "body": b"more"})

    async def send(message):
        pass

    asyncio.run(respstart.asgi(app)({"type": "http", "method": "GET", "path": "/", "headers": []}, None, send))
    assert [finding.rule for finding in findings] == ["RS301"]


def test_select_and_ignore(findings):
    respstart.install(select="RS1", **QUIET)
    call(respstart.wsgi(late_app))
    assert findings == []
    respstart.uninstall()
    respstart.install(ignore="second-start", **QUIET)
    call(respstart.wsgi(late_app))
    assert findings == []


def test_excluded_urls_and_sample_leave_requests_out(findings):
    for settings in ({"excluded_urls": "^/he"}, {"sample": 0.0}):
        respstart.install(**settings, **QUIET)
        call(respstart.wsgi(late_app))
        respstart.uninstall()
    assert findings == []


def test_a_stack_has_at_most_so_many_frames(findings):
    def deep(environ, start_response, depth=5):
        return deep(environ, start_response, depth - 1) if depth else late_app(environ, start_response)

    for most in 2, 5:
        respstart.install(max_frames=most, repeat_seconds=0, **QUIET)
        call(respstart.wsgi(deep))
        respstart.uninstall()
    assert [(len(finding.stacks.start), len(finding.stacks.late)) for finding in findings] == [(2, 2), (5, 5)]
    assert findings[0].stacks.start[-1].name == "late_app"  # the innermost are kept


def test_a_finding_tells_when_the_late_write_was_made(findings):
    respstart.install(**QUIET)
    before = datetime.now(UTC)
    call(respstart.wsgi(late_app))
    (finding,) = findings
    assert finding.timestamp.endswith("Z")
    assert before - timedelta(milliseconds=2) <= datetime.fromisoformat(finding.timestamp) <= datetime.now(UTC)


def test_current_tells_whether_the_response_has_started_and_by_whom():
    respstart.install(**QUIET)
    seen = []

    def app(environ, start_response):
        seen.append((respstart.current().started, respstart.current().first_writer))
        start_response("201 Created", [])
        record = respstart.current()
        seen.append((record.started, record.status, record.first_writer.function))
        return []

    assert respstart.current() is None
    call(respstart.wsgi(app))
    assert seen == [(False, None), (True, 201, f"{sys._getframe().f_code.co_name}.app")]
    assert respstart.current() is None


def test_on_start_is_called_for_every_response():
    respstart.install(**QUIET)
    statuses = []
    remove = respstart.on_start(lambda record: statuses.append(record.status))
    call(respstart.wsgi(late_app))
    remove()
    call(respstart.wsgi(late_app))
    assert statuses == [200]


def test_mode_raise_raises_at_the_late_writer():
    respstart.install(mode="raise", **QUIET)
    with pytest.raises(LateMutationError) as caught:
        call(respstart.wsgi(late_app))
    assert caught.value.finding.rule == "RS201"
    assert caught.value.finding.first_writer.function == "late_app"


def test_explain_knows_codes_and_slugs():
    assert respstart.explain("RS103") == respstart.explain("late-cookie")
    with pytest.raises(KeyError):
        respstart.explain("RS999")


def test_the_note_is_on_the_victims_own_exception(findings):
    respstart.install(**QUIET)

    def app(environ, start_response):
        start_response("200 OK", [])
        yield b"first"
        raise ValueError("late")

    def start_response(*args):
        return None

    body = respstart.wsgi(app)({"REQUEST_METHOD": "GET"}, start_response)
    with pytest.raises(ValueError, match="late") as caught:
        list(body)
    body.close()
    assert any("respstart" in note and "test_api.py" in note for note in caught.value.__notes__)


def test_a_request_id_is_taken_only_when_it_is_safe(findings):
    respstart.install(**QUIET)
    for value in ("abc-1", "a b\n\x1b[31m", "x" * 200):
        respstart.wsgi(late_app)({"REQUEST_METHOD": "GET", "HTTP_X_REQUEST_ID": value}, lambda *args: None)
    ids = [finding.request.id for finding in findings]
    assert ids[0] == "abc-1"
    assert all(len(other) == 16 and other.isalnum() for other in ids[1:])
