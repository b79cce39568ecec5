"""JSON lines: valid, private, shared between processes, and stopped with a word when the disk or the limit says so."""

import json
import os
import stat

import jsonschema
import pytest

from respstart import schema
from respstart.model import Finding
from respstart.reporters.jsonl import JsonLines


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_occurrence_is_a_line_that_the_schema_allows(make_finding, evidence, tmp_path):
    reporter = JsonLines(str(tmp_path / "f.jsonl"))
    for finding in (make_finding(), make_finding(late_writer=None, exception=None, started_in=None), make_finding(subject=None)):
        reporter.report(finding, evidence)
    found = lines(tmp_path / "f.jsonl")
    assert len(found) == 3
    for finding in found:
        jsonschema.validate(finding, schema.load())


def test_the_schema_describes_every_field():
    assert set(Finding.__dataclass_fields__) <= set(schema.load()["properties"])


def test_nothing_is_opened_before_the_first_finding(tmp_path):
    JsonLines(str(tmp_path / "f.jsonl")).close()
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_the_owners_alone_and_named_by_process(make_finding, evidence, tmp_path):
    JsonLines(str(tmp_path / "f-%p.jsonl")).report(make_finding(), evidence)
    path = tmp_path / f"f-{os.getpid()}.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_hostile_text_is_valid_json(hostile_finding, evidence, tmp_path):
    JsonLines(str(tmp_path / "f.jsonl")).report(hostile_finding, evidence)
    assert len(lines(tmp_path / "f.jsonl")) == 1


def test_at_the_limit_it_stops_with_a_last_line(make_finding, evidence, tmp_path):
    reporter = JsonLines(str(tmp_path / "f.jsonl"), limit=20_000)
    for _ in range(50):
        reporter.report(make_finding(), evidence)
    found = lines(tmp_path / "f.jsonl")
    assert "limit" in found[-1]["respstart"]
    assert "rule" not in found[-1]
    assert (tmp_path / "f.jsonl").stat().st_size < 21_000


def test_a_folder_that_is_not_there_is_said_once(make_finding, evidence, tmp_path, capsys):
    reporter = JsonLines(str(tmp_path / "missing" / "f.jsonl"))
    for _ in range(3):
        reporter.report(make_finding(), evidence)
    assert capsys.readouterr().err.count("no more findings are written") == 1


def test_a_full_disk_is_said_once(make_finding, evidence, tmp_path, capsys, monkeypatch):
    def full(descriptor, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    reporter = JsonLines(str(tmp_path / "f.jsonl"))
    for _ in range(3):
        reporter.report(make_finding(), evidence)
    assert capsys.readouterr().err.count("No space left") == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked on this system")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Python warns of fork in a process with threads
def test_a_forked_child_writes_to_a_file_of_its_own(make_finding, evidence, tmp_path):
    reporter = JsonLines(str(tmp_path / "f-%p.jsonl"))
    reporter.report(make_finding(), evidence)
    child = os.fork()
    if child == 0:
        reporter.report(make_finding(), evidence)
        os._exit(0)
    os.waitpid(child, 0)
    assert {path.name for path in tmp_path.glob("*.jsonl")} == {f"f-{os.getpid()}.jsonl", f"f-{child}.jsonl"}
    assert len(lines(tmp_path / f"f-{os.getpid()}.jsonl")) == 1
