"""What people test with: small projects with a silent bug, whose own tests pass until somebody asks for the first writer.

A project carries its expectations as comments. `# first: RS101` and `# late: RS101` mark the two lines of a finding, and a test that
is to fail says which rules it finds: `# finds RS101`. All other tests are clean.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

PROJECTS = Path(__file__).parent / "projects"
PATIENCE = 120

_LINE = re.compile(r"\b(first|late): (RS\d+)")
_TEST = re.compile(r"def (test_\w+)\(.*# finds (RS\d+(?: RS\d+)*)$")
_REPORTED = re.compile(r"^(PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS) (\S+)(.*)$", re.MULTILINE)

_PYTEST = ("pytest", "-rA", "--rootdir=.")
# Plugins are named, so that those that happen to be installed do not take part.
_OURS = ("-p", "respstart.pytest_plugin", "--trace-response-start", "--response-start-report=findings.jsonl")
# What a worker of xdist hands over is seen with one (test_flag.py has two); servers of two workers could be taken for each other's.
_WORKERS = {"forked_server": 2, "gunicorn_process": 2, "uvicorn_process": 2}


class Project:
    """A copy of a project, and what its comments say."""

    def __init__(self, folder):
        self.folder = folder
        self.lines = defaultdict(set)  # by rule and role
        self.finds = {}  # rules, by the name of a test
        for path in folder.glob("*.py"):
            self._read(path)

    def _read(self, path):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for role, rule in _LINE.findall(line):
                self.lines[rule, role].add((path.name, number))
            self.finds.update({name: rules.split() for name, rules in _TEST.findall(line)})

    def run(self, *arguments):
        """One run of a module in the project's folder."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "RESPSTART"))}
        environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "COLUMNS": "400"}
        command = [sys.executable, "-m", *arguments]
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)

    def findings(self):
        """What the report says: rule, first writer and late writer of each finding, by the name of its test."""
        found = defaultdict(list)
        for line in (self.folder / "findings.jsonl").read_text(encoding="utf-8").splitlines():
            finding = json.loads(line)
            found[finding["test"]].append((finding["rule"], self._place(finding["first_writer"]), self._place(finding["late_writer"])))
        return dict(found)

    def _place(self, writer):
        return writer and writer["file"] and (os.path.relpath(writer["file"], self.folder), writer["line"])


def name_of(nodeid):
    """The name of a test without its file, its class and its parameters."""
    return nodeid.partition("[")[0].rpartition("::")[2]


def results(done):
    """By the node id of each test: how it ended, and what the short summary says about it."""
    return {nodeid: (outcome, rest.removeprefix(" - ")) for outcome, nodeid, rest in _REPORTED.findall(done.stdout)}


def copy_of(name, folder):
    return Project(shutil.copytree(PROJECTS / name, folder / name, ignore=shutil.ignore_patterns("__pycache__")))


@pytest.fixture(params=sorted({path.parent.name for path in PROJECTS.glob("*/*.py")}))
def project(request, tmp_path):
    return copy_of(request.param, tmp_path)


def test_without_the_flag_nobody_knows(project):
    done = project.run(*_PYTEST)

    assert done.returncode == 0, done.stdout + done.stderr
    assert {outcome for outcome, _ in results(done).values()} == {"PASSED"}
    assert set(project.finds) <= {name_of(nodeid) for nodeid in results(done)}


@pytest.mark.parametrize("xdist", [False, True], ids=["alone", "in workers"])
def test_exactly_the_marked_tests_fail(project, xdist):
    workers = ("-p", "xdist", "-n", str(_WORKERS.get(project.folder.name, 1))) if xdist else ()
    done = project.run(*_PYTEST, *_OURS, *workers)

    reported = results(done)
    found = project.findings()
    assert done.returncode == 1, done.stdout + done.stderr
    assert set(found) <= set(reported), "every finding belongs to a test"
    for nodeid, (outcome, told) in reported.items():
        rules = project.finds.get(name_of(nodeid), [])
        assert (outcome, told != "") == (("FAILED", True) if rules else ("PASSED", False)), done.stdout
        assert [rule for rule, _, _ in found.get(nodeid, [])] == rules, done.stdout
        for rule, first, late in found.get(nodeid, []):
            assert (first, late) in [(a, b) for a in project.lines[rule, "first"] for b in project.lines[rule, "late"]]
        if rules:
            (rule, first, late), *more = found[nodeid]
            assert re.match(rf"LateMutation: {rule} [\w-]+: started {_told(first)} \S+; changed {_told(late)} \S+", told), told
            assert told.endswith(f"(and {len(more)} more)" if more else "")


def test_unittest_alone(tmp_path):
    """Without pytest a test asks for its findings itself."""
    done = copy_of("unittest_case", tmp_path).run("unittest", "captured")

    assert done.returncode == 0, done.stderr
    assert "Ran 3 tests" in done.stderr


SLOW_SHOP = """

@app.get("/slow")
def slow():
    from pathlib import Path

    def rows():
        yield "order 0\\n"
        while not Path("gate").exists():
            time.sleep(0.01)
        response.set_cookie("never", "1")
        yield "order 1\\n"

    response = Response(rows())
    return response
"""
SLOW_TESTS = """
import urllib.request
from pathlib import Path


def test_slow(url):
    with urllib.request.urlopen(f"{url}/slow", timeout=30) as response:
        assert response.read(8) == b"order 0\\n"


def test_hello(url):
    Path("gate").touch()
    with urllib.request.urlopen(f"{url}/hello", timeout=30) as response:  # answered when the server is done with the other
        assert response.read() == b"hello"
"""


def test_a_server_process_that_is_at_work_when_its_test_is_over(tmp_path):
    """No test waits for it for ever; what it finds then is told of that test, fails the run, and no other test."""
    project = copy_of("forked_server", tmp_path)
    with (project.folder / "shop.py").open("a", encoding="utf-8") as shop:
        shop.write(SLOW_SHOP)
    (project.folder / "test_shop.py").write_text(SLOW_TESTS, encoding="utf-8")

    done = project.run(*_PYTEST, *_OURS)

    assert results(done) == {"test_shop.py::test_slow": ("PASSED", ""), "test_shop.py::test_hello": ("PASSED", "")}, done.stdout
    assert done.returncode == 1
    assert [(test, [rule for rule, *_ in found]) for test, found in project.findings().items()] == [("test_shop.py::test_slow", ["RS103"])]


def _told(place):
    return re.escape(f"{place[0]}:{place[1]}")
