"""The benchmarks: their workers answer, and their tables tell ratios."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # they are no part of the package

from benchmarks import clean, growth, guard, peers, servers, soak  # noqa: E402
from benchmarks.applications import FRAMEWORKS  # noqa: E402
from benchmarks.figures import Figure  # noqa: E402
from benchmarks.worker import HELLO, Shape, Workers  # noqa: E402


@pytest.mark.once
@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("variant", peers.VARIANTS)
def test_a_worker_tells_what_a_request_costs(framework, variant):
    with Workers(framework, [variant]) as workers:
        for shape in [HELLO, *([Shape("chunks", 5), Shape("headers", 5), Shape("outer", 5)] if variant == "respstart" else [])]:
            (costs,) = workers.costs(shape, 2, 3).values()
            assert len(costs) == 2
            assert all(cost > 0 for cost in costs)


@pytest.mark.once
@pytest.mark.skipif(not shutil.which("valgrind"), reason="valgrind is not installed")
def test_callgrind_counts_the_same_twice():
    with Workers("starlette", ["bare", "bare again"], "callgrind") as workers:
        costs = workers.costs(HELLO, 1, 20)
    assert costs["bare"][0] > 10_000
    assert costs["bare again"][0] == pytest.approx(costs["bare"][0], rel=0.01)


COSTS = {
    "bare": [100.0, 200.0, 300.0],
    "bare again": [101.0, 202.0, 303.0],
    "left out": [110.0, 220.0, 330.0],
    "switched off": [102.0, 204.0, 306.0],
    "respstart": [150.0, 300.0, 450.0],
    "OpenTelemetry": [300.0, 600.0, 900.0],
    "Sentry": [600.0, 1200.0, 1800.0],
    "format_stack": [200.0, 400.0, 600.0],
}


def test_a_row_tells_ratios_within_a_round():
    over = "**+50.0%** (17.0%) | **0.250** (0.100) | **0.100** (0.045) | **0.500** (0.300)"
    assert clean.row("flask", COSTS) == f"| flask | 200 | +100 | {over} | +10.0% | +2.0% | +1.0% |"
    cheap = {**COSTS, "respstart": [105.0, 210.0, 315.0]}
    assert clean.row("django", cheap).startswith("| django | 200 | +10 | +5.0% (12.0%) | 0.025 (0.100) |")


def run(*arguments):
    return subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300, check=True).stdout


@pytest.mark.once
def test_the_front_command_writes_what_it_prints(tmp_path):
    page = tmp_path / "cost.md"
    printed = run("benchmarks", "clean", "--quick", "--applications", "starlette", "--write", page)
    assert "| starlette | " in printed
    assert page.read_text() == printed


@pytest.mark.skipif(sys.version_info < (3, 12), reason="before Python 3.12 nobody tells of bytecodes")
def test_what_makes_a_request_dearer(monkeypatch):
    monkeypatch.setattr(growth, "_CHUNKS", (10,))
    figures = {figure.what: figure.value for figure in growth.growth("flask", 2, 5, "bytecodes")}
    assert figures["40 more outer frames, times"] == pytest.approx(1, abs=0.01)
    assert figures["8 layers of middleware, times"] >= figures["3 layers of middleware, times"] >= 1
    assert figures["each further chunk, of 10"] >= 0


@pytest.mark.once
def test_what_a_header_costs(monkeypatch):
    monkeypatch.setattr(growth, "_HEADERS", 10)
    (figure,) = growth.headers("flask", 2, 8)
    assert figure.what in ("each header, ns", "each header, instructions")


@pytest.mark.once
@pytest.mark.parametrize("framework", ["starlette", "flask"])
def test_a_server_tells_what_a_request_costs_it(framework):
    with servers.Servers(framework, ["respstart"]) as running:
        for path in "/", "/chunks/5":
            (costs,) = running.costs(path, 2, 20).values()
            assert len(costs) == 2
            assert all(cost > 0 for cost in costs)


@pytest.mark.once
@pytest.mark.parametrize("framework", ["starlette", "flask"])
def test_memory_of_a_response_under_way(framework):
    own, bare = (json.loads(run("benchmarks.parts", "memory", framework, variant)) for variant in ("respstart", "bare"))
    assert own[0] > bare[0] > 0
    assert own[1] == bare[1] == 0


@pytest.mark.once
def test_a_finding_is_measured_first_once_and_again():
    assert all(milliseconds > 0 for milliseconds in json.loads(run("benchmarks.parts", "finding")))


@pytest.mark.once
@pytest.mark.parametrize("server", [[], ["--server", "uvicorn"], ["--server", "gunicorn"]], ids=["in process", "uvicorn", "gunicorn"])
def test_a_soak_counts_findings_and_finds_nothing_grown(server):
    assert run("benchmarks.soak", "--requests", "500", *server).endswith("nothing has grown, every finding was told\n")


def test_a_soak_tells_what_has_grown():
    before, after = (soak.State(resident, {"table": size}, {}) for resident, size in ((0, 1), (3 * 2**20, 2)))
    assert list(soak.grown(before, after)) == ["memory: +3.0 MiB", "table: 1 -> 2"]
    assert list(soak.grown(after, before)) == []
    assert soak.settled([before, after._replace(tables={"table": 3})]) == before._replace(tables={"table": 3})
    assert sorted(soak.miscounted({"RS103": 4, "RS401": 5, "RS101": 1}, 5), reverse=True) == [
        "RS103: 4 findings instead of 5",
        "RS101: 1 findings instead of 0",
    ]


def test_a_soak_sees_the_tables_of_respstart(monkeypatch):
    from respstart.hooks import binding

    table = {}
    monkeypatch.setattr(binding, "a_table", table, raising=False)
    before = dict(soak.tables())
    table[1] = 1
    assert dict(soak.tables())["respstart.hooks.binding.a_table"] == before["respstart.hooks.binding.a_table"] + 1


def run_guard(*arguments, path=()):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*map(str, path), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-m", "benchmarks.guard", "--applications", "starlette", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)


PLANTED = """
import respstart

