"""Session objects that live between requests, as some server-side stores keep them: a write is for the request that saves it."""

from __future__ import annotations

import threading
import uuid

import flask
import pytest
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.datastructures import CallbackDict
from werkzeug.test import Client


class Session(CallbackDict, SessionMixin):
    """As those of Flask itself: its writes are seen."""


class PlainSession(dict, SessionMixin):
    """One whose writes nobody sees."""


class Store(SessionInterface):
    """Keeps the very objects, by the id in the cookie."""

    def __init__(self, kind):
        self.kind = kind
        self.sessions = {}

    def open_session(self, app, request):
        return self.sessions.get(request.cookies.get("id")) or self.kind({"id": str(uuid.uuid4())})

    def save_session(self, app, session, response):
        self.sessions[session["id"]] = session
        response.set_cookie("id", session["id"])


@pytest.fixture(params=[Session, PlainSession])
def app(request):
    app = flask.Flask("shop")
    app.session_interface = Store(request.param)

    @app.get("/set/<int:value>")
    def write(value):
        flask.session["seen"] = value
        return "set"

    @app.get("/late")
    def late():
        def rows():
            yield "bolts\n"
            flask.session["seen"] = "late"  # late

        return flask.Response(flask.stream_with_context(rows()))

    return app


def told(found):
    return [(finding.rule, finding.request.path, finding.late_writer and finding.late_writer.source[-6:]) for finding in found]


def test_a_write_of_the_next_request_is_its_own(app, found):
    client = Client(app)
    for value in range(3):
        assert client.get(f"/set/{value}", buffered=True).text == "set"
    assert app.session_interface.sessions.popitem()[1]["seen"] == 2
    assert found == []


def test_a_late_write_is_that_of_its_own_request(app, found):
    client = Client(app)
    client.get("/set/1", buffered=True)
    client.get("/late", buffered=True)
    client.get("/set/2", buffered=True)
    seen = isinstance(next(iter(app.session_interface.sessions.values())), Session)
    assert told(found) == [("RS104", "/late", "# late" if seen else None)]


def test_one_session_in_two_requests_at_the_same_time(app, found):
    streaming, written = threading.Event(), threading.Event()

    @app.get("/stream")
    def stream():
        def rows():
            yield "bolts\n"
            streaming.set()
            written.wait(10)
            yield "nuts\n"

        return flask.Response(rows())

    client, other = Client(app), Client(app)
    client.get("/set/1", buffered=True)
    other.set_cookie("id", client.get_cookie("id").value)
    reading = threading.Thread(target=client.get, args=("/stream",), kwargs={"buffered": True})
    reading.start()
    assert streaming.wait(10)
    assert other.get("/set/2", buffered=True).text == "set"
    written.set()
    reading.join()
    assert found == []


@pytest.mark.parametrize("app", [Session], indirect=True)
def test_a_write_of_another_request_to_a_session_that_is_not_its_own_is_lost(app, found):
    @app.get("/meddle")
    def meddle():
        for session in list(app.session_interface.sessions.values()):
            session["seen"] = "meddled"  # late
        return "meddled"

    Client(app).get("/set/1", buffered=True)
    Client(app).get("/meddle", buffered=True)
    assert told(found) == [("RS104", "/set/1", "# late")]
