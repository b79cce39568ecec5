"""Files that are still being written: each finding is told once, whatever happens to the file."""

from __future__ import annotations

import json
import os

import pytest

from respstart.formats.following import Following
from respstart.formats.groups import KEPT, Groups


@pytest.fixture
def line(make_finding):
    """One line of a file: the finding of this request."""

    def make(request_id):
        data = make_finding().to_dict()
        data["request"]["id"] = request_id
        return json.dumps(data) + "\n"

    return make


@pytest.fixture
def path(tmp_path):
    return tmp_path / "findings.jsonl"


def ids(following):
    return [data["request"]["id"] for data in following.fresh().findings]


def append(path, text):
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def test_what_is_there_then_what_comes(path, line):
    path.write_text(line("a") + line("b"))
    following = Following([path])
    assert ids(following) == ["a", "b"]
    assert ids(following) == []
    append(path, line("c"))
    assert ids(following) == ["c"]


def test_a_file_that_comes_later(path, line):
    following = Following([path])
    assert ids(following) == []
    path.write_text(line("a"))
    assert ids(following) == ["a"]


def test_a_line_is_taken_when_it_is_whole(path, line):
    whole = line("a")
    path.write_text(whole[:100])
    following = Following([path])
    assert ids(following) == []
    append(path, whole[100:])
    reading = following.fresh()
    assert [data["request"]["id"] for data in reading.findings] == ["a"]
    assert reading.remarks == []


@pytest.mark.parametrize("after", ["b", "bcd"])
def test_a_file_that_was_cut_short_and_written_again(after, path, line):
    path.write_text(line("a") * 2)
    following = Following([path])
    following.fresh()
    path.write_text("".join(map(line, after)))  # the same file, shorter, as long, or longer than before
    reading = following.fresh()
    assert [data["request"]["id"] for data in reading.findings] == list(after)
    assert reading.remarks == []


def test_a_file_that_was_emptied(path, line):
    path.write_text(line("a"))
    following = Following([path])
    following.fresh()
    path.write_text("")
    assert ids(following) == []
    append(path, line("b"))
    assert ids(following) == ["b"]


def test_a_file_that_was_replaced(path, line):
    path.write_text(line("a"))
    following = Following([path])
    following.fresh()
    os.rename(path, path.with_suffix(".1"))
    assert ids(following) == []
    path.write_text(line("b"))
    assert ids(following) == ["b"]


def test_strange_lines_are_counted_and_the_rest_is_told(path, line):
    path.write_text("no finding\n" + line("a") + '{"respstart": "process 1 stopped at the size limit of 5 bytes"}\n')
    reading = Following([path]).fresh()
    assert len(reading.findings) == 1
    assert reading.remarks == [
        f"{str(path)!r}: process 1 stopped at the size limit of 5 bytes, later findings are missing", f"{str(path)!r}: 1 line is no finding",
    ]  # fmt: skip


def test_several_files(tmp_path, line):
    paths = [tmp_path / name for name in "ab"]
    following = Following(paths)
    paths[1].write_text(line("b"))
    paths[0].write_text(line("a"))
    assert ids(following) == ["a", "b"]


def test_groups_by_the_last_time_they_were_seen(make_finding):
    groups = Groups()
    for name in ("00000001", "00000002", "00000001"):
        groups.add(make_finding(fingerprint=name).to_dict())
    assert [(group.first.fingerprint, group.count) for group in groups.newest_first()] == [("00000001", 2), ("00000002", 1)]


def test_the_last_of_very_many_is_known(make_finding):
    groups = Groups()
    for number in range(KEPT + 5):
        groups.add(make_finding(message=f"number {number}").to_dict())
    (group,) = groups.newest_first()
    assert (group.count, len(group.findings), group.last.message, group.last.seen) == (KEPT + 5, KEPT, f"number {KEPT + 4}", KEPT + 5)
