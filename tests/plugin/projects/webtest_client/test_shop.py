import pytest
from shop import app
from webtest import TestApp


@pytest.fixture(params=[True, False], ids=["lint", "plain"])
def client(request):
    return TestApp(app, lint=request.param)


def test_moved(client):  # finds RS201
    assert client.get("/moved", status=200).text == "still here\n"


def test_hello(client):
    response = client.get("/")
    response.headers["X-Mine"] = "what a test does to its result"
    assert response.text == "hello\n"
