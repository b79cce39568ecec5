"""A request that is left out has no finding on any framework or bridge: its server was told so, and the framework asks again."""

import pytest
from support import contracts

from respstart.testing import Application
from respstart.testing.servers import SERVERS, serve


def late_paths(contract, server):
    """A scenario that has findings, for each path."""
    scenarios = [each for each in contract.servers[server] if each.findings and each.cut_after is None]
    return {path_of(each): each for each in reversed(scenarios)}


def path_of(scenario):
    return scenario.url.partition("?")[0]


# The first server of each contract: what is asked about is the framework. Some contracts are about what is no finding.
ASKED = [(contract, next(iter(contract.servers))) for contract in contracts()]
ASKED = [(contract, server) for contract, server in ASKED if len(late_paths(contract, server)) > 1]


@pytest.mark.once
@pytest.mark.parametrize(("contract", "server"), ASKED, ids=lambda value: value if isinstance(value, str) else value.__name__)
def test_an_excluded_path_has_no_finding_and_another_one_has(contract, server):
    missing = SERVERS[server].missing()
    if missing:
        pytest.skip(f"{server} needs {', '.join(missing)}")
    left_out, other, *_ = late_paths(contract, server).values()
    excluded = {"RESPSTART_EXCLUDED_URLS": f"^{path_of(left_out)}$"}
    with serve(server, Application(contract.apps.resolve(), contract.app), excluded) as running:
        running.visit([left_out, other])
        assert len(running.findings(other.name, len(other.findings))) == len(other.findings)
        assert not running.quiet(left_out.name)
