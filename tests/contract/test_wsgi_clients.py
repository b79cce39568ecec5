"""The test clients of Flask, werkzeug, Django and its REST framework, with respstart switched on in the test's own process."""

from __future__ import annotations

import contextlib
import sys
import time
from dataclasses import replace
from pathlib import Path

import django
import pytest
from django.conf import settings
from test_flask import CLEAN, ERRORS, LATE_SESSIONS, LATE_WRITES, LAYERS
from werkzeug.test import Client as WerkzeugClient

import respstart
from respstart.testing import Application, Expected, Scenario, judge_findings
from respstart.testing.servers import FOUND_WITHIN

APPS = Path(__file__).parent / "apps"
sys.path.insert(0, str(APPS))

import flask_app  # noqa: E402 it lies in the folder

FLASK, DJANGO_CLIENT = Application(APPS, "flask_app"), Application(APPS, "django_client_app")

if not settings.configured:
    settings.configure()
settings.SECRET_KEY = "not a secret " * 5  # whoever configured them
django.setup()

import django_client_shop as shop  # noqa: E402
from django.test import (  # noqa: E402
    Client as DjangoClient,
    RequestFactory,
    override_settings,
)
from rest_framework.test import APIClient  # noqa: E402


class Found:
    """What was found so far in the test's own process."""

    def __init__(self):
        self.findings = []

    def about(self, name, expected):
        """The findings about one request, waited for until there are as many as expected; no other request has any."""
        deadline = time.monotonic() + FOUND_WITHIN
        while True:
            found = [each for each in self.findings if each.request.id == name]
            if len(found) >= expected or time.monotonic() > deadline:
                assert len(found) == len(self.findings)
                return [each.to_dict() for each in found]
            time.sleep(0.01)


@pytest.fixture(scope="module")
def installation():
    """Respstart, switched on after the applications were imported."""
    with respstart.tracing(output="off", otel="off") as installation:
        assert installation.active, installation.problem
        yield installation


@pytest.fixture
def found(installation):
    """What is found during one test."""
    found = Found()
    remove = respstart.on_finding(found.findings.append)
    yield found
    remove()


def by_name(scenarios):
    return pytest.mark.parametrize("scenario", scenarios, ids=lambda scenario: scenario.name)


def ask(scenario, call):
    """Read the whole answer, and check its status; an exception of a stream comes out of a test client."""
    try:
        response = call()
        with contextlib.closing(response):
            response.get_data() if hasattr(response, "get_data") else b"".join(response)
    except Exception:
        assert scenario.findings or scenario.status == 500
    else:
        assert scenario.status in (None, response.status_code)


# ---------------------------------------------------------------- werkzeug and Flask
def silent(scenario):
    """Werkzeug's client takes a second start silently, and it wins."""
    return scenario.but(findings=tuple(replace(each, outcome="lost") for each in scenario.findings), status=None)


REPLACED = [silent(each) if each.status == 500 else each for each in LAYERS]


@by_name([*LATE_WRITES, *LATE_SESSIONS, *ERRORS, *REPLACED, *CLEAN])
@pytest.mark.parametrize("buffered", [False, True], ids=["streamed", "buffered"])
def test_werkzeug_client(found, scenario, buffered):
    """The whole shop with its layers: the same findings as on a real server."""
    client = WerkzeugClient(flask_app.app)
    headers = {**scenario.headers, "X-Request-ID": scenario.name}

    ask(scenario, lambda: client.open(
        scenario.url, method=scenario.method, headers=headers, data=scenario.sends, buffered=buffered,
    ))

    judge_findings(scenario, found.about(scenario.name, len(scenario.findings)), FLASK)


@by_name([each for each in (*LATE_WRITES, *LATE_SESSIONS, *ERRORS, *CLEAN) if each.url.count("/") == 1])
def test_flask_client(found, scenario):
    """The application alone, by its own client."""
    client = flask_app.shop_app.test_client()
    headers = {**scenario.headers, "X-Request-ID": scenario.name}

    ask(scenario, lambda: client.open(scenario.url, method=scenario.method, headers=headers, data=scenario.sends))

    judge_findings(scenario, found.about(scenario.name, len(scenario.findings)), FLASK)


