"""Fixtures of the contract tests."""

from __future__ import annotations

import pytest
from harness import APPS

from respstart.testing import Application, Visited, serve


@pytest.fixture(scope="module")
def visited(request):
    """A server and an application, and every scenario asked once. Parametrized by `harness.cases`."""
    server, module, scenarios = request.param
    with serve(server, Application(APPS, module)) as running:
        responses = running.visit(scenarios)
        strangers = {finding["request"]["id"] for finding in running.all_findings()} - responses.keys()
        yield Visited(server, running, responses, frozenset(strangers))
