"""Other plugins of pytest beside ours, and frozen clocks: each is named, on a project of its own in a process of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

pytestmark = pytest.mark.once

PATIENCE = 120
SHOP = """
from flask import Flask, Response

app = Flask(__name__)


@app.get("/export")
def export():
    def rows():
        yield "row 0\\n"
        response.headers["X-Rows"] = "1"  # late

    response = Response(rows())  # first
    return response


@app.get("/hello/<name>")
def hello(name):
    if name == "nobody":
        return "", 204
    return f"hello {name}"
"""
TESTS = """
from shop import app

client = app.test_client()


def test_late():
    assert client.get("/export").text == "row 0\\n"


def test_fine():
    assert client.get("/hello/you").text == "hello you"
"""
FLAG = ("-p", "respstart.pytest_plugin", "--trace-response-start")
WORKERS = ("-p", "xdist", "-n", "2")


class Project:
    """A folder with a shop and its tests."""

    def __init__(self, folder):
        self.folder = folder
        self.write(shop=SHOP)

    def write(self, **files):
        for name, text in files.items():
            (self.folder / f"{name}.py").write_text(text.lstrip(), encoding="utf-8")

    def run(self, *options, **environment):
        """One run of pytest: its exit code, how tests of each name ended, and the output."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "RESPSTART", "COV"))}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-rA", "--rootdir=.", *options], cwd=self.folder,
            env={**clean, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "COLUMNS": "200", **environment},
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        output = done.stdout + done.stderr
        ended = re.findall(r"^(PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS|RERUN) \S+::(\S+)", output, re.MULTILINE)
        return done.returncode, sorted({(name, outcome) for outcome, name in ended}), output


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


ONE_LATE = [("test_fine", "PASSED"), ("test_late", "FAILED")]


# ---------------------------------------------------------------- coverage
CORES = ["ctrace", "pytrace", *(["sysmon"] if sys.version_info >= (3, 12) else [])]


@pytest.mark.parametrize("core", CORES)
def test_coverage_counts_the_same(project, core):
    """What runs is the project's business: with the flag no line is covered more or less, in this process and in workers."""
    project.write(test_shop=TESTS)
    covered = []
    for options in ((), FLAG, (*FLAG, *WORKERS)):
        _, ended, output = project.run("-p", "pytest_cov", "--cov=.", "--cov-branch", "--cov-report=json:covered.json", *options, COVERAGE_CORE=core)
        assert ended == (ONE_LATE if options else [("test_fine", "PASSED"), ("test_late", "PASSED")]), output
        files = json.loads((project.folder / "covered.json").read_text(encoding="utf-8"))["files"]
        covered.append({name: (file["executed_lines"], file["missing_lines"], file.get("executed_branches")) for name, file in files.items()})
    assert covered == [covered[0]] * 3
    assert covered[0]["shop.py"][1] == [19], "the line that no test reaches"


# ---------------------------------------------------------------- order, time limits, repetitions
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("workers", [(), WORKERS], ids=["alone", "in workers"])
def test_random_order(project, seed, workers):
    project.write(test_shop=TESTS)
    code, ended, output = project.run("-p", "pytest_randomly", f"--randomly-seed={seed}", *workers, *FLAG)
    assert (code, ended) == (1, ONE_LATE), output


def test_random_numbers_are_those_of_the_seed(project):
    """A test that draws numbers between its requests draws the same ones when it is traced."""
    project.write(test_shop=TESTS + """

def test_draws():
    import random

    numbers = []
    for _ in range(3):
        client.get("/export").text
        numbers.append(random.random())
    print("drawn", numbers)
""")
    drawn = [re.search("drawn .*", project.run("-p", "pytest_randomly", "--randomly-seed=1", *flag)[2])[0] for flag in ((), FLAG)]
    assert drawn[0] == drawn[1]


