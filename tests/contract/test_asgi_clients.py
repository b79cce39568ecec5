"""ASGI applications asked in the test's own process: Starlette's TestClient, httpx.ASGITransport, Django's AsyncClient."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest
from test_starlette import LATE_SESSION

import respstart
from respstart.testing import Application, Expected, Scenario, judge_findings

APPS = Path(__file__).parent / "apps"
DJANGO = """
import asyncio, json, sys
import respstart
found = []
with respstart.tracing(output="off", otel="off"):
    respstart.on_finding(lambda finding: found.append(finding.to_dict()))
    import django_asgi_app
    from django.test import AsyncClient

    async def ask(path):
        response = await AsyncClient(raise_request_exception=False).get(path)
        body = b"".join([chunk async for chunk in response]) if response.streaming else response.content
        response["X-Test"] = "an edit of the result"
        response.status_code = 599
        response.close()
        return body.decode()

    bodies = {path: asyncio.run(ask(path)) for path in sys.argv[1:]}
print(json.dumps([bodies, found]))
"""


@pytest.fixture(scope="module")
def installed():
    """Respstart, switched on in this process. The applications are imported before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(APPS))
        _import_applications()
    with respstart.tracing(output="off", otel="off"):
        yield


def _import_applications():
    import fastapi_app
    import raw_asgi_app
    import starlette_app  # noqa: F401 imported before respstart is switched on, as in most test suites

    assert fastapi_app.app is not raw_asgi_app.app


@pytest.fixture
def findings(installed):
    """What is found during one test."""
    found = []
    forget = respstart.on_finding(lambda finding: found.append(finding.to_dict()))
    yield found
    forget()


@pytest.fixture
def apps(findings):
    return {name: sys.modules[f"{name}_app"].app for name in ("starlette", "fastapi", "raw_asgi")}


CASES = [
    ("starlette", "/late_header", "late_header", Expected("RS101", "lost", "x-total")),
    ("starlette", "/one/late_header", "late_header", Expected("RS101", "lost", "x-total")),
    ("starlette", "/three/late_cookie", "late_cookie", Expected("RS103", "lost", "visit")),
    ("starlette", "/late_status", "late_status", Expected("RS102", "lost")),
    ("starlette", "/session/late_session", "late_session", *LATE_SESSION),
    ("starlette", "/late_in_background", "late_in_background", Expected("RS101", "lost", "x-done")),
    ("starlette", "/sent_then_returned", "sent_then_returned", Expected("RS201", "raised")),
    ("starlette", "/handled_late", "handled_late", Expected("RS402", "truncated")),
    ("starlette", "/background_fails", "background_fails", Expected("RS404", "dropped")),
    ("starlette", "/timeout/slow_stream", "timeout", Expected("RS201", "raised")),
    ("fastapi", "/shadowed?kind=cookie", "shadowed_cookie", Expected("RS106", "lost", "token")),
    ("fastapi", "/late_injected_in_background", "late_injected_in_background", Expected("RS103", "lost", "done")),
    ("fastapi", "/bare/commit", "bare_commit", Expected("RS404", "dropped")),
    ("raw_asgi", "/missing_return", "missing_return", Expected("RS201", "raised")),
    ("raw_asgi", "/footer", "footer", Expected("RS301", "raised")),
    ("raw_asgi", "/error_late", "error_late", Expected("RS401", "truncated")),
]
CLEAN = [
    ("starlette", "/everything_in_time"),
    ("starlette", "/one/early_in_generator"),
    ("starlette", "/session/session_read"),
    ("starlette", "/never_sent"),
    ("starlette", "/crashed_early"),
    ("starlette", "/nowhere"),
    ("starlette", "/filed"),
    ("starlette", "/json/crashing"),
    ("fastapi", "/merged"),
    ("fastapi", "/returned"),
    ("fastapi", "/careful/missing"),
    ("raw_asgi", "/sub_request"),
    ("raw_asgi", "/choosing"),
    ("raw_asgi", "/streaming"),
]
NAMES = [f"{name}-{path.strip('/')}" for name, path, *_ in CASES]
CLEAN_NAMES = [f"{name}-{path.strip('/')}" for name, path in CLEAN]


def ask_with_test_client(app, path):
    from starlette.testclient import TestClient

    return TestClient(app, raise_server_exceptions=False).get(path, follow_redirects=False)


def ask_with_transport(app, path):
    async def ask():
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            return await client.get(path)

    return asyncio.run(ask())


