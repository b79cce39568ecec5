"""The command can fail: a harmful dummy in respstart's place is seen by a small suite, a harmless one is not. And the quickest real suites."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig

import pytest

from environments import ROOT, Environment, NotMadeError
from peers.__main__ import Checker, ways
from peers.comparing import differences, flaky
from peers.running import Outcome, Way, run
from peers.suites import Suite, table

SAMPLE = """
import io, sys, unittest
from wsgiref.handlers import SimpleHandler

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]

class Sample(unittest.TestCase):
    def test_wire(self):
        out = io.BytesIO()
        handler = SimpleHandler(io.BytesIO(), out, io.StringIO(), {})
        handler.origin_server = False
        handler.run(application)
        self.assertEqual(out.getvalue(), b"Status: 200 OK\\r\\nContent-Type: text/plain\\r\\nContent-Length: 5\\r\\n\\r\\nhello")

    def test_alone(self):
        self.assertFalse(sys.modules.get("respstart.tracer") and sys.modules["respstart.tracer"].active())

    def test_always_fails(self):
        self.fail("as ever")

    def test_results_inside_of_a_test(self):
        unittest.FunctionTestCase(self.test_always_fails).run(unittest.TestResult())
        with self.subTest(number=1):
            pass

    @unittest.skip("not here")
    def test_skipped(self):
        pass

    @unittest.expectedFailure
    def test_expected(self):
        self.fail("as expected")
"""
DUMMY = """
import os, time
from wsgiref.handlers import BaseHandler

outcomes = os.environ.get("PEERS_OUTCOMES")
original = BaseHandler.start_response

def start_response(self, status, headers, *error):
    {before}
    return original(self, status, headers, *error)

BaseHandler.start_response = start_response
"""
WORDS = {
    "wire": "passed", "alone": "passed", "always_fails": "failed", "results_inside_of_a_test": "passed", "skipped": "skipped", "expected": "xfailed",
}  # fmt: skip
ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # the plugins that the sample finds here are none of its own
WITHOUT = Way("plain", variables=ALONE)


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """An environment that finds the packages of this one."""
    environment = Environment(tmp_path_factory.mktemp("sample") / "environment")
    environment.make()
    (environment.packages / "here.pth").write_text(sysconfig.get_path("purelib") + "\n")
    source = environment.folder / "source"
    source.mkdir()
    (source / "test_sample.py").write_text(SAMPLE)
    return environment


@pytest.fixture(scope="module", params=["pytest", "unittest"])
def suite(request):
    """The sample, run by either."""
    row = {"take": ("test_sample.py",), "tests": ("test_sample.py",)}
    return Suite("sample", **row, unittest=("-m", "unittest", "test_sample") if request.param == "unittest" else ())


@pytest.fixture(scope="module")
def checker(environment, suite):
    """One whose runs without a dummy are shared."""
    return Checker(suite, environment, WITHOUT)


def dummy(folder, before="pass"):
    """A way that has a dummy in respstart's place."""
    (folder / "dummy.py").write_text(DUMMY.format(before=before))
    (folder / "dummy.pth").write_text("import dummy\n")
    return Way("dummy", overlay=folder, variables=ALONE)


def test_outcomes(environment, suite):
    """Both kinds of suites tell the same."""
    outcomes = run(suite, environment, WITHOUT)
    assert {re.sub(r".*test_sample.*\btest_", "", test): outcome.word for test, outcome in outcomes.items()} == WORDS
    (why,) = (outcome.why for outcome in outcomes.values() if outcome.word == "failed")
    assert why == "AssertionError: as ever"