def test_what_a_test_does_to_its_result_is_no_finding(found):
    """Responses and sessions belong to the test once it has them."""
    with flask_app.shop_app.test_client() as client:
        response = client.get("/plain")
        response.headers["X-Mine"] = "1"
        response.status_code = 500
        response.set_cookie("mine", "1")
        with client.session_transaction() as session:
            session["mine"] = True
        client.get("/stream").close()
        client.set_cookie("more", "1")

    assert found.findings == []


def test_the_view_itself_is_called_in_a_request_context(found):
    """A response that no server ever sees cannot be late."""
    with flask_app.shop_app.test_request_context("/late_header"):
        response = flask_app.late_header()
        body = response.get_data()
        response.headers["X-Mine"] = "1"

    assert body == b"row 0\nrow 1\nrow 2\n"
    assert found.findings == []


# ---------------------------------------------------------------- Django and its REST framework
def lost(rule, subject=None):
    return Expected(rule, "lost", subject)


DJANGO = [
    Scenario("late_header", (lost("RS101", "x-total"),)),
    Scenario("late_cookie", (lost("RS103", "late"),)),
    Scenario("late_session", (lost("RS104", "late"),)),
    Scenario("late_in_closer", (lost("RS101", "x-closed"),)),
    Scenario("error_in_stream", (Expected("RS401", "truncated"),)),
    Scenario("missing_in_stream", (Expected("RS402", "truncated"),)),
    Scenario("late_in_api", (lost("RS102"),), status=None),
    Scenario("api"),
    Scenario("api_post", path="/api", method="POST", status=201),
    Scenario("plain"),
    Scenario("plain_head", path="/plain", method="HEAD"),
    Scenario("moved", status=302),
    Scenario("stream"),
    Scenario("refused", status=404),
    Scenario("nowhere", status=404),
]


@pytest.fixture
def site():
    """The settings of the shop, for one test."""
    with override_settings(
        ROOT_URLCONF=shop, REST_FRAMEWORK={"UNAUTHENTICATED_USER": None}, ALLOWED_HOSTS=["*"],
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        MESSAGE_STORAGE="django.contrib.messages.storage.cookie.CookieStorage",
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
    ):
        yield


@by_name(DJANGO)
@pytest.mark.parametrize("client_class", [DjangoClient, APIClient], ids=["django", "rest_framework"])
def test_django_client(found, site, scenario, client_class):
    """The same findings as on a real server, although no handler ever calls start_response."""
    client = client_class(headers={"X-Request-ID": scenario.name})

    ask(scenario, lambda: client.generic(scenario.method, scenario.url))

    judge_findings(scenario, found.about(scenario.name, len(scenario.findings)), DJANGO_CLIENT)


def test_what_a_test_does_to_a_django_response_is_no_finding(found, site):
    """Responses and sessions belong to the test once it has them."""
    client = DjangoClient()

    response = client.get("/plain")
    response["X-Mine"] = "1"
    response.status_code = 500
    response.set_cookie("mine", "1")
    stream = client.get("/stream")
    stream["X-Mine"] = "1"
    body = stream.getvalue()
    stream.headers["X-Mine"] = "2"
    client.post("/api", {"name": "nut"}, content_type="application/json", follow=True)

    assert body == b"row 0\nrow 1\nrow 2\n"
    assert found.findings == []


def test_a_request_factory_calls_the_view_itself(found, site):
    """A response that no handler ever sees cannot be late."""
    request = RequestFactory().get("/late_header")

    response = shop.late_header(request)
    body = response.getvalue()
    response["X-Mine"] = "1"

    assert body == b"row 0\nrow 1\nrow 2\n"
    assert response["X-Total"] == "3"
    assert found.findings == []
