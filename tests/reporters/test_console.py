from __future__ import annotations

import dataclasses
import io
import json
import os
import sys

import pytest
import structlog

from respstart.model import Stacks, TrailEntry, Writer
from respstart.reporters import plain
from respstart.reporters.console import Console
from respstart.reporters.escape import clean
from respstart.reporters.terminal import wants_colour


def rendered(finding, **options):
    return plain.render(finding, os.getcwd(), **options)


def test_the_order_of_the_parts(make_finding):
    lines = rendered(make_finding(seen=12)).splitlines()
    marks = [
        "RS103 late-cookie: cookie cart was set",
        "  GET /export/7  id 3f2a91  status 200 on the wire",
        "  started by  shop/export.py:41 in stream_rows  (generator)  <- look here first",
        "  changed by  shop/session.py:17 in save  (explicit)",
        "  timeline",
        "  stack of the start",
        "  fix ",
        "  more        respstart explain RS103",
        "  seen        12 times so far",
        "SUMMARY: respstart RS103 late-cookie: started shop/export.py:41 stream_rows; changed shop/session.py:17 save",
    ]
    found = [next(number for number, line in enumerate(lines) if line.startswith(mark)) for mark in marks]
    assert sorted(found) == found
    assert (0, len(lines) - 1) == (found[0], found[-1])


def test_the_source_lines_stand_beneath_their_places(make_finding):
    lines = rendered(make_finding()).splitlines()
    started = next(number for number, line in enumerate(lines) if "started by  " in line)
    changed = next(number for number, line in enumerate(lines) if "changed by  " in line)
    assert (lines[started + 1].strip(), lines[changed + 1].strip()) == ("yield header_row", "response.set_cookie('cart', token)")


def test_readable_at_80_columns(make_finding):
    too_wide = [line for line in rendered(make_finding()).splitlines() if len(line) > 80 and not line.startswith("SUMMARY")]
    assert too_wide == []


def test_paths_outside_of_the_current_folder_stay_absolute(make_finding):
    text = plain.render(make_finding(), "/somewhere/else")
    assert f"started by  {os.getcwd()}/shop/export.py:41".split() == text.partition("\n\n")[2].split()[:3]


def test_a_root_that_is_only_part_of_a_path_removes_nothing(make_finding):
    finding = make_finding(first_writer=Writer("/data/app/x.py", 1, "f", None, "built", "it is at /data/app/x.py"))
    assert "/data/app/x.py:1" in plain.render(finding, "/app")
    assert "/data/app/x.py:1" in plain.render(finding, "/")


def test_the_url_path_is_never_shortened(make_finding):
    finding = make_finding()
    finding = dataclasses.replace(finding, request=dataclasses.replace(finding.request, path="/app/users"))
    assert "GET /app/users" in plain.render(finding, "/app")


def test_the_start_is_marked_in_the_timeline(make_finding):
    lines = rendered(make_finding()).splitlines()
    started = next(number for number, line in enumerate(lines) if line.endswith("started  shop/export.py:41"))
    assert "status and headers are final from here" in lines[started + 1]
    assert sum("final from here" in line for line in lines) == 1


def test_a_long_timeline_is_folded_but_keeps_the_start(make_finding):
    trail = tuple(TrailEntry(float(number), "started" if number == 20 else "chunk") for number in range(40))
    text = rendered(make_finding(trail=trail))
    assert "... 14 more steps" in text
    assert "... 13 more steps" in text
    assert "20.0 ms  started" in text


def test_framework_frames_are_folded(make_finding):
    text = rendered(make_finding())
    assert "    ... 9 frames of starlette folded\n    shop/export.py:41 in stream_rows\n" in text
    assert "    ... 1 frame of starlette folded\n    shop/session.py:17 in save\n" in text


def test_frames_of_no_package_are_folded_without_a_name(make_finding):
    frame = dataclasses.replace(make_finding().stacks.start[0], filename="/usr/lib/python3.12/asyncio/events.py")
    user = make_finding().stacks.start[-1]
    assert "    ... 2 frames folded\n" in rendered(make_finding(stacks=Stacks(start=(frame, frame, user))))


def test_a_stack_without_user_frames_is_left_out(make_finding):
    assert "stack of" not in rendered(make_finding(stacks=Stacks(start=make_finding().stacks.start[:5])))


def test_the_other_task_and_the_other_request(make_finding):
    text = rendered(make_finding())
    assert "while serving another request: POST /cart  id 77aa" in text
    assert "in task Task-8; the start was in task Task-3" in text
    assert "which was created at shop/session.py:9 in later" in text


def test_nobody_is_accused_when_nobody_can_be_named(make_finding):
    nobody = Writer(None, None, None, None, "unknown", "no user code took part")
    text = rendered(make_finding(first_writer=nobody, late_writer=None))
    assert "  started by  nobody that could be named: no user code took part\n" in text
    assert "  changed by  nobody that could be named: between the first chunk and the end\n" in text
    assert "look here first" not in text


