"""Snapshots: cheap to take, exact later, and keeping nothing alive."""

import gc
import sys
import weakref

from respstart.core import stack
from respstart.core.stack import Line


def test_lines_of_a_snapshot_are_those_of_the_frames():
    def inner():
        frame = sys._getframe()
        return stack.capture(frame, 2), frame.f_lineno

    snapshot, number = inner()
    first, second = list(stack.lines(snapshot))[:2]
    assert (first.filename, first.lineno, first.function) == (__file__, number - 0, f"{inner.__qualname__.replace('.<locals>.', '.')}")
    assert second.function == "test_lines_of_a_snapshot_are_those_of_the_frames"


def test_a_snapshot_keeps_no_local_alive():
    class Thing:
        pass

    def build():
        thing = Thing()
        return weakref.ref(thing), stack.capture(sys._getframe(), 4)

    reference, snapshot = build()
    gc.collect()
    assert reference() is None
    assert snapshot


def test_a_snapshot_ends_with_the_first_dispatcher():
    def view():
        return stack.capture(sys._getframe(), 20)

    def dispatcher():
        return view()

    stack.add_border(dispatcher.__code__)
    assert [line.code for line in stack.lines(dispatcher())] == [view.__code__, dispatcher.__code__]


def test_forwarders_are_marked_and_looked_for_only_up_to_the_first_other_frame():
    asked = []

    def forwards(frame):
        asked.append(frame.f_code.co_name)
        return frame.f_code.co_name == "forward"

    def forward():
        return stack.capture_start(sys._getframe(), 3, {__file__: True}, forwards)

    def author():
        return forward()

    found = list(stack.lines(author()))
    assert [(line.code.co_name, line.forwarder) for line in found[:2]] == [("forward", True), ("author", False)]
    assert asked == ["forward", "author"]


def test_frames_of_unasked_files_cost_no_question():
    def forwards(frame):
        raise AssertionError("asked")

    assert stack.capture_start(sys._getframe(), 1, {__file__: False}, forwards)


def test_the_raise_line_comes_first():
    def fail():
        raise ValueError

    try:
        fail()
    except ValueError as error:
        snapshot = stack.capture_raise(error.__traceback__)
    assert next(stack.lines(snapshot)).code is fail.__code__


def test_the_definition_is_past_the_decorators():
    def decorate(function):
        return function

    @decorate
    @decorate
    def decorated():
        return 1

    line = stack.definition(decorated.__code__)
    assert line.source.startswith("def decorated")


def test_a_source_that_cannot_be_read_gives_an_empty_line():
    code = compile("x = 1", "<nowhere>", "exec")
    assert Line(code, 1).source == ""