def test_time_limits(project):
    """The limit strikes while a body is being read: the test fails for that, and the next one is none the worse."""
    project.write(test_shop=TESTS + """

@app.get("/endless")
def endless():
    import time

    def rows():
        while True:
            time.sleep(0.01)
            yield "row"

    return Response(rows())


def test_endless():
    client.get("/endless").text


def test_fine_again():
    test_fine()
""", shop=SHOP)
    test_shop = project.folder / "test_shop.py"
    test_shop.write_text("from flask import Response\n" + test_shop.read_text(encoding="utf-8"), encoding="utf-8")
    code, ended, output = project.run("-p", "pytest_timeout", "--timeout=2", "--timeout-method=signal", *FLAG)
    assert (code, ended) == (1, [("test_endless", "FAILED"), ("test_fine", "PASSED"), ("test_fine_again", "PASSED"), ("test_late", "FAILED")]), output
    assert "test_endless - Failed: Timeout" in output


REPEATED = TESTS + """

tries = []


def test_late_once():
    tries.append(1)
    client.get("/export" if len(tries) == 1 else "/hello/you").text
"""


@pytest.mark.parametrize("workers", [(), WORKERS], ids=["alone", "in workers"])
def test_repetitions(project, workers):
    """Each try is judged by its own findings; a try that was repeated fails nothing, and is told."""
    project.write(test_shop=REPEATED)
    code, ended, output = project.run("-p", "pytest_rerunfailures", "--reruns=1", "-rAR", *workers, *FLAG)
    assert code == 1, output
    assert [each for each in ended if each[1] != "RERUN"] == [("test_fine", "PASSED"), ("test_late", "FAILED"), ("test_late_once", "PASSED")]
    assert [name for name, outcome in ended if outcome == "RERUN"] == ["test_late", "test_late_once"]
    assert "RS101 late-header  lost, 3 times" in output


def test_a_repetition_that_passes_leaves_the_run_passed(project):
    project.write(test_shop=REPEATED)
    code, _, output = project.run("-p", "pytest_rerunfailures", "--reruns=1", "-k", "test_late_once", *FLAG)
    assert code == 0, output


# ---------------------------------------------------------------- ways to write tests
def test_subtests(project):
    """A finding in a subtest fails the test that it is in, also when another subtest fails by itself."""
    if pytest.version_tuple < (9,):
        pytest.skip("the fixture came with pytest 9")
    project.write(test_shop=TESTS + """

def test_parts(subtests):
    for path in ("/hello/you", "/export", "/hello/me"):
        with subtests.test(path=path):
            assert client.get(path).text


def test_parts_that_fail(subtests):
    for path in ("/hello/nobody", "/export"):
        with subtests.test(path=path):
            assert client.get(path).text


def test_clean_parts(subtests):
    for name in "abc":
        with subtests.test(name=name):
            assert client.get(f"/hello/{name}").text
""")
    code, ended, output = project.run(*FLAG)
    assert code == 1
    assert ended == [("test_clean_parts", "PASSED"), ("test_fine", "PASSED"), ("test_late", "FAILED"), ("test_parts", "FAILED"), ("test_parts_that_fail", "FAILED")], output
    assert "lost, 3 times" in output


def test_many_examples(project):
    """One report for all of the examples of a property, and no example is thought to fail."""
    project.write(test_shop=TESTS + """

from hypothesis import given, settings, strategies


@given(strategies.sampled_from(["/export", "/hello/you"]))
@settings(max_examples=20, database=None, derandomize=True)
def test_property(path):
    client.get(path).text


@given(strategies.text("abc", min_size=1))
@settings(max_examples=20, database=None, derandomize=True)
def test_clean_property(name):
    assert client.get(f"/hello/{name}").text == f"hello {name}"
""")
    code, ended, output = project.run("-p", "_hypothesis_pytestplugin", *FLAG)
    assert (code, ended) == (1, [("test_clean_property", "PASSED"), *ONE_LATE, ("test_property", "FAILED")]), output
    assert output.count("SUMMARY: respstart RS101") == 2
    assert "Falsifying example" not in output


