import pytest
from shop import app
from starlette.testclient import TestClient


@pytest.fixture
def client():
    with TestClient(app) as client:
        yield client


def test_export():  # finds RS103
    assert TestClient(app).get("/export").text == "order 0\norder 1\norder 2\n"


def test_export_while_the_application_lives(client):  # finds RS103
    assert client.get("/export").status_code == 200


def test_basket(client):  # finds RS104
    assert client.get("/basket").text == "basket\n"


def test_stream():  # finds RS103
    with TestClient(app).stream("GET", "/export") as response:
        assert list(response.iter_lines()) == ["order 0", "order 1", "order 2"]


def test_status():
    assert TestClient(app).get("/status").json() == {"open": False}


def test_status_while_the_application_lives(client):
    response = client.get("/status")
    response.headers["X-Mine"] = "what a test does to its result"
    assert response.json() == {"open": True}