def test_third_party_code_is_named_with_its_package(make_finding):
    late = Writer("/site/x.py", 3, "save", None, "third-party", "code of x 1.0", "x 1.0")
    assert "/site/x.py:3 in save  (third-party, x 1.0)" in rendered(make_finding(late_writer=late))


def test_hostile_text_is_shown_and_not_obeyed(hostile_finding, hostile):
    text = rendered(hostile_finding)
    lines = text.split("\n")
    assert all(line.isprintable() for line in lines)
    assert text.encode()
    assert len(text) < 20_000
    assert [line[:5] for line in lines if line.startswith("RS")] == ["RS103"]
    assert clean(hostile, 60).split("…")[0].split(" ")[0] in text


@pytest.mark.parametrize("colour", [True, False])
def test_colour_is_all_that_differs(make_finding, colour):
    text = rendered(make_finding(), colour=colour)
    assert colour == ("\x1b[32mstarted by\x1b[0m" in text)
    assert colour == ("\x1b[" in text)
    for code in ("\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[0m"):
        text = text.replace(code, "")
    assert rendered(make_finding()) == text


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("environ", "stream", "wanted"),
    [
        ({}, Terminal(), True),
        ({"TERM": "xterm"}, Terminal(), True),
        ({"TERM": "dumb"}, Terminal(), False),
        ({}, io.StringIO(), False),
        ({}, None, False),
        ({}, object(), False),
        ({"NO_COLOR": "1"}, Terminal(), False),
        ({"NO_COLOR": ""}, Terminal(), True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, Terminal(), False),
        ({"FORCE_COLOR": "1"}, io.StringIO(), True),
        ({"FORCE_COLOR": "0"}, io.StringIO(), False),
        ({"FORCE_COLOR": ""}, io.StringIO(), False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, io.StringIO(), True),
    ],
)
def test_when_to_colour(environ, stream, wanted):
    assert wanted == wants_colour(stream, environ)


class Recording(io.StringIO):
    def __init__(self):
        super().__init__()
        self.writes = []

    def write(self, text):
        self.writes.append(text)
        return len(text)


@pytest.mark.parametrize("output", ["plain", "pretty", "json", "auto"])
def test_one_write_for_each_report(output, make_finding, evidence, monkeypatch):
    stream = Recording()
    monkeypatch.setattr(sys, "stderr", stream)
    Console(output).report(make_finding(), evidence)
    assert len(stream.writes) == 1


def test_json_is_one_line(hostile_finding, evidence, capsys):
    Console("json").report(hostile_finding, evidence)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.isascii()
    assert json.loads(captured.err)["rule"] == "RS103"


def test_auto_is_silent_once_structlog_is_configured(make_finding, evidence, capsys):
    console = Console("auto")
    console.report(make_finding(), evidence)
    assert "SUMMARY" in capsys.readouterr().err
    structlog.configure(processors=[structlog.processors.JSONRenderer()])
    try:
        console.report(make_finding(), evidence)
    finally:
        structlog.reset_defaults()
    assert capsys.readouterr() == ("", "")


class Failing(io.StringIO):
    def __init__(self, error):
        super().__init__()
        self.error, self.calls = error, 0

    def write(self, text):
        self.calls += 1
        raise self.error


@pytest.mark.parametrize("error", [BrokenPipeError(), ValueError("closed"), OSError(28, "No space left on device"), ZeroDivisionError()])
def test_a_broken_stderr_is_never_tried_again_but_its_successor_is(error, make_finding, evidence, monkeypatch):
    broken, console = Failing(error), Console()
    monkeypatch.setattr(sys, "stderr", broken)
    console.report(make_finding(), evidence)
    console.report(make_finding(), evidence)
    assert broken.calls == 1
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    console.report(make_finding(), evidence)
    assert "SUMMARY" in sys.stderr.getvalue()


def test_a_write_inside_a_write_loses_only_one_report(make_finding, evidence, monkeypatch):
    busy, console = Failing(RuntimeError("reentrant call")), Console()
    monkeypatch.setattr(sys, "stderr", busy)
    console.report(make_finding(), evidence)
    console.report(make_finding(), evidence)
    assert busy.calls == 2


@pytest.mark.parametrize("stream", [None, "closed"])
def test_no_stderr(stream, make_finding, evidence, monkeypatch):
    if stream:
        stream = io.TextIOWrapper(io.BytesIO())
        stream.close()
    monkeypatch.setattr(sys, "stderr", stream)
    Console().report(make_finding(), evidence)


def test_a_stderr_that_knows_only_ascii(make_finding, evidence, monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(raw, "ascii"))
    Console().report(make_finding(message="naïve 🎉"), evidence)
    assert rb"na\xefve \U0001f389" in raw.getvalue()
