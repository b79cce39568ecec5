from __future__ import annotations

import dataclasses
import traceback

from respstart.model import Evidence, Writer
from respstart.reporters.notes import Notes, noted_finding


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


@dataclasses.dataclass(frozen=True)
class Frozen(Exception):
    reason: str


def test_an_exception_that_takes_no_notes_stays_as_it_is(make_finding):
    frozen, strange = Frozen("no"), KeyError("cart")
    strange.__notes__ = ("a tuple",)
    for error in (frozen, strange):
        Notes().report(make_finding(), Evidence(exception=error))
    assert not hasattr(frozen, "__notes__")
    assert strange.__notes__ == ("a tuple",)


def test_one_object_that_is_raised_in_two_requests_names_the_first_writer_of_the_later_one(make_finding):
    error = KeyError("cart")
    error.add_note("mine")
    earlier = make_finding()
    later = make_finding(
        request=dataclasses.replace(earlier.request, id="another"), first_writer=dataclasses.replace(earlier.first_writer, line=99)
    )
    for finding in (earlier, later):
        Notes().report(finding, Evidence(exception=error))
    mine, note = error.__notes__
    assert mine == "mine"
    assert ":99 in stream_rows" in note
    assert noted_finding(error) is later


def test_the_first_finding_of_a_request_keeps_its_note(make_finding):
    error = KeyError("cart")
    first = make_finding()
    for finding in (first, make_finding(rule="RS401")):
        Notes().report(finding, Evidence(exception=error))
    assert noted_finding(error) is first