def dearer(record):
    for _ in range({loops}):
        pass

respstart.on_start(dearer)
"""


@pytest.mark.skipif(sys.version_info < (3, 12), reason="before Python 3.12 nobody tells of bytecodes")
def test_the_guard_fails_when_a_request_costs_a_tenth_more(tmp_path):
    stored = tmp_path / "guard.json"
    assert run_guard("--against", stored, "--store").returncode == 0
    ((_, counts),) = json.loads(stored.read_text()).items()
    same = run_guard("--against", stored)
    assert (same.returncode, "+0.00%" in same.stdout) == (0, True), same.stdout + same.stderr

    bytecodes_of_a_loop = 3
    (tmp_path / "sitecustomize.py").write_text(PLANTED.format(loops=round(counts["starlette"] * 0.1 / bytecodes_of_a_loop)))
    dearer = run_guard("--against", stored, path=[tmp_path])
    assert dearer.returncode == 1, dearer.stdout + dearer.stderr
    assert "TOO DEAR" in dearer.stdout


def test_the_guard_judges_each_application(capsys):
    assert guard.judge("bytecodes", {"flask": 104, "django": 90}, {"flask": 100, "django": 100})
    assert not guard.judge("bytecodes", {"flask": 106, "django": 90}, {"flask": 100, "django": 100})
    printed = capsys.readouterr().out
    assert printed.count("TOO DEAR") == 1
    assert "cheaper" in printed


def test_the_guard_says_when_nothing_is_stored(tmp_path):
    done = run_guard("--against", tmp_path / "none.json")
    assert done.returncode == 0
    expected = "nothing is stored" if sys.version_info >= (3, 12) else "Python before 3.12"
    assert expected in done.stdout


def test_what_is_over_its_budget_is_bold():
    assert Figure("a header, ns", "flask", 121.4, "{:+.0f}", 120).row() == "| a header, ns | flask | **+121** | 120 |"
    assert Figure("a header, ns", "django", 7, "{:+.0f}", 120).row() == "| a header, ns | django | +7 | 120 |"