@pytest.fixture(params=[ask_with_test_client, ask_with_transport], ids=["test-client", "transport"])
def ask(request):
    return request.param


@pytest.mark.parametrize(("app", "path", "marks", "expected"), CASES, ids=NAMES)
def test_finding(apps, findings, ask, app, path, marks, expected):
    ask(apps[app], path)
    judge_findings(Scenario(marks, (expected,)), findings, Application(APPS, f"{app}_app"))


@pytest.mark.parametrize(("app", "path"), CLEAN, ids=CLEAN_NAMES)
def test_clean(apps, findings, ask, app, path):
    response = ask(apps[app], path)
    response.headers["X-Test"] = "an edit of the result"
    response.status_code = 599
    assert findings == []


def test_the_exception_still_reaches_the_test(apps, findings):
    from starlette.testclient import TestClient

    with pytest.raises(OSError, match="no route"):
        TestClient(apps["starlette"]).get("/background_fails")
    assert [finding["rule"] for finding in findings] == ["RS404"]


def test_web_socket_sessions_are_left_alone(apps, findings):
    from starlette.testclient import TestClient

    with TestClient(apps["starlette"]).websocket_connect("/echo") as socket:
        socket.send_text("hello")
        assert socket.receive_text() == "echo hello"
    assert findings == []


def test_one_client_after_another(apps, findings):
    """The lifespan runs, cookies are kept, and every request has a record of its own."""
    from starlette.testclient import TestClient

    with TestClient(apps["starlette"]) as client:
        assert client.get("/session/session_read").status_code == 200
        client.get("/session/late_session", headers={"X-Request-ID": "second"})
        assert client.get("/session/session_read").status_code == 200
    assert [(finding["rule"], finding["request"]["id"]) for finding in findings] == [("RS104", "second")]


def test_requests_at_the_same_time(apps, findings):
    """Twelve tasks in one loop: every second one writes late."""

    async def ask_all():
        transport = httpx.ASGITransport(apps["starlette"])
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            await asyncio.gather(*(client.get(f"/mixed/{n}", headers={"X-Request-ID": str(n)}) for n in range(12)))

    asyncio.run(ask_all())
    subjects = sorted((finding["request"]["id"], finding["subject"]) for finding in findings)
    assert subjects == sorted((str(number), f"x-n{number}") for number in range(1, 12, 2))


def test_clients_in_threads(apps, findings):
    from starlette.testclient import TestClient

    def ask_in_thread(number):
        TestClient(apps["starlette"]).get("/late_header" if number % 2 else "/factory", headers={"X-Request-ID": f"t{number}"})

    workers = [threading.Thread(target=ask_in_thread, args=(number,)) for number in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(finding["request"]["id"] for finding in findings) == ["t1", "t3", "t5"]


def test_nothing_is_found_when_it_is_switched_off(findings, apps):
    respstart.uninstall()
    ask_with_test_client(apps["starlette"], "/late_header")
    respstart.install(output="off", otel="off")  # the other tests want it
    assert findings == []


DJANGO_CASES = [
    ("/late_header", "late_header", Expected("RS101", "lost", "x-done")),
    ("/late_cookie", "late_cookie", Expected("RS103", "lost", "read")),
    ("/late_session", "late_session", Expected("RS104", "lost", "last")),
    ("/counted", "counted", Expected("RS101", "lost", "x-rows")),
    ("/everything_in_time", "", None),
    ("/session_read", "", None),
    ("/nowhere", "", None),
    ("/never_sent", "", None),
]


@pytest.fixture(scope="module")
def asked():
    """In a process of its own: Django can be configured only once."""
    command = [sys.executable, "-c", DJANGO, *(path for path, *_ in DJANGO_CASES)]
    done = subprocess.run(command, cwd=APPS, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(("path", "marks", "expected"), DJANGO_CASES, ids=[case[0].strip("/") for case in DJANGO_CASES])
def test_django_async_client(asked, path, marks, expected):
    bodies, found = asked
    assert bodies[path]
    about = [finding for finding in found if finding["request"]["path"] == path]
    judge_findings(Scenario(marks, (expected,) if expected else ()), about, Application(APPS, "django_asgi_app"))


def test_django_async_client_accuses_nobody_else(asked):
    _, found = asked
    assert {finding["request"]["path"] for finding in found} == {path for path, _, expected in DJANGO_CASES if expected}