def test_a_harmless_dummy_changes_nothing(checker, tmp_path, capsys):
    assert checker.check(dummy(tmp_path))
    assert re.fullmatch(r"SAME sample  dummy: 6 tests, 3 passed without respstart, 0 differ, \d+ s\n", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("before", "became"),
    [
        ("headers.append(('X-Dummy', '1'))", "failed"),
        ("raise RuntimeError", "failed|error"),
        ("os._exit(1)", "unfinished"),
        ("os.utime(outcomes, (0, 0)); time.sleep(3600)", "unfinished"),  # as if it had been silent for long
    ],
    ids=["adds a header", "raises", "ends the process", "hangs"],
)
def test_a_harmful_dummy_is_seen(checker, tmp_path, capsys, before, became):
    assert not checker.check(dummy(tmp_path, before))
    first, *told = capsys.readouterr().out.splitlines()
    assert first.startswith("DIFF sample ")
    assert [line for line in told if re.match(rf"  passed -> ({became})  .*test_wire", line)]


@pytest.mark.parametrize(("name", "differ"), [("install", 1), ("flag", 1), ("off", 0)])
def test_the_ways_switch_respstart_on(environment, tmp_path, capsys, name, differ):
    """One test of the sample fails where respstart is on."""
    (tmp_path / "respstart-here.pth").write_text(f"{ROOT / 'src'}\n")
    shutil.copy(ROOT / "startup" / "respstart.pth", tmp_path)
    way = ways(tmp_path)[name]
    plugin = ("-p", "respstart.pytest_plugin") if name == "flag" else ()
    suite = Suite("sample", take=("test_sample.py",), tests=("test_sample.py",))
    Checker(suite, environment, WITHOUT).check(Way(name, way.on, way.overlay, {**ALONE, **way.variables}, (*plugin, *way.options)))
    assert f", {differ} differ," in capsys.readouterr().out


def test_respstart_that_stays_off_is_no_proof(environment, suite):
    """Else a suite that pins an old wrapt would be the same for ever."""
    with pytest.raises(NotMadeError, match=r"respstart was not on: see .*/install\.txt"):
        run(suite, environment, Way("install", on=True, variables=ALONE))


def test_a_suite_that_says_nothing_is_no_proof(environment, capsys):
    assert not Checker(Suite("sample", take=(), tests=("nowhere",)), environment, WITHOUT).check(Way("dummy", variables=ALONE))
    assert capsys.readouterr().out.startswith("NONE sample ")


def test_what_is_flaky_anyway_is_no_difference():
    """Each test by its outcomes in two runs without and two runs with respstart."""
    words = {
        "steady": "passed passed passed passed", "flaky": "passed failed failed failed", "flaky with it": "passed passed failed passed",
        "broken": "passed passed failed error", "lost": "passed passed absent absent", "new": "absent absent passed passed",
    }  # fmt: skip
    runs = [{test: Outcome(said[index]) for test, each in words.items() if (said := each.split())[index] != "absent"} for index in range(4)]
    assert [tuple(each)[:3] for each in differences(runs[:2], runs[2:])] == [
        ("broken", "passed", "failed"),
        ("lost", "passed", "absent"),
        ("new", "absent", "passed"),
    ]
    assert flaky(runs[:2], runs[2:]) == ["flaky", "flaky with it"]


@pytest.mark.once
def test_the_quickest_suites(tmp_path):
    quickest = ["flask", "bottle", "otel-wsgi"]
    try:
        table()["bottle"].environment().pip("download", "--no-deps", "--dest", tmp_path, "bottle")
    except NotMadeError as error:
        pytest.skip(f"the package index cannot be reached: {error}")
    command = [sys.executable, "-m", "tests.peers", *quickest, "--way", "install", "--way", "flag"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    told = [line.split()[:2] for line in done.stdout.splitlines()]
    assert told == [["SAME", name] for name in quickest for _ in "12"], done.stdout
    assert done.returncode == 0


def test_every_row_says_what_is_run():
    """Or why nothing is."""
    for suite in table().values():
        assert suite.missing or suite.version or suite.unittest
        assert not {type(value) for value in vars(suite).values()} - {str, tuple, dict}
