"""Outputs for people: nothing from outside can forge a line or steer a terminal; repeats are counted; a broken stderr harms nobody."""

import dataclasses
import io
import json
import re
import sys

import pytest

from reporters.kept import Kept
from respstart.model import Evidence
from respstart.reporters import plain
from respstart.reporters.console import Console
from respstart.reporters.escape import clean
from respstart.reporters.notes import Notes
from respstart.reporters.repeats import Repeats
from respstart.reporters.terminal import wants_colour

CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ud800-\udfff]")


def test_clean_leaves_nothing_that_steers(hostile):
    shown = clean(hostile, 100)
    assert len(shown) <= 100
    assert not CONTROLS.search(shown)
    assert "\n" not in shown


def test_a_report_reads_from_the_verdict_to_the_summary(make_finding):
    text = plain.render(make_finding(), None, colour=False)
    order = ["RS103 late-cookie", "started by", "changed by", "final from here", "fix", "respstart explain RS103", "SUMMARY: respstart RS103"]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert "look here first" in text


def test_a_report_fits_into_eighty_columns_apart_from_paths_and_the_summary(make_finding, tmp_path):
    for line in plain.render(make_finding(), str(tmp_path), colour=False).splitlines():
        assert len(line) <= 80 or "SUMMARY" in line or "/" in line, line


def test_paths_below_the_current_folder_are_relative(make_finding, tmp_path):
    assert "shop/export.py:41" in plain.render(make_finding(), str(tmp_path), colour=False)
    assert str(tmp_path) + "/shop/export.py:41 in" not in plain.render(make_finding(), str(tmp_path), colour=False)


@pytest.mark.parametrize(
    ("complete", "over", "told"),
    [(True, True, "3 chunks, complete)"), (True, False, "3 chunks so far)"), (False, False, "3 chunks, not complete)"), ("looks complete", True, "3 chunks, looks complete)")],
)
def test_an_answer_is_complete_when_it_has_ended(make_finding, complete, over, told):
    """A finding that is told while the body is sent tells how far it has come."""
    finding = make_finding()
    response = dataclasses.replace(finding.response, complete=complete)
    trail = finding.trail if over else finding.trail[:-1]

    text = plain.render(dataclasses.replace(finding, response=response, trail=trail))

    assert told in " ".join(text.split())


def test_a_hostile_finding_cannot_forge_a_report(hostile_finding):
    text = plain.render(hostile_finding, None, colour=False)
    assert not CONTROLS.search(text)
    assert "\nRS999" not in text
    assert len(text) < 100_000


def test_a_finding_without_a_late_writer_says_why(make_finding):
    text = plain.render(make_finding(late_writer=None), None, colour=False)
    assert "between the first chunk and the end" in text


@pytest.mark.parametrize(
    ("environ", "tty", "wanted"),
    [
        ({}, True, True), ({}, False, False), ({"NO_COLOR": "1"}, True, False), ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, True, True), ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False), ({"TERM": "dumb"}, True, False),
    ],
)  # fmt: skip
def test_colour(environ, tty, wanted):
    class Stream:
        def isatty(self):
            return tty

    assert wants_colour(Stream(), environ) is wanted


def test_the_console_writes_to_stderr_and_never_to_stdout(make_finding, evidence, capsys):
    Console("plain").report(make_finding(), evidence)
    out, err = capsys.readouterr()
    assert out == ""
    assert "SUMMARY" in err


def test_json_on_the_console_is_one_line(hostile_finding, evidence, capsys):
    Console("json").report(hostile_finding, evidence)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert json.loads(lines[0])["rule"] == "RS103"


class Broken(io.StringIO):
    def __init__(self):
        super().__init__()
        self.tries = 0

    def write(self, text):
        self.tries += 1
        raise OSError("broken pipe")


def test_a_broken_stderr_is_left_alone_for_ever(make_finding, evidence, monkeypatch):
    broken = Broken()
    monkeypatch.setattr(sys, "stderr", broken)
    console = Console("plain")
    for _ in range(3):
        console.report(make_finding(), evidence)
    assert broken.tries == 1


@pytest.mark.parametrize("stream", [None, "closed"])
def test_no_stderr_harms_nobody(make_finding, evidence, monkeypatch, stream):
    if stream == "closed":
        stream = io.StringIO()
        stream.close()
    monkeypatch.setattr(sys, "stderr", stream)
    Console("plain").report(make_finding(), evidence)


def test_repeats_come_with_their_count_and_at_most_one_in_a_while(make_finding, evidence):
    memory, now = Kept(), [0.0]
    repeats = Repeats(memory, 60, clock=lambda: now[0])
    for seconds in (0, 1, 2, 61, 62):
        now[0] = seconds
        repeats.report(make_finding(), evidence)
    repeats.report(make_finding(fingerprint="another0"), evidence)
    assert [(finding.fingerprint, finding.seen) for finding in memory.findings] == [("0badcafe", 1), ("0badcafe", 4), ("another0", 1)]


def test_the_table_of_repeats_is_bounded(make_finding, evidence):
    repeats = Repeats(Kept(), 60)
    for number in range(3000):
        repeats.report(make_finding(fingerprint=f"{number:08x}"), evidence)
    assert len(repeats._table) <= 1024


def test_the_note_is_added_once_and_has_three_lines_with_the_first_writer_first(make_finding):
    error = ValueError("x")
    notes = Notes()
    notes.report(make_finding(), Evidence(None, error))
    notes.report(make_finding(), Evidence(None, error))
    assert len(error.__notes__) == 1
    lines = error.__notes__[0].splitlines()
    assert len(lines) == 3
    assert "export.py:41" in lines[0]


def test_a_hostile_note_stays_three_lines(hostile_finding):
    error = ValueError("x")
    Notes().report(hostile_finding, Evidence(None, error))
    assert len(error.__notes__[0].splitlines()) == 3
