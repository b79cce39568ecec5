"""Each function that a request reaches inside of respstart raises in turn. Found by running, so that new ones are covered by themselves."""

import functools
import gc

import pytest

import respstart
from faults.applications import APPLICATIONS, QUESTIONS, answer, answers, wrapped
from faults.injecting import name_of, raising, reached
from respstart import settings, tracer
from respstart.hooks import guard, late
from respstart.hooks.context import current
from respstart.hooks.patching import Patcher

# These hold the application's own call, or are the guards themselves: they do nothing else that could fail.
_HOLDERS = {
    "hooks.asgi:run", "hooks.asgi:_watched_send", "hooks.asgi:_send", "hooks.asgi:_sent", "hooks.asgi:traced", "hooks.asgi:layer",
    "hooks.asgi:_coroutine_function", "hooks.asgi:_application",  # before 3.12 in Python: one sets an attribute, the other holds the call
    "hooks.asgi:finish", "hooks.asgi:birth", "hooks.asgi:_refused", "hooks.asgi:_report",
    "hooks.wsgi:run", "hooks.wsgi:observed", "hooks.wsgi:_watched_start", "hooks.wsgi:traced", "hooks.wsgi:finish", "hooks.wsgi:birth", "hooks.wsgi:remember_inner", "hooks.wsgi:_inner_start",
    "hooks.wsgi:_head_is_out", "hooks.wsgi:_tell", "hooks.wsgi:_chunk", "hooks.wsgi:_breaks_off",
    "hooks.context:enter", "hooks.context:leave", "hooks.failure:failed", "hooks.failure:unless_chosen", "hooks.guard:fault", "hooks.guard:_raised_at",
    "hooks.context:record_of", "hooks.births:_entered", "hooks.births:_trace", "hooks.births:_copy_with", "hooks.running:remember_creation", "hooks.returns:_returned", "hooks.wsgi:_no_more",
    "hooks.writes:Attribute.__set__", "hooks.writes:Attribute._assigns", "hooks.writes:DefaultedAttribute.__get__",
    "hooks.writes:_bound", "hooks.writes:_written", "hooks.writes:_outermost",
}  # fmt: skip


def is_holder(function):
    name = name_of(function).partition("@")[0]
    if name.startswith("tracer:") and "Tracer." not in name:
        return True  # what the application itself calls to wrap itself
    return name in _HOLDERS or name.partition(":")[2].startswith(("Body.", "PlainBody.", "Chunks."))


@pytest.fixture(scope="module")
def expected():
    return answers()


@pytest.fixture
def quiet(tmp_path):
    guard.faults.clear()  # of another test
    with respstart.tracing(output="plain", otel="off", file=str(tmp_path / "findings.jsonl"), repeat_seconds=0):
        yield
    guard.faults.clear()


@pytest.fixture(scope="module")
def reached_by(expected):
    """The functions to be tried, and the questions that reach them: where a function is not reached it cannot fail."""
    with respstart.tracing(output="plain", otel="off", repeat_seconds=0):
        functions = reached({question: functools.partial(first_answer, question) for question in QUESTIONS})
    assert len(functions) > 150
    return {function: questions for function, questions in functions.items() if not is_holder(function)}


def first_answer(question):
    """The answer of a process in which nothing was found and nothing has failed so far."""
    guard.faults.clear()
    tracer._tracer.known._table.clear()
    tracer._tracer.budget._left = 1000
    for patch in tracer._tracer.patcher.patches:
        patch.probe.armed, patch.probe.faults = True, 0
    return answer(question)


@pytest.fixture
def nothing_is_collected():
    """No garbage is collected while an application is made.

    CPython before 3.12 collects wherever memory is taken, also while it makes a syntax tree, as werkzeug does for its routes. What was
    interrupted before is closed then, inside of that, and CPython 3.11 raises "SystemError: AST constructor recursion depth mismatch".
    """
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("nothing_is_collected")
@pytest.mark.parametrize("error", [ZeroDivisionError, MemoryError, RecursionError])
def test_no_failure_inside_reaches_the_application(expected, reached_by, quiet, capsys, error):
    harmed = []
    for function, questions in reached_by.items():
        for question in questions:
            capsys.readouterr()
            with raising(function, error):
                try:
                    got = first_answer(question)
                except Exception as escaped:
                    harmed.append((name_of(function), *question, "escaped", repr(escaped)))
                    continue
            if got != expected[question]:
                harmed.append((name_of(function), *question, got))
            said = [line for line in capsys.readouterr().err.splitlines() if "RS901" in line]
            if len(said) != len(guard.faults):
                harmed.append((name_of(function), *question, "said", len(said), len(guard.faults)))
    assert not harmed, "\n".join(map(str, harmed))


@pytest.mark.usefixtures("nothing_is_collected")
def test_what_the_user_interrupts_is_interrupted(expected, reached_by, quiet):
    interrupted = 0
    for function, questions in reached_by.items():
        for question in questions:
            escaped = None
            with raising(function, KeyboardInterrupt):
                try:
                    first_answer(question)
                except BaseException as error:
                    escaped = error
            if escaped is not None:  # wsgiref's own clean-up may fail on an interrupt, which is then its context
                assert KeyboardInterrupt in (type(escaped), type(escaped.__context__)), name_of(function)
                interrupted += 1
            assert current.get() is None, name_of(function)
            assert not guard.faults  # an interrupt is no failure of respstart
    assert interrupted > 100
    assert answers() == expected  # and nothing is broken afterwards


def test_a_probe_that_fails_three_times_is_disarmed(expected, quiet, capsys):
    with raising(late.wrote, ValueError):
        for _ in range(5):
            assert APPLICATIONS["flask"][1](wrapped("flask"), "/stream") == expected["flask", "/stream"]
    disarmed = [patch.probe for patch in tracer._tracer.patcher.patches if not patch.probe.armed]
    assert disarmed
    assert {probe.faults for probe in disarmed} == {guard.DISARM_AFTER}
    assert all("ValueError" in probe.reason for probe in disarmed)
    assert capsys.readouterr().err.count("RS901") == len(guard.faults)


def test_a_fault_of_the_fault_reaches_nobody(expected, quiet):
    with raising(guard._raised_at, RecursionError), raising(late.wrote, ValueError):
        assert answers() == expected


def test_a_fault_says_nothing_of_what_was_sent(quiet, capsys):
    try:
        raise KeyError("hunter2")
    except KeyError as error:
        guard.fault(error)
    said = capsys.readouterr().err
    assert "KeyError at test_injected.py:" in said
    assert "hunter2" not in said


@pytest.mark.parametrize("function", [settings.load, tracer.Tracer.__init__, tracer.Tracer.start, tracer.Tracer.patch, Patcher.when_imported])
def test_an_install_that_fails_leaves_the_application_as_it_is(expected, capsys, function):
    guard.faults.clear()
    with raising(function, ZeroDivisionError):
        installation = respstart.install(output="off")
    assert not installation.active
    assert "ZeroDivisionError" in installation.problem
    assert len(guard.faults) == 1
    assert answers() == expected
    guard.faults.clear()


def test_an_uninstall_that_fails_reaches_nobody(expected):
    respstart.install(output="off", otel="off")
    with raising(tracer.returns.switch_off, ZeroDivisionError):
        respstart.uninstall()
    assert not tracer.active()
    tracer.returns.switch_off()
    assert answers() == expected
    guard.faults.clear()
