"""Falcon on real WSGI servers."""

from __future__ import annotations

import pytest
from falcon_scenarios import BEHAVIOURS, CLEAN, ERRORS, LAYERS, STARTS, WRITES, core, late, lost
from harness import Expected, Scenario, cases, each_server

MODULE = "falcon_app"

ONLY_WRITES = [
    late("late_in_close", "RS101", "x-count"),
    late("late_in_pool", "RS102"),
    late("late_in_subrequest", "RS101", "x-failed", body=b"plain"),
]
LENGTHS = [
    Scenario("too_short", (Expected("RS302", "truncated", late=None),), truncated=True),
    Scenario("too_long", (lost("RS302"),)),
]
ONLY_CLEAN = [Scenario("error_before_first_chunk", status=500), Scenario("file_like", body=b"bolts")]
EVERYTHING = [*WRITES, *ONLY_WRITES, *ERRORS, *LENGTHS, *STARTS, *LAYERS, *CLEAN, *ONLY_CLEAN]
# wsgiref speaks HTTP/1.0: an answer that was cut looks complete.
SERVERS = {
    "waitress": EVERYTHING,
    "gunicorn-gthread": EVERYTHING,
    "wsgiref": [each.but(truncated=False) for each in core(EVERYTHING)],
    "cheroot": core(EVERYTHING),
}


@pytest.mark.parametrize(**cases(MODULE, SERVERS))
def test_scenario(visited, scenario):
    """The client saw what it should, and exactly the expected findings were made."""
    visited.judge(scenario)


@pytest.mark.parametrize("behaves", BEHAVIOURS, ids=lambda behaves: behaves.__name__)
@pytest.mark.parametrize(**each_server(MODULE, SERVERS))
def test_behaviour(visited, behaves):
    """What holds on every server."""
    behaves(visited)
