"""The benchmark command: its workers answer, and its table tells ratios."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

FOLDER = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def clean_path(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.delitem(sys.modules, "peers", raising=False)  # the tests have one of their own
    spec = importlib.util.spec_from_file_location("clean_path", FOLDER / "clean_path.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    for name in ("applications", "counter", "peers"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("framework", ["starlette", "fastapi", "flask", "django"])
@pytest.mark.parametrize("variant", ["respstart", "OpenTelemetry", "Sentry", "format_stack"])
def test_a_worker_tells_what_a_request_costs(framework, variant):
    command = [sys.executable, "-W", "ignore", FOLDER / "clean_path.py", "--worker", framework, variant]
    done = subprocess.run(command, input="5\n5\n", capture_output=True, text=True, timeout=120, check=True)
    ready, *costs = done.stdout.split()
    assert ready == "ready"
    assert all(float(cost) > 0 for cost in costs)
    assert len(costs) == 2


def test_a_row_tells_ratios_within_a_round(clean_path):
    costs = {
        "bare": [100.0, 200.0, 300.0],
        "bare again": [101.0, 202.0, 303.0],
        "respstart": [150.0, 300.0, 450.0],
        "OpenTelemetry": [300.0, 600.0, 900.0],
        "Sentry": [600.0, 1200.0, 1800.0],
        "format_stack": [200.0, 400.0, 600.0],
    }
    assert clean_path.row("flask", costs) == "| flask | 200 | +100 | +50% | 0.25 | 0.10 | 0.50 | +1.0% |"


def test_the_page_holds_the_table(clean_path):
    unit, _ = clean_path.counter()
    text = clean_path.page(unit, [*clean_path.heading(unit), "| flask |"], 3)
    assert f"| application | bare, {unit} |" in text
    assert "Medians of 3 rounds" in text
