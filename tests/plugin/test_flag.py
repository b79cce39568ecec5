"""What the flag does to tests: whose finding it is, what fails, and what is said."""

from __future__ import annotations

import re

MANY = """
import pytest


def test_fine(client):
    assert client.get("/").text == "fine"


def test_silent(client):
    assert client.get("/export").text == "number"


def test_cookie(client):
    client.get("/export").text
    assert client.get_cookie("last_export") is not None


def test_error(client):
    client.get("/fails").text


def test_error_is_wanted(client):
    with pytest.raises(RuntimeError, match="^the database is gone$"):
        client.get("/fails").text


@pytest.mark.xfail(reason="known to be late")
def test_xfail(client):
    client.get("/export").text


@pytest.fixture
def before(client):
    return client.get("/export").text


def test_fixture(before):
    assert before == "number"


@pytest.fixture
def after(client):
    yield
    client.get("/export").text


def test_teardown(after):
    pass


@pytest.mark.parametrize("times", [1, 3])
def test_often(client, times):
    for _ in range(times):
        client.get("/export").text
"""


def test_without_the_flag_nothing_is_different(run):
    run(test_many=MANY).assert_outcomes(passed=7, failed=2, xpassed=1)


def test_findings_fail_the_tests_that_caused_them(traced, line):
    result = traced(test_many=MANY)
    result.assert_outcomes(passed=2, failed=7, xfailed=1, errors=1)
    verdict = f"RS103 late-cookie: started shop.py:{line('first')} export; changed shop.py:{line('late')} remember"
    result.stdout.fnmatch_lines([
        "respstart: *, responses are traced; findings of level error fail a test",
        "*ERROR at teardown of test_teardown*",
        verdict,
        "*___ test_silent ___*",
        verdict,
        "",
        "RS103 late-cookie: cookie last_export was changed * after the response had",
        f"  started by  shop.py:{line('first')} in export  (built)  <- look here first",
        f"  changed by  shop.py:{line('late')} in remember  (explicit)",
        "*___ test_cookie ___*",
        "E*assert None is not None",
        "*--- respstart ---*",
        f"SUMMARY: respstart {verdict}",
        "*___ test_error ___*",
        "E*RuntimeError: the database is gone",
        f"E*respstart: the response was started by *shop.py:{line('failing')} in fails",
        "*___ test_error_is_wanted ___*",
        "RS401 error-after-start: *",
        "*=== respstart: 2 late mutations in 9 tests ===*",
        "RS103 late-cookie  lost, 9 times",
        f"  started by shop.py:{line('first')} in export",
        f"  changed by shop.py:{line('late')} in remember",
        "    test_many.py::test_silent",
        "    ... and 2 more tests",
        "RS401 error-after-start  *, 2 times",
        f"  started by shop.py:{line('failing')} in fails",
        f"  changed by shop.py:{line('raised')} in fails.body",
        f"FAILED test_many.py::test_silent - LateMutation: {verdict}",
        f"ERROR test_many.py::test_teardown - LateMutation: {verdict}",
    ])  # fmt: skip
    assert "seen        3 times" in str(result.stdout)
    assert "respstart/hooks" not in str(result.stdout).replace("\\", "/")


def test_a_test_that_passes_shows_its_warnings_when_asked(traced):
    test = """
        import pytest
        from flask import Response

        from shop import app


        @app.get("/background")
        def background():
            response = Response("done")
            response.call_on_close(close)
            return response


        def close():
            raise ValueError("after the end")


        def test_late(client):
            response = client.get("/background")
            assert response.text == "done"
            with pytest.raises(ValueError):
                response.close()
    """
    result = traced("-rP", test_late=test)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*--- respstart ---*", "RS404 error-in-background*", "(fails no test)", "RS404 *(fails no test)"])


def test_markers(traced):
    tests = """
        import pytest

        @pytest.mark.respstart(expect="RS103")
        def test_expected(client):
            client.get("/export").text

        @pytest.mark.respstart(expect=["late-cookie", "RS4"])
        def test_half(client):
            client.get("/export").text

        @pytest.mark.respstart(ignore="RS1")
        class TestAll:
            def test_ignored(self, client):
                client.get("/export").text

            @pytest.mark.respstart(ignore="error-after-start")
            def test_both_ignored(self, client, response_findings):
                client.get("/export").text
                with pytest.raises(RuntimeError):
                    client.get("/fails").text
                assert response_findings == []
    """
    result = traced(test_markers=tests)
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines([
        "*expected a finding of RS4, and none came",
        "(expected by the test's marker)",
        "*=== respstart ===*",
        "not shown: 2 expected",
        "FAILED test_markers.py::test_half - LateMutation: expected a finding of RS4, and none came",
    ])  # fmt: skip


