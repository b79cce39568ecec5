"""The names that test modules written before `respstart.testing` import: each is a thin wrapper around it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from respstart import testing
from respstart.testing import Expected, Response, Running, Scenario, Visited, judge_response
from respstart.testing.client import parse
from respstart.testing.scenarios import Application
from respstart.testing.servers import FOUND_WITHIN, PATIENCE, SETTLE, free_port

__all__ = [
    "APPS", "FOUND_WITHIN", "PATIENCE", "SETTLE", "Expected", "Response", "Running", "Scenario", "Visited", "cases", "each_server",
    "free_port", "judge", "judge_findings", "judge_response", "marked", "parse", "serve",
]  # fmt: skip

APPS = Path(__file__).resolve().parent / "apps"


def cases(module: str, servers: Mapping[str, Sequence[Scenario]]) -> dict[str, Any]:
    """Arguments for `pytest.mark.parametrize`: one test for each scenario of each server, after one visit to each server."""
    pairs = [(visit, scenario) for visit in _visits(module, servers) for scenario in visit[2]]
    return {
        "argnames": ("visited", "scenario"), "argvalues": pairs, "indirect": ["visited"], "scope": "module",
        "ids": [f"{visit[0]}-{scenario.name}" for visit, scenario in pairs],
    }


def each_server(module: str, servers: Mapping[str, Sequence[Scenario]]) -> dict[str, Any]:
    """Arguments for `pytest.mark.parametrize`: one test for each server, after the same visit."""
    visits = _visits(module, servers)
    return {"argnames": "visited", "argvalues": visits, "indirect": True, "ids": [visit[0] for visit in visits]}


_known: dict[tuple[str, str], tuple[str, str, tuple[Scenario, ...]]] = {}


def _visits(module: str, servers: Mapping[str, Sequence[Scenario]]) -> list[tuple[str, str, tuple[Scenario, ...]]]:
    # pytest keeps a fixture as long as its parameter is the same object.
    return [_known.setdefault((module, server), (server, module, tuple(each))) for server, each in servers.items()]


@contextlib.contextmanager
def serve(server: str, module: str) -> Iterator[Running]:
    """Run `apps/<module>.py` on a real server."""
    with testing.serve(server, Application(APPS, module)) as running:
        yield running


def marked(module: str, scenario: str, role: str) -> frozenset[tuple[str, int]]:
    """Files and lines of the comments `# <scenario:role>` in an application."""
    return Application(APPS, module).marked(f"{scenario}:{role}")


def judge(scenario: Scenario, response: Response, findings: Sequence[Mapping[str, Any]], module: str) -> None:
    """Assert that the client saw what it should, and that exactly the expected findings were made."""
    testing.judge(scenario, response, findings, Application(APPS, module))


def judge_findings(scenario: Scenario, findings: Sequence[Mapping[str, Any]], module: str) -> None:
    """Assert rules, outcomes, subjects and both lines of all findings about one request."""
    testing.judge_findings(scenario, findings, Application(APPS, module))
