"""The plugin in company: what it costs when it is off, and pytest's own ways when it is on."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.once

LATE = """
def test_late(client):
    client.get("/export").text


def test_fine(client):
    client.get("/").text
"""
WITNESS = """
import sys


def pytest_unconfigure():
    foreign = {"wrapt", "structlog", "opentelemetry", "flask", "rich"} & sys.modules.keys()
    print("loaded:", sorted(name for name in sys.modules if name.startswith("respstart")), sorted(foreign))
"""


def test_without_the_flag_nothing_is_loaded(run):
    result = run(test_nothing="def test_nothing(): pass", conftest=WITNESS)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["loaded: [[]'respstart', 'respstart.pytest_plugin'[]] [[][]]"])


def test_marker_and_options_are_known_without_the_flag(run, pytester):
    marked = 'import pytest\n\n\n@pytest.mark.respstart(expect="RS103")\ndef test_late(client):\n    client.get("/").text\n'
    run("--strict-markers", test_late=marked).assert_outcomes(passed=1)
    pytester.runpytest_subprocess("-p", "respstart.pytest_plugin", "--markers").stdout.fnmatch_lines(["@pytest.mark.respstart(expect=RULES, ignore=RULES): *"])
    pytester.runpytest_subprocess("-p", "respstart.pytest_plugin", "--help").stdout.fnmatch_lines(["*late mutations*", "*--trace-response-start*"])


@pytest.mark.parametrize("style", ["auto", "long", "short", "line", "native", "no"])
def test_every_traceback_style(traced, style, line):
    verdict = f"RS103 late-cookie: started shop.py:{line('first')} export; changed shop.py:{line('late')} remember"
    result = traced(f"--tb={style}", "--show-capture=no", test_late=LATE)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([f"FAILED test_late.py::test_late - LateMutation: {verdict}"])
    if style == "line":
        result.stdout.fnmatch_lines([f"*shop.py:{line('first')}: LateMutation: {verdict}"])
    elif style != "no":
        result.stdout.fnmatch_lines([verdict, f"SUMMARY: respstart {verdict}"])
    assert "pytest_plugin" not in str(result.stdout)


@pytest.mark.parametrize(
    ("arguments", "outcomes", "lines"),
    [
        (["-x"], {"failed": 1}, ["*stopping after 1 failures*"]),
        (["-q"], {"failed": 1, "passed": 1}, ["RS103 late-cookie  lost"]),
        (["-s"], {"failed": 1, "passed": 1}, ["RS103 late-cookie  lost"]),
        (["-p", "no:terminal"], None, []),
        (["--no-summary"], {"failed": 1, "passed": 1}, []),
        (["--collect-only", "-q"], None, ["test_late.py::test_late", "2 tests collected*"]),
        (["--pdb", "--pdbcls=quitting:Quit"], {"failed": 1}, ["*shop.py(*)export()*", "*Exit: Quitting debugger*"]),
        (["--full-trace"], {"failed": 1, "passed": 1}, ["*LateMutation*"]),
    ],
    ids=lambda value: value[0] if isinstance(value, list) and value else "",
)
def test_pytests_own_ways(traced, arguments, outcomes, lines):
    quitting = "import pdb\n\n\nclass Quit(pdb.Pdb):\n    def interaction(self, frame, tb):\n        self.setup(frame, getattr(tb, '__traceback__', tb))\n        self.print_stack_entry(self.stack[self.curindex])\n        self.do_quit('')\n"
    result = traced(*arguments, test_late=LATE, quitting=quitting)
    if outcomes is not None:
        result.assert_outcomes(**outcomes)
    result.stdout.fnmatch_lines(lines)
    assert "INTERNALERROR" not in str(result.stdout) + str(result.stderr)


def test_only_the_last_failures(traced, pytester):
    traced(test_late=LATE).assert_outcomes(passed=1, failed=1)
    traced("--lf", test_late=LATE).assert_outcomes(failed=1)


def test_doctests_classes_and_async_tests(traced):
    tests = '''
        import asyncio
        import unittest

        from shop import app


        def answer():
            """Ask for the export.

            >>> app.test_client().get("/export").text
            'number'
            """


        class TestCase(unittest.TestCase):
            def test_late(self):
                app.test_client().get("/export").text

            def test_wrong(self):
                app.test_client().get("/export").text
                self.assertEqual(1, 2)


        class TestAsync(unittest.IsolatedAsyncioTestCase):
            async def test_late(self):
                await asyncio.to_thread(lambda: app.test_client().get("/export").text)
    '''
    result = traced("--doctest-modules", test_all=tests)
    result.assert_outcomes(failed=4)
    result.stdout.fnmatch_lines([
        "FAILED test_all.py::test_all.answer - LateMutation: RS103 *",
        "FAILED test_all.py::TestCase::test_late - LateMutation: RS103 *",
        "FAILED test_all.py::TestCase::test_wrong - AssertionError: 1 != 2",
        "FAILED test_all.py::TestAsync::test_late - LateMutation: RS103 *",
    ])  # fmt: skip


def test_off_by_its_name(run, pytester, monkeypatch):
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", raising=False)
    pytester.makepyfile(test_nothing="def test_nothing(): pass")
    result = pytester.runpytest_subprocess("-p", "no:respstart", "--trace-response-start")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    pytester.runpytest_subprocess("-p", "no:respstart").assert_outcomes(passed=1)


def test_a_test_that_switches_tracing_off_does_so_for_itself(traced):
    tests = """
        import respstart

        def test_off(client):
            respstart.uninstall()
            client.get("/export").text

        def test_late(client):
            client.get("/export").text
    """
    traced(test_off=tests).assert_outcomes(passed=1, failed=1)


def test_switched_on_elsewhere_it_is_still_one_voice(traced, monkeypatch):
    monkeypatch.setenv("RESPSTART", "1")
    from_conftest = "import respstart\n\nrespstart.install(output='plain', mode='raise')\n\nimport pytest\n\nfrom shop import app\n\n\n@pytest.fixture\ndef client():\n    return app.test_client()\n"
    result = traced("-W", "error", test_late=LATE, conftest=from_conftest)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["FAILED test_late.py::test_late - LateMutation: RS103 *"])
    assert "Captured stderr" not in str(result.stdout)


def test_everything_is_as_it_was_afterwards(pytester, run):
    script = """
        import os

        import pytest

        def environment():
            return {name: value for name, value in os.environ.items() if name.startswith("RESPSTART")}

        os.environ["RESPSTART_OUTPUT"] = "json"
        before = environment()
        code = pytest.main(["-q", "-p", "respstart.pytest_plugin", "--trace-response-start", "test_late.py"])
        from werkzeug.wrappers import Response

        import respstart.tracer
        assert code == 1, code
        assert environment() == before == {"RESPSTART_OUTPUT": "json"}
        assert not respstart.tracer.active()
        assert "respstart" not in Response.__call__.__code__.co_filename
        print("as it was")
    """
    run("--collect-only", test_late=LATE, script=script)
    pytester.runpython("script.py").stdout.fnmatch_lines(["as it was"])


def test_subtests_and_failed_fixtures(traced):
    tests = """
        import pytest

        @pytest.fixture
        def broken(client):
            client.get("/export").text
            raise OSError("no database")

        def test_error(broken):
            pass

        @pytest.fixture
        def leaving(client):
            client.get("/export").text
            pytest.skip("not today")

        def test_skipped(leaving):
            pass
    """
    result = traced(test_broken=tests)
    result.assert_outcomes(errors=1, skipped=1)
    result.stdout.fnmatch_lines(["*--- respstart ---*", "RS103 late-cookie*", "RS103 late-cookie  lost, 2 times", "ERROR test_broken.py::test_error - OSError: no database"])
    assert result.ret == 1


def test_tests_that_replace_what_the_plugin_could_need(traced):
    names = ["builtins.open", "io.open", "os.open", "os.scandir", "os.listdir", "threading.Event", "time.perf_counter", "json.loads", "json.dumps"]
    tests = f"""
        import pytest

        pytestmark = pytest.mark.parametrize("name", {names!r})

        def broken(*arguments, **options):
            raise AssertionError("not for you")

        @pytest.fixture(autouse=True)
        def patched(monkeypatch, name):
            yield
            monkeypatch.setattr(name, broken)

        def test_fine(client, name):
            assert client.get("/").text == "fine"

        def test_late(client, monkeypatch, name):
            assert client.get("/export").text == "number"
            monkeypatch.setattr(name, broken)
    """
    result = traced(test_patched=tests)
    result.assert_outcomes(passed=len(names), failed=len(names))
    result.stdout.fnmatch_lines([f"FAILED test_patched.py::test_late[[]{name}] - LateMutation: RS103 *" for name in names])