def test_the_fixture_works_with_the_flag_and_without(run):
    tests = """
        import pytest

        @pytest.mark.respstart(expect="RS103")
        def test_grows(client, response_findings):
            assert response_findings == []
            client.get("/export").text
            client.get("/export").text
            assert [finding.rule for finding in response_findings] == ["RS103", "RS103"]
            assert response_findings[0].first_writer.function == "export"

        def test_starts_anew(client, response_findings):
            client.get("/").text
            assert response_findings == []
    """
    run(test_fixture=tests).assert_outcomes(passed=2)
    run("--trace-response-start", test_fixture=tests).assert_outcomes(passed=2)


SERVED = '''
import threading
import urllib.request
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from shop import app

gate = threading.Event()


def slowly(environ, start_response):
    """Answers at once, and comes too late when the client has long gone."""
    start_response("200 OK", [("Content-Length", "2")])
    yield b"ok"
    gate.wait(10)
    start_response("500 Oops", [])


class Quiet(WSGIRequestHandler):
    def log_message(self, *arguments):
        pass


def serve(application):
    server = make_server("127.0.0.1", 0, application, handler_class=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="session")
def address():
    server = serve(app)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_asks(address):
    assert urllib.request.urlopen(address + "/export").read() == b"number"


def test_asks_nothing_late(address):
    assert urllib.request.urlopen(address).read() == b"fine"
'''


def test_servers_in_threads(traced, line):
    result = traced(test_served=SERVED)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([f"FAILED test_served.py::test_asks - LateMutation: RS103 late-cookie: started shop.py:{line('first')} export*"])


def test_what_comes_when_the_test_is_over_fails_the_run(traced):
    tests = SERVED.partition("@pytest.fixture")[0] + """
def test_asks_and_goes():
    server = serve(slowly)
    assert urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}").read(2) == b"ok"


def test_another():
    gate.set()
    for thread in set(threading.enumerate()) - {threading.current_thread()}:
        thread.join(0.5)
"""
    result = traced(test_slow=tests)
    result.assert_outcomes(passed=2)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*=== respstart: 1 late mutation in 1 test ===*", "RS201 second-start*", "    test_slow.py::test_asks_and_goes"])


def test_what_belongs_to_no_test_fails_the_run(traced):
    result = traced(test_fine="def test_fine(): pass", conftest="""
        def pytest_collection_finish():
            from shop import app
            app.test_client().get("/export").text
    """)  # fmt: skip
    result.assert_outcomes(passed=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["RS103 late-cookie *", "    (outside of the tests)"])


def test_workers_of_xdist_lose_nothing_and_double_nothing(traced, pytester):
    result = traced("-n2", "--response-start-report=findings.jsonl", "--junitxml=junit.xml", test_many=MANY, test_more=MANY)
    result.assert_outcomes(passed=4, failed=14, xfailed=2, errors=2)
    result.stdout.fnmatch_lines(["*=== respstart: 2 late mutations in 18 tests ===*", "RS103 late-cookie  lost, 18 times"])
    assert len((pytester.path / "findings.jsonl").read_text().splitlines()) == 18
    properties = re.findall('name="respstart.finding" value="(RS...)', (pytester.path / "junit.xml").read_text())
    assert sorted(properties) == ["RS103"] * 14 + ["RS401"] * 4


def test_workers_hand_over_what_belongs_to_no_test(traced):
    conftest = """
        def pytest_collection_finish(session):
            from shop import app
            if hasattr(session.config, "workerinput"):
                app.test_client().get("/export").text
    """
    result = traced("-n2", test_fine="def test_fine(): pass", conftest=conftest)
    result.assert_outcomes(passed=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["RS103 late-cookie  lost, 2 times", "    (outside of the tests)"])


def test_what_a_test_does_itself_to_a_response_is_none_of_the_applications_doing(traced):
    tests = """
        import asyncio

        import respstart
        from starlette.responses import PlainTextResponse
        from starlette.testclient import TestClient

        kept = []

        async def application(scope, receive, send):
            kept.append(PlainTextResponse("fine"))
            await kept[-1](scope, receive, send)

        def edit():
            kept[-1].headers["x-mine"] = "1"

        def test_edits():
            TestClient(application).get("/")
            kept[-1].headers["x-mine"] = "1"

        class TestAll:
            def test_edits(self):
                TestClient(application).get("/")
                kept[-1].headers["x-mine"] = "1"

        def test_has_it_edited():
            TestClient(application).get("/")
            edit()
    """
    result = traced(test_edits=tests)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["FAILED test_edits.py::test_has_it_edited - LateMutation: RS101 *"])
