"""Fixtures of the contract tests."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("harness")

from harness import Visited, serve  # noqa: E402 assertions of the harness are to be rewritten first


@pytest.fixture(scope="module")
def visited(request):
    """A server and an application, and every scenario asked once. Parametrized by `harness.cases`."""
    server, module, scenarios = request.param
    with serve(server, module) as running:
        responses = running.visit(scenarios)
        strangers = {finding["request"]["id"] for finding in running.all_findings()} - responses.keys()
        yield Visited(server, running, responses, frozenset(strangers))
