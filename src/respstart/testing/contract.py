"""The contract of an integration: one class that names an application, servers and scenarios; the tests are written once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest

from respstart.testing.client import Response
from respstart.testing.judgement import judge
from respstart.testing.scenarios import Application, Scenario
from respstart.testing.servers import SERVERS, Running, serve


@dataclass(frozen=True)
class Visited:
    """A server after every scenario was asked once: it still runs, and what has to be found is in the file."""

    server: str
    running: Running
    responses: Mapping[str, Response]
    strangers: frozenset[str]  # ids of requests with findings that were none of the scenarios

    def judge(self, scenario: Scenario) -> None:
        """Raise AssertionError unless the client saw what it should, and exactly the expected findings were made, with both lines."""
        findings = self.running.findings(scenario.name, len(scenario.findings))
        judge(scenario, self.responses[scenario.name], findings, self.running.application)


class IntegrationContract:
    """What every integration promises: the right lines where something came too late, and silence everywhere else.

    A test class derives from it. Each of `servers` is started once and asked all of its scenarios, then those `at_once`, then those
    `on_one_connection`; every scenario is a test of its own. A test method of the derived class that takes `visited` is run for each
    server.
    """

    integration: ClassVar[str] = ""
    """The name of the table under test; tells in overviews what the class is about."""
    apps: ClassVar[Path]
    """The folder of the application: see `Application`."""
    app: ClassVar[str]
    """The module of the application, `<name>_app`."""
    servers: ClassVar[Mapping[str, Sequence[Scenario]]]
    """For each of the SERVERS that the application runs on, what is asked there."""
    at_once: ClassVar[Sequence[Scenario]] = ()
    """Requests that are made at the same time, on every server: they must not be mixed up."""
    on_one_connection: ClassVar[Sequence[Scenario]] = ()
    """Requests on one connection, on every server: a late write of the first is not told of the second."""

    @classmethod
    def scenarios(cls, server: str) -> list[Scenario]:
        """Everything that is asked on a server."""
        return [*cls.servers[server], *cls.at_once, *cls.on_one_connection]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test for each scenario of each server; one for each server where a test wants no scenario."""
        if "scenario" in metafunc.fixturenames:
            pairs = [(server, scenario) for server in self.servers for scenario in self.scenarios(server)]
            ids = [f"{server}-{scenario.name}" for server, scenario in pairs]
            metafunc.parametrize(("visited", "scenario"), pairs, indirect=["visited"], ids=ids, scope="class")
        elif "visited" in metafunc.fixturenames:
            metafunc.parametrize("visited", list(self.servers), indirect=True, scope="class")

    @pytest.fixture(scope="class")
    @classmethod
    def visited(cls, request: Any) -> Iterator[Visited]:
        """A server that was asked everything once."""
        server = request.param
        missing = SERVERS[server].missing()
        if missing:
            pytest.skip(f"{server} needs {', '.join(missing)}")
        with serve(server, Application(cls.apps.resolve(), cls.app)) as running:
            responses = running.visit(cls.servers[server], cls.at_once, cls.on_one_connection)
            strangers = {finding["request"]["id"] for finding in running.all_findings()} - responses.keys()
            yield Visited(server, running, responses, frozenset(strangers))

    def test_scenario(self, visited: Visited, scenario: Scenario) -> None:
        """The client saw what it should, and exactly the expected findings were made."""
        visited.judge(scenario)

    def test_nobody_else_is_accused(self, visited: Visited) -> None:
        """Requests of which the tests know nothing (of the application to itself, say) have no findings."""
        if visited.strangers:
            raise AssertionError(f"requests that nobody asked for have findings: {', '.join(sorted(visited.strangers))}")
