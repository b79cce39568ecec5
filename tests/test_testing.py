"""What contract tests are made of: it imports lightly, it complains about everything that is wrong, and about nothing else."""

from __future__ import annotations

import subprocess
import sys

import pytest

from respstart.testing import SERVERS, Application, Expected, Response, Running, Scenario, Server, judge
from respstart.testing.client import parse

pytest_plugins = ["pytester"]

SEEN = Response(200, {"x-seen": "1"}, b"bolts", truncated=False)


@pytest.fixture
def application(tmp_path):
    """An application with a marked line of each role."""
    (tmp_path / "shop_app.py").write_text("one\n# <late_header:first>\nthree  # <late_header:late>\n", encoding="utf-8")
    return Application(tmp_path, "shop_app")


def found(application, **changes):
    """A finding about the marked lines."""

    def writer(line):
        return line and {"file": str(application.folder / "shop_app.py"), "line": line}

    facts = {"rule": "RS101", "outcome": "lost", "subject": "x-total", "first": 2, "late": 3, **changes}
    return {
        **{name: facts[name] for name in ("rule", "outcome", "subject")}, "message": "too late",
        "first_writer": writer(facts["first"]), "late_writer": writer(facts["late"]),
    }


LATE = Scenario("late_header", (Expected("RS101", "lost", "x-total"),), sees=("x-seen",), body=b"bolt")


def test_what_was_expected_is_no_complaint(application):
    judge(LATE, SEEN, [found(application)], application)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"rule": "RS102"}, "found    RS102 lost x-total"),
        ({"outcome": "dropped"}, "found    RS101 dropped x-total"),
        ({"subject": "x-other"}, "found    RS101 lost x-other"),
        ({"first": 1}, "started by shop_app.py:1"),
        ({"late": 2}, "late: shop_app.py:2"),
        ({"late": None}, "late: nobody"),
    ],
)
def test_a_wrong_finding_is_a_complaint(application, changes, complaint):
    """The expected one is told, too."""
    with pytest.raises(AssertionError) as error:
        judge(LATE, SEEN, [found(application, **changes)], application)

    assert complaint in str(error.value)
    assert "expected RS101 lost x-total, started by shop_app.py:2, late: shop_app.py:3" in str(error.value)


def test_a_writer_where_nobody_may_be_named_is_a_complaint(application):
    nobody = LATE.but(findings=(Expected("RS101", "lost", "x-total", late=None),))

    judge(nobody, SEEN, [found(application, late=None)], application)
    with pytest.raises(AssertionError, match="late: nobody"):
        judge(nobody, SEEN, [found(application)], application)


@pytest.mark.parametrize("number", [0, 2])
def test_one_expected_finding_is_one(application, number):
    with pytest.raises(AssertionError, match="RS101 lost x-total"):
        judge(LATE, SEEN, [found(application)] * number, application)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"status": 404}, r"should be \[404, 'complete'\], and is \[200, 'complete'\]"),
        ({"truncated": True}, r"should be \[200, 'truncated'\]"),
        ({"sees": ("x-none",)}, "header x-none should be there"),
        ({"misses": ("x-seen",)}, "header x-seen should not be there"),
        ({"body": b"nuts"}, "should contain b'nuts'"),
    ],
)
def test_the_wire_is_judged_too(application, changes, complaint):
    with pytest.raises(AssertionError, match=complaint):
        judge(LATE.but(**changes), SEEN, [found(application)], application)


def test_a_marker_that_is_not_there_is_a_mistake_of_the_test(application):
    with pytest.raises(LookupError, match="<other:first> in shop_app"):
        judge(LATE.but(marks="other"), SEEN, [], application)


def test_two_scenarios_of_one_name_are_refused(application, tmp_path):
    """Their findings could not be told apart."""
    with pytest.raises(ValueError, match="late_header"):
        Running(0, application, tmp_path / "file", tmp_path / "log").visit([LATE, LATE])


def test_a_request_once_more_has_the_markers_of_the_first():
    again = LATE.again("kept").again("kept-2")

    assert (again.name, again.url, again.marker("late")) == ("kept-2", "/late_header", "late_header:late")


@pytest.mark.parametrize(
    ("raw", "truncated"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbolts", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nbolts", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbolts\r\n0\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbolts\r\n", True),
        (b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\nbolts", False),
    ],
)
def test_a_response_is_read_as_it_came(raw, truncated):
    response = parse(raw, "GET")

    assert (response.status, response.body, response.truncated) == (200, b"bolts", truncated)


def test_a_server_that_is_not_installed_is_known():
    assert Server("none", needs=("respstart_none", "respstart_none.inner", "pytest")).missing() == ["respstart_none", "respstart_none.inner"]
    assert SERVERS["wsgiref"].missing() == []


def test_nothing_but_the_contract_needs_pytest():
    code = "import sys; sys.modules['pytest'] = None; from respstart.testing import Scenario, judge, serve; print(Scenario.__name__)"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "Scenario\n"


CONTRACT = """
    from pathlib import Path
    from respstart.testing import SERVERS, Expected, IntegrationContract, Scenario, Server

    SERVERS["none"] = Server("none", needs=("respstart_none",))

    class TestShop(IntegrationContract):
        apps = Path(__file__).parent
        app = "shop_app"
        servers = {"wsgiref": [Scenario("plain"), Scenario("late", (Expected("RS301", "raised"),))], "none": [Scenario("plain")]}
        at_once = [Scenario("plain").again("more")]

        def test_more(self, visited):
            assert visited.running.ask("/plain", request_id="even more").status == 200
"""
SHOP = """
    def app(environ, start_response):
        start_response("200 OK", [])  # <late:first> <late:late>
        return []
"""


def test_a_contract_has_a_test_for_each_scenario_of_each_server(pytester):
    """Those of a server that is not installed are skipped, and say why."""
    pytester.makepyfile(test_shop=CONTRACT, shop_app=SHOP)

    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-rs")

    result.assert_outcomes(passed=4, failed=1, skipped=4)
    result.stdout.fnmatch_lines(["*expected RS301 raised*", "*none needs respstart_none*"])
