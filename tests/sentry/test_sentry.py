"""Sentry's real SDK with its integrations: its own events stay what they are, and what it cannot see becomes an event."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import victims
from programs import environment

pytestmark = pytest.mark.once

SHOP = Path(__file__).parent / "shop.py"
FRAMEWORKS = ("flask", "django", "fastapi", "raw")
SECRET = "s3cret"


@cache
def events_of(framework, order, *paths, **environ):
    """What Sentry is sent of an application that is asked for some paths."""
    settings = {"RESPSTART_OUTPUT": "off", "RESPSTART_OTEL": "off", "SHOP_SECRET": SECRET, **environ}
    done = subprocess.run(
        [sys.executable, str(SHOP), framework, order, *paths], capture_output=True, text=True, env=environment(**settings), check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "RS901" not in done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def place(mark):
    """A marked line of the shop, as `file:line `."""
    (number,) = [number for number, line in enumerate(SHOP.read_text(encoding="utf-8").splitlines(), 1) if f"<{mark}>" in line]
    return f"{SHOP}:{number} "


def kind(event):
    """What Sentry makes an issue of."""
    (error,) = event["exception"]["values"]
    return error["type"], error["value"].partition("\n")[0], error["mechanism"]["type"], event.get("transaction"), event["level"]


def parted(framework, order):
    """The events of all that can happen: Sentry's own, in the order of the requests, and those of findings."""
    events = events_of(framework, order, "/clean", "/before", "/late", "/lost", "/clean", "/lost", "/before", "/lost")
    return [event for event in events if "exception" in event], [event for event in events if "exception" not in event]


ORDERS = pytest.mark.parametrize("order", ["respstart", "sentry"])


@ORDERS
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_sentrys_own_events_stay_what_they_are(framework, order):
    (alone, none), (together, _) = parted(framework, "alone"), parted(framework, order)
    assert len(alone) == 3
    assert none == []
    assert [kind(event) for event in together] == [kind(event) for event in alone]


@ORDERS
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_an_exception_after_the_start_names_the_first_writer_and_one_before_it_nobody(framework, order):
    before, late, again = parted(framework, order)[0]
    assert "respstart" not in before["contexts"]
    assert "respstart" not in again["contexts"]
    assert late["contexts"]["respstart"]["first_writer"].startswith(place(f"{framework}:late"))


@ORDERS
def test_an_exception_that_is_handled_or_can_still_be_answered_came_in_time(order):
    events = events_of("flask", order, "/early", "/handled")
    assert len(events) == 2
    assert not [event for event in events if "respstart" in event["contexts"]]


@ORDERS
@pytest.mark.parametrize(("framework", "rule"), [("flask", "RS103"), ("django", "RS103"), ("fastapi", "RS103"), ("raw", "RS302")])
def test_what_was_lost_silently_is_one_event_with_both_places(framework, rule, order):
    (event,) = parted(framework, order)[1]
    assert event["logentry"]["formatted"].startswith(f"{rule} ")
    assert event["fingerprint"][0] == "respstart"
    assert len(event["fingerprint"][1]) == 8
    assert event["tags"] == {"respstart.rule": rule}
    assert (event["level"], event["logger"]) == ("error", "respstart")
    assert event["request"] == {"method": "GET", "url": "/lost"}
    told = event["contexts"]["respstart"]
    assert told["first_writer"].startswith(place(f"{framework}:lost"))
    culprit = event["stacktrace"]["frames"][-1]
    assert f"{culprit['abs_path']}:{culprit['lineno']} " == place(f"{framework}:lost")
    assert culprit["in_app"] is True
    assert f"<{framework}:lost>" in culprit["context_line"]
    if rule == "RS103":
        assert told["late_writer"].startswith(place(f"{framework}:changed"))
        (late,) = event["threads"]["values"]
        changed = late["stacktrace"]["frames"][-1]
        assert f"{changed['abs_path']}:{changed['lineno']} " == place(f"{framework}:changed")


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_no_values_no_locals_and_nothing_of_the_requests_scope(framework):
    (event,) = parted(framework, "respstart")[1]
    text = json.dumps(event)
    assert SECRET not in text
    assert '"vars"' not in text
    assert {"user", "breadcrumbs", "transaction"}.isdisjoint(event)


def test_repeats_are_counted():
    events = events_of("flask", "respstart", "/lost", "/lost", "/lost", RESPSTART_REPEAT_SECONDS="0")
    assert [event["contexts"]["respstart"]["seen"] for event in events] == ["1", "2", "3"]
    assert len({tuple(event["fingerprint"]) for event in events}) == 1


@pytest.mark.parametrize("output", ["logging", "auto"])
def test_what_is_logged_too_is_no_second_event(output):
    assert len(events_of("flask", "sentry", "/lost", RESPSTART_OUTPUT=output)) == 1


def test_switched_off_by_its_setting():
    (event,) = events_of("flask", "respstart", "/lost", "/late", RESPSTART_SENTRY="off")
    assert kind(event)[0] == "KeyError"
    assert "respstart" not in event["contexts"]


def test_a_noted_exception_that_is_captured_elsewhere_tells_its_finding():
    (event,) = events_of("flask", "respstart", "/victim")
    told = event["contexts"]["respstart"]
    assert told["rule"] == "RS201 second-start"
    assert told["first_writer"] == f"{victims.FILE}:{victims.FIRST_LINE} second_start"
    assert told["late_writer"] == f"{victims.FILE}:{victims.LATE_LINE} second_start"


def test_after_uninstall():
    first, second, third = events_of("flask", "respstart", "/late", "/off", "/late", "/lost", "/victim")
    assert "respstart" in first["contexts"]
    assert "respstart" not in second["contexts"]
    assert "respstart" not in third["contexts"]


def test_a_sentry_that_is_imported_but_not_switched_on_is_left_alone():
    assert events_of("flask", "respstart", "/lost", "/late", SHOP_WITHOUT_DSN="1") == []


def test_sentry_is_not_imported_for_it():
    code = (
        "import sys, respstart\n"
        "respstart.install(output='off', otel='off')\n"
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [])\n"
        "    start_response('500 Oops', [])\n"
        "    return []\n"
        "respstart.wsgi(app)({'REQUEST_METHOD': 'GET', 'PATH_INFO': '/'}, lambda *args: None)\n"
        "print('sentry_sdk' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment())
    assert done.stdout == "False\n"
