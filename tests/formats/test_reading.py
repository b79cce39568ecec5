"""Files of findings: what is no finding is counted and harms nobody; what is one comes back as it was."""

import json

import pytest

from respstart.errors import RespstartError
from respstart.formats.checking import checked
from respstart.formats.groups import KEPT, group
from respstart.formats.reading import read
from respstart.reporters.jsonl import JsonLines
from respstart.reporters.plain import localised


def set_in(data, path, value):
    *folders, name = path.split(".")
    for folder in folders:
        data = data[int(folder) if folder.isdecimal() else folder]
    data[int(name) if name.isdecimal() else name] = value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("schema", 2), ("rule", "RS9999"), ("rule", None), ("fingerprint", "<script>"), ("level", "fatal"), ("outcome", "lost\n"), ("message", 7),
        ("request", None), ("request", []), ("request.path", None), ("response.headers", [1]), ("response.status", True),
        ("response.status", "200"), ("first_writer.line", "41"), ("first_writer.file", {}), ("elapsed_ms", "fast"), ("elapsed_ms", 1e300),
        ("elapsed_ms", 10**400), ("trail", 3), ("trail.0", 3), ("trail.0.at_ms", None), ("stacks.start", [[]]), ("stacks", {"start": 1}),
        ("late_in", []), ("late_in.created_at", {"file": 1}), ("late_in.request", "GET"), ("exception", "KeyError"), ("passed_over", [None]), ("late_in", {"task": None}), ("seen", 1.5),
    ],
)  # fmt: skip
def test_what_is_no_finding_is_refused(path, value, make_finding):
    data = json.loads(json.dumps(make_finding().to_dict()))
    set_in(data, path, value)
    with pytest.raises(ValueError, match=r"."):
        checked(data)


@pytest.mark.parametrize("key", ["rule", "message", "first_writer", "fingerprint", "request"])
def test_a_finding_without_a_key_is_refused(key, make_finding):
    data = make_finding().to_dict()
    del data[key]
    with pytest.raises(ValueError, match=r"."):
        checked(data)


def test_strange_lines_are_counted_and_the_rest_is_read(make_finding, evidence, tmp_path):
    path = tmp_path / "findings.jsonl"
    reporter = JsonLines(str(path))
    reporter.report(make_finding(), evidence)
    with path.open("ab") as file:
        file.write(b'\n{"a": 1}\n[]\nnull\n"rule"\nno JSON\n\xff\xfe\n{"at_ms": NaN}\n' + b"[" * 100_000 + b"\n" + b'{"rule": "RS103", "cut in the')
        file.write(b"\n")
    reporter.report(make_finding(), evidence)
    reporter.close()

    reading = read([path])

    assert len(reading.findings) == 2
    assert reading.remarks == [f"{str(path)!r}: 9 lines are no finding"]


def test_a_line_that_only_python_takes_for_json_is_refused(make_finding, tmp_path):
    path = tmp_path / "findings.jsonl"
    path.write_text(json.dumps(make_finding().to_dict() | {"tomorrow": float("nan")}), encoding="utf-8")
    assert read([path]).findings == []


def test_the_last_line_of_a_full_file_is_told(make_finding, evidence, tmp_path):
    path = tmp_path / "findings.jsonl"
    reporter = JsonLines(str(path), limit=15_000)
    for _ in range(9):
        reporter.report(make_finding(), evidence)
    reporter.close()

    reading = read([path])

    assert 0 < len(reading.findings) < 9
    (remark,) = reading.remarks
    assert "stopped at the size limit of 15000 bytes, later findings are missing" in remark


@pytest.mark.parametrize("name", ["missing.jsonl", "."])
def test_a_file_that_cannot_be_read_is_one_sentence(name, tmp_path):
    with pytest.raises(RespstartError, match="cannot be read: "):
        read([tmp_path / name])


def test_groups_are_by_fingerprint_the_worst_and_most_frequent_first(make_finding):
    kinds = [("00000001", "info", 9), ("00000002", "error", 1), ("00000003", "warning", 5), ("00000004", "error", 30)]
    findings = [make_finding(fingerprint=name, level=level).to_dict() for name, level, count in kinds for _ in range(count)]
    groups = group(findings)
    assert [(each.first.fingerprint, each.count) for each in groups] == [("00000004", 30), ("00000002", 1), ("00000003", 5), ("00000001", 9)]
    assert len(groups[0].findings) == KEPT


def test_what_a_console_left_out_is_counted(make_finding):
    (one,) = group([make_finding(seen=1).to_dict(), make_finding(seen=14).to_dict()])
    assert one.count == 14


def test_tests_are_told_once(make_finding):
    tests = ["tests/test_a.py::test_x", "tests/test_a.py::test_y", "tests/test_a.py::test_x", None]
    (one,) = group([make_finding().to_dict() | {"test": test} for test in tests])
    assert one.tests == ("tests/test_a.py::test_x", "tests/test_a.py::test_y")


def test_paths_below_the_current_folder_are_relative(make_finding, tmp_path):
    (one,) = group([make_finding().to_dict()])
    assert one.first == localised(make_finding(), str(tmp_path))
    assert (one.first.first_writer.file, one.first.stacks.start[0].filename[0]) == ("shop/export.py", "/")
