"""The test clients of Falcon, Pyramid (WebTest) and WebOb, with respstart switched on in the test's own process."""

from __future__ import annotations

import contextlib
import sys
import time
import warnings
from pathlib import Path

import falcon.testing
import pytest
import webob
import webtest
from falcon_scenarios import CLEAN, ERRORS, WRITES
from test_pyramid import CLEAN as PYRAMID_CLEAN, ERRORS as PYRAMID_ERRORS, WRITES as PYRAMID_WRITES

import respstart
from respstart.testing import Application, judge_findings
from respstart.testing.servers import FOUND_WITHIN

sys.path.insert(0, str(Path(__file__).parent / "apps"))

import falcon_app
import falcon_asgi_app

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Pyramid imports pkg_resources
    import pyramid_app


def application(module):
    """What the markers of an application are read from."""
    return Application(Path(module.__file__).parent, module.__name__)


class Found:
    """What was found so far in the test's own process."""

    def __init__(self):
        self.findings = []

    def about(self, scenario):
        """The findings about one request, waited for until there are as many as expected; no other request has any.

        Known by its path: Falcon's client gives an application headers that can be read only once.
        """
        expected = len(scenario.findings)
        deadline = time.monotonic() + FOUND_WITHIN
        while True:
            found = [each for each in self.findings if each.request.path == scenario.url.partition("?")[0]]
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


PYRAMID = [each for each in (*PYRAMID_WRITES, *PYRAMID_ERRORS, *PYRAMID_CLEAN) if each.url.count("/") == 1]


def by_name(scenarios):
    return pytest.mark.parametrize("scenario", scenarios, ids=lambda scenario: scenario.name)


@by_name([*WRITES, *ERRORS, *CLEAN])
@pytest.mark.parametrize("module", [falcon_app, falcon_asgi_app], ids=["wsgi", "asgi"])
def test_falcon_client(found, module, scenario):
    """The same findings as on a real server."""
    client = falcon.testing.TestClient(module.falcon_app)

    with contextlib.suppress(Exception):  # one of a stream comes out of the client
        result = client.simulate_request(scenario.method, scenario.url, headers=dict(scenario.headers), body=scenario.sends)
        assert result.status_code == scenario.status
        result.headers["X-Mine"] = "1"

    judge_findings(scenario, found.about(scenario), application(module))


# WebTest iterates the body behind an iterator of its own: where the generator stands is not known.
@by_name([each for each in PYRAMID if each.name != "too_long"])
def test_webtest(found, scenario):
    """The same findings as on a real server; what a test does to its result is none."""
    client = webtest.TestApp(pyramid_app.pyramid_app)

    with contextlib.suppress(Exception):
        response = client.request(scenario.url, method=scenario.method, headers=dict(scenario.headers), expect_errors=True)
        response.headers["X-Mine"] = "1"
        response.status = 500

    judge_findings(scenario, found.about(scenario), application(pyramid_app))


@by_name(PYRAMID)
def test_webob_request(found, scenario):
    """An application that is asked by a request of WebOb's."""
    request = webob.Request.blank(scenario.url, method=scenario.method, headers=dict(scenario.headers))

    with contextlib.suppress(Exception):
        response = request.get_response(pyramid_app.pyramid_app)
        response.headers["X-Mine"] = "1"
        _ = response.body
        response.set_cookie("mine", "1")

    judge_findings(scenario, found.about(scenario), application(pyramid_app))


def test_the_view_itself_is_called(found):
    """A response that no application ever sent cannot be late."""
    response = pyramid_app.late_header(webob.Request.blank("/late_header"))
    body = response.body
    response.headers["X-Mine"] = "1"

    assert body == b"row 0\nrow 1\nrow 2\n"
    assert response.headers["X-Total"] == "3"
    assert found.findings == []


def test_webob_raises_what_a_first_start_answers(found):
    """Its `call_application` wants to see every exception, late or not."""

    def answering(environ, start_response):
        try:
            raise LookupError("nobody")
        except LookupError:
            start_response("404 Not Found", [("Content-Type", "text/plain")], sys.exc_info())
        return [b"nobody"]

    with pytest.raises(LookupError):
        webob.Request.blank("/").call_application(answering)
    assert found.findings == []
