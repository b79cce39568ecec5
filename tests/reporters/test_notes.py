from __future__ import annotations

import traceback

from respstart.model import Evidence, Writer
from respstart.reporters.notes import Notes


def test_the_note_names_the_first_writer_first(make_finding, tmp_path):
    error = KeyError("cart")
    Notes().report(make_finding(), Evidence(exception=error))
    first, second, third = error.__notes__[0].split("\n")
    assert f"respstart: the response was started by {tmp_path}/shop/export.py:41 in stream_rows" == first
    assert second.startswith("  RS103 late-cookie: cookie cart was set")
    assert third == "  respstart explain RS103"
    assert first in "".join(traceback.format_exception(error))


def test_an_exception_is_noted_once(make_finding):
    error = KeyError("cart")
    error.add_note("mine")
    for _ in range(3):
        Notes().report(make_finding(), Evidence(exception=error))
    assert len(error.__notes__) == 2
    assert error.__notes__[0] == "mine"


def test_without_an_exception_nothing_happens(make_finding):
    Notes().report(make_finding(), Evidence())


def test_without_a_first_writer_nobody_is_accused(make_finding):
    error = KeyError("cart")
    Notes().report(make_finding(first_writer=Writer(None, None, None, None, "unknown", "never started")), Evidence(exception=error))
    assert "nobody that could be named (never started)" in error.__notes__[0]


def test_hostile_text_stays_in_its_lines(hostile_finding):
    error = KeyError("cart")
    Notes().report(hostile_finding, Evidence(exception=error))
    lines = error.__notes__[0].split("\n")
    assert len(lines) == 3
    assert all(line.isprintable() and len(line) <= 500 for line in lines)
