"""The benchmarks: their workers answer, and their tables tell ratios."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # they are no part of the package

from benchmarks import clean, peers  # noqa: E402
from benchmarks.applications import FRAMEWORKS  # noqa: E402
from benchmarks.worker import HELLO, Shape, Workers  # noqa: E402


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("variant", peers.VARIANTS)
def test_a_worker_tells_what_a_request_costs(framework, variant):
    with Workers(framework, [variant]) as workers:
        for shape in HELLO, Shape("chunks", 5), Shape("headers", 5), Shape("outer", 5):
            (costs,) = workers.costs(shape, 2, 3).values()
            assert len(costs) == 2
            assert all(cost > 0 for cost in costs)


@pytest.mark.skipif(not shutil.which("valgrind"), reason="valgrind is not installed")
def test_callgrind_counts_the_same_twice():
    with Workers("starlette", ["bare", "bare again"], exactly=True) as workers:
        costs = workers.costs(HELLO, 1, 20)
    assert costs["bare"][0] > 10_000
    assert costs["bare again"][0] == pytest.approx(costs["bare"][0], rel=0.01)


COSTS = {
    "bare": [100.0, 200.0, 300.0],
    "bare again": [101.0, 202.0, 303.0],
    "switched off": [102.0, 204.0, 306.0],
    "respstart": [150.0, 300.0, 450.0],
    "OpenTelemetry": [300.0, 600.0, 900.0],
    "Sentry": [600.0, 1200.0, 1800.0],
    "format_stack": [200.0, 400.0, 600.0],
}


def test_a_row_tells_ratios_within_a_round():
    assert clean.row("flask", COSTS) == "| flask | 200 | +100 | +50.0% | 0.250 | 0.100 | 0.500 | +2.0% | +1.0% |"


def test_the_front_command_prints_the_table():
    command = [sys.executable, "-m", "benchmarks", "--quick", "--applications", "starlette"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True).stdout
    assert "| starlette | " in printed
