"""A defect that comes with every request is diagnosed once and counted from then on; whoever wants each one in full gets it."""

import itertools

import pytest

import respstart
from respstart import tracer
from respstart.core.known import Known, signature_of
from respstart.core.record import LateMutation, ResponseRecord
from respstart.core.stack import Line
from respstart.errors import LateMutationError
from respstart.model import Outcome


@pytest.fixture(autouse=True)
def off_afterwards():
    yield
    respstart.uninstall()


@pytest.fixture
def diagnosed(monkeypatch):
    """The rules of the findings that were made."""
    made = []

    def count(*arguments):
        finding = original(*arguments)
        made.append(finding and finding.rule)
        return finding

    original = tracer.diagnose
    monkeypatch.setattr(tracer, "diagnose", count)
    return made


def twice(environ, start_response):
    start_response("200 OK", [])
    start_response("500 Oops", [])
    return [b"x"]


def twice_elsewhere(environ, start_response):
    start_response("200 OK", [])
    start_response("404 Not Found", [])
    return [b"x"]


def serve(app, times):
    traced = respstart.wsgi(app)
    for _ in range(times):
        traced({"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, lambda *args: None)


def test_a_defect_is_diagnosed_once(diagnosed):
    respstart.install(output="plain", otel="off")
    serve(twice, 5)
    assert diagnosed == ["RS201"]
    serve(twice_elsewhere, 5)
    assert diagnosed == ["RS201", "RS201"]


def test_who_wants_each_finding_gets_each(diagnosed, tmp_path):
    respstart.install(output="off", otel="off", file=str(tmp_path / "findings.jsonl"))
    found = []
    remove = respstart.on_finding(found.append)
    serve(twice, 3)
    remove()
    serve(twice, 2)
    assert len(found) == 3
    assert len({finding.request.id for finding in found}) == 3
    assert len((tmp_path / "findings.jsonl").read_text().splitlines()) == 5


def test_what_is_not_wanted_is_not_diagnosed_again(diagnosed):
    respstart.install(output="plain", otel="off", ignore=("RS201",))
    serve(twice, 4)
    assert diagnosed == ["RS201"]


def test_mode_raise_raises_each_time(diagnosed):
    respstart.install(output="off", otel="off", mode="raise")
    for _ in range(2):
        with pytest.raises(LateMutationError):
            serve(twice, 1)
    assert len(diagnosed) == 2


def test_repeats_are_told_with_their_number(capsys):
    respstart.install(output="plain", otel="off", repeat_seconds=0)
    serve(twice, 3)
    assert capsys.readouterr().err.count("SUMMARY: respstart RS201") == 3


def test_a_repeat_whose_counting_fails_breaks_nothing(capsys):
    class Broken:
        def report(self, finding, evidence):
            """Takes it."""

        def repeat(self, defect, evidence):
            raise OSError

    respstart.install(output="off", otel="off")
    remove = tracer.add_reporter(Broken())
    serve(twice, 2)
    remove()
    assert "RS901" in capsys.readouterr().err


def mutation_of(code, lineno=7, subject="x"):
    record = ResponseRecord("wsgi", {}, lambda request: request, lambda mutation: None)
    return LateMutation(record, "set_header", subject, Outcome.LOST, 0.0, lines=(Line(code, lineno),))


def code_number(number):
    return compile(f"{number}", f"file{number}.py", "exec")


def test_another_line_subject_or_code_is_another_defect():
    code = code_number(1)
    signatures = {
        signature_of(mutation_of(code)), signature_of(mutation_of(code, 8)), signature_of(mutation_of(code, subject="y")),
        signature_of(mutation_of(code_number(2))),
    }  # fmt: skip
    assert len(signatures) == 4
    assert signature_of(mutation_of(code)) in signatures


def test_the_table_is_bounded_and_keeps_its_code_alive():
    known = Known()
    ids = set()
    for number in itertools.islice(itertools.count(), 1000):
        mutation = mutation_of(code_number(number))
        known.remember(signature_of(mutation), mutation, None)
        ids.add(id(mutation.lines[0].code))
    assert len(ids) == 1000, "two live codes have one id"
    for number in range(1000, 3000):
        mutation = mutation_of(code_number(number))
        known.remember(signature_of(mutation), mutation, None)
    assert len(known._table) == 1024
