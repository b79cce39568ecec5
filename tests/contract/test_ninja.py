"""Django Ninja on real servers: plain return values, generators, and the response that it injects."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from audited import audited

from respstart.testing import Expected, IntegrationContract, Scenario


def scenario(name: str, findings: tuple[Expected, ...] = (), **facts) -> Scenario:
    """A request to the API."""
    return Scenario(name, findings, **{"path": f"/api/{name}", **facts})


def lost(name: str, rule: str, subject: str | None, **facts) -> Scenario:
    """One write that the client never sees."""
    facts.setdefault("misses", ("set-cookie",) if rule in ("RS103", "RS104") else (subject,))
    return scenario(name, (Expected(rule, "lost", subject),), **facts)


def seen(name: str, **facts) -> Scenario:
    """A response that the audit refuses, so that its first writer is named."""
    return audited(name, **{"path": f"/api/{name}", **facts})


NINJA = Path(find_spec("ninja").origin).parent  # to import it would want Django's settings
LINES = [
    lost("lines", "RS101", "x-last"),
    lost("async_lines", "RS103", "read"),
    scenario("clean_lines", body=b"bolt"),
] if (NINJA / "streaming.py").exists() else []  # fmt: skip
LATE = [
    lost("late_in_thread", "RS101", "x-measured"),
    lost("late_in_task", "RS103", "greeted"),
    lost("shadowed", "RS106", "x-token", body=b"own"),
    lost("shadowed_cookie", "RS106", "token", status=302, misses=("set-cookie",)),
    lost("returned_and_changed", "RS101", "x-count", sees=("x-same",)),
    lost("late_header", "RS101", "x-total"),
    lost("late_injected", "RS103", "read"),
    lost("late_session", "RS104", "last"),
    scenario("refused_late", (Expected("RS402", "truncated"),), truncated=True),
    *LINES[:2],
]
JSON = {"Content-Type": "application/json"}
CLEAN = [
    scenario("value", sees=("x-total", "set-cookie"), body=b"bolt"),
    scenario("awaited", sees=("x-total",), body=b"bolt"),
    scenario("placed", method="POST", headers=JSON, sends=b'{"name": "nut"}', status=201),
    scenario("invalid", path="/api/placed", method="POST", headers=JSON, sends=b"{}", status=422),
    scenario("nothing", method="DELETE", status=204),
    scenario("routed", path="/api/router/routed"),
    scenario("shadowed_but_copied", sees=("x-copied",)),
    scenario("returned_itself", sees=("x-same",)),
    scenario("unused", body=b"own"),
    scenario("guarded", status=401),
    scenario("let_in", path="/api/guarded", headers={"Authorization": "Bearer secret"}),
    scenario("refused", status=403),
    scenario("handled", status=410),
    scenario("number", path="/api/number?n=1", body=b"1"),
    scenario("no_number", path="/api/number?n=x", status=422),
    scenario("wrong_method", path="/api/value", method="PUT", status=405),
    scenario("nowhere", status=404),
    scenario("crashed", status=500),
    scenario("docs", path="/api/openapi.json", body=b"openapi"),
    *LINES[2:],
]
AUDITED = [
    seen("value"),
    seen("awaited"),
    seen("placed", method="POST", headers=JSON, sends=b'{"name": "nut"}', status=201),
    seen("nothing", method="DELETE", status=204),
    seen("routed", path="/api/router/routed"),
    seen("unused"),
    seen("guarded", marks="", status=401),
    seen("refused", status=403),
    seen("handled", status=410),
    seen("crashed", status=500),
    seen("no_number", path="/api/number?n=x", marks="", status=422),
    seen("wrong_method", path="/api/value", method="PUT", marks="", status=405),
]


class TestNinja(IntegrationContract):
    integration = "ninja"
    apps = Path(__file__).parent / "apps"
    app = "ninja_app"
    servers = {
        "uvicorn-httptools": [*LATE, *CLEAN, *AUDITED],
        "hypercorn": [*LATE, *CLEAN],
    }


class TestNinjaUnderWSGI(IntegrationContract):
    integration = "ninja"
    apps = Path(__file__).parent / "apps"
    app = "ninja_wsgi_app"
    servers = {
        "waitress": [
            lost("late_in_thread", "RS101", "x-measured"),
            lost("shadowed", "RS106", "x-token", body=b"own"),
            lost("late_injected", "RS103", "read"),
            scenario("refused_late", (Expected("RS402", "truncated"),), truncated=True, body=b"bolts"),
            scenario("value", sees=("x-total",), body=b"bolt"),
            scenario("refused", status=403),
            scenario("nowhere", status=404),
        ]
    }