MOCKED = TESTS + '''

def test_spied(mocker):
    from flask import Response
    from werkzeug.datastructures import Headers

    wsgi_app, setter = mocker.spy(app, "wsgi_app"), mocker.spy(Headers, "__setitem__")
    called = mocker.spy(Response, "__call__")
    assert client.get("/export").text == "row 0\\n"
    assert (wsgi_app.call_count, called.call_count) == (1, 1)
    assert "X-Rows" in [call.args[1] for call in setter.call_args_list]


def test_late_after_that():
    client.get("/export").text


def test_patched(mocker):
    for name in ("os.getpid", "os.environ", "time.perf_counter", "time.monotonic", "threading.Event", "threading.get_ident"):
        mocker.patch(name)
    client.get("/hello/you").text


@pytest.mark.parametrize("name", ["pathlib.Path.open", "pathlib.Path.glob", "builtins.open", "json.dumps", "os.getpid", "threading.Event"])
def test_late_and_patched(mocker, name):
    """What a test has patched is still patched when its findings are asked for."""
    mocker.patch(name)
    client.get("/export").text
'''


def test_mocks(project):
    """Spies see what they would see, and what a test patches breaks neither its result nor the next one's."""
    project.write(test_shop="import pytest\n" + MOCKED)
    assert project.run("-p", "pytest_mock")[0] == 0
    code, ended, output = project.run("-p", "pytest_mock", *FLAG)
    late = [(name, "FAILED") for name, _ in ended if name.startswith("test_late") or name == "test_spied"]
    assert ended == sorted([("test_fine", "PASSED"), ("test_patched", "PASSED"), *late]), output
    assert (code, len(ended)) == (1, 11)
    assert output.count("LateMutation: RS101") == len(late)
    assert "Error" not in output


FROZEN = TESTS + """

@freezegun.freeze_time("2020-01-01")
def test_late_and_frozen():
    client.get("/export").text


@freezegun.freeze_time("2020-01-01", tick=True)
def test_fine_and_ticking():
    client.get("/hello/you").text


@time_machine.travel("2020-01-01", tick=False)
def test_late_and_travelling():
    client.get("/export").text


def test_late_and_moved(time_machine):
    time_machine.move_to("2020-01-01")
    client.get("/export").text
    time_machine.shift(-3600)
    client.get("/hello/you").text
"""


def test_frozen_clocks(project):
    project.write(test_shop="import freezegun\nimport time_machine\n" + FROZEN)
    code, ended, output = project.run("-p", "time_machine", *FLAG)
    assert code == 1
    assert ended == sorted((name, "FAILED" if "late" in name else "PASSED") for name, _ in ended), output
    assert len(ended) == 6


# ---------------------------------------------------------------- ways to run tests
@pytest.mark.parametrize("dist", ["load", "loadscope", "loadfile", "worksteal", "each", "no"])
def test_distributions(project, dist):
    project.write(test_shop=TESTS, test_more=TESTS)
    code, ended, output = project.run(*WORKERS, f"--dist={dist}", *FLAG)
    times = 2 if dist == "each" else 1
    assert (code, ended) == (1, ONE_LATE), output
    assert f"RS101 late-header  lost, {2 * times} times" in output


def test_a_pytest_in_a_test_tells_for_itself(project):
    """Tests of plugins start pytest: what that finds is no finding of the test around it."""
    project.write(inner=TESTS, test_shop="""
        import subprocess
        import sys


        def test_inner():
            command = [sys.executable, "-m", "pytest", "-p", "respstart.pytest_plugin", "--trace-response-start", "inner.py"]
            done = subprocess.run(command, capture_output=True, text=True)
            assert "1 failed, 1 passed" in done.stdout
    """.replace("\n        ", "\n"))
    code, ended, output = project.run(*FLAG)
    assert (code, ended) == (0, [("test_inner", "PASSED")]), output
