"""Which log lines get a first writer: those whose exception took part in a finding, and no others."""

from __future__ import annotations

import copy
import io
import json
import logging
import pickle

import pytest
import structlog

import victims
from respstart.logs import FirstWriterFilter, add_first_writer

START = f"{victims.FILE}:{victims.FIRST_LINE} second_start"


@pytest.fixture(scope="module")
def victim():
    return victims.victim()


@pytest.fixture
def output():
    return io.StringIO()


@pytest.fixture
def logger(output):
    """A logger with the filter on its handler."""
    handler = logging.StreamHandler(output)
    handler.addFilter(FirstWriterFilter())
    handler.setFormatter(logging.Formatter("[%(first_writer)s] %(message)s"))
    logger = logging.getLogger("shop")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield logger
    logger.removeHandler(handler)


def raised(error, cause=None, context=None):
    """The exception, raised."""
    try:
        try:
            if context is not None:
                raise context
        finally:
            raise error from cause
    except BaseException as caught:
        return caught


def test_the_victim_itself(victim, logger, output):
    logger.error("too late", exc_info=victim)
    assert output.getvalue().startswith(f"[{START}] too late\n")


def test_what_was_raised_from_the_victim_and_a_group_with_it(victim, logger, output):
    logger.error("wrapped", exc_info=raised(KeyError("shop"), cause=victim))
    logger.error("grouped", exc_info=ExceptionGroup("both", [KeyError("shop"), ExceptionGroup("inner", [victim])]))
    first, *_ = output.getvalue().splitlines()
    assert first == f"[{START}] wrapped"
    assert f"\n[{START}] grouped\n" in output.getvalue()


def test_a_failure_while_the_victim_was_handled_is_a_story_of_its_own(victim, logger, output):
    logger.error("cleaning up", exc_info=raised(KeyError("shop"), context=victim))
    assert output.getvalue().startswith("[] cleaning up\n")


def test_other_lines_have_an_empty_one(logger, output):
    logger.info("plain")
    logger.error("other", exc_info=raised(KeyError("shop")))
    logger.error("nothing to tell", exc_info=True)  # noqa: LOG014 - applications do it
    assert [line for line in output.getvalue().splitlines() if line.startswith("[")] == ["[] plain", "[] other", "[] nothing to tell"]


def test_a_line_inside_of_a_handler_that_logs_no_exception_is_not_touched(victim, logger, output):
    try:
        raise victim
    except RuntimeError:
        logger.info("trying again")
    assert output.getvalue() == "[] trying again\n"


def test_a_record_that_went_through_a_pickle_keeps_what_it_has(victim, output):
    record = logging.LogRecord("shop", logging.ERROR, "shop.py", 1, "too late", (), (type(victim), victim, None))
    FirstWriterFilter().filter(record)
    record.exc_info = None  # as logging.handlers.SocketHandler does
    again = logging.makeLogRecord(pickle.loads(pickle.dumps(record.__dict__)))
    assert FirstWriterFilter().filter(again)
    assert again.first_writer == START


def test_a_cycle_of_causes_ends(logger, output):
    one, two = KeyError("one"), KeyError("two")
    one.__cause__, two.__cause__ = two, one
    logger.error("round", exc_info=(KeyError, one, None))
    assert output.getvalue().startswith("[] round")


def test_a_pickled_note_is_plain_text_without_a_finding(victim):
    for other in (pickle.loads(pickle.dumps(victim)), copy.deepcopy(victim)):
        assert other.__notes__ == victim.__notes__
        assert type(other.__notes__[0]) is str
        assert "first_writer" not in add_first_writer(None, "error", {"exc_info": other})


@pytest.mark.parametrize("form", ["instance", "triple", "true"])
def test_structlog(victim, form):
    found = []
    logger = structlog.wrap_logger(
        structlog.ReturnLogger(), [add_first_writer, structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()],
    )
    try:
        raise victim
    except RuntimeError as error:
        exc_info = {"instance": error, "triple": (type(error), error, error.__traceback__), "true": True}[form]
        found.append(json.loads(logger.error("too late", exc_info=exc_info)))
    found.append(json.loads(logger.info("plain")))
    found.append(json.loads(logger.error("other", exc_info=raised(KeyError("shop")))))
    assert [event.get("first_writer") for event in found] == [START, None, None]


def test_structlog_keeps_what_an_event_says_itself(victim):
    assert add_first_writer(None, "error", {"exc_info": victim, "first_writer": "mine"})["first_writer"] == "mine"
