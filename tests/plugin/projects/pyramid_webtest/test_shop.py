import pytest
from pyramid import testing
from shop import hello, make_app
from webtest import TestApp


@pytest.fixture(scope="module")
def client():
    return TestApp(make_app())


def test_orders(client):  # finds RS101
    assert client.get("/orders").body == b"order 0\norder 1\n"


def test_counted(client):  # finds RS105
    assert client.get("/counted").status_int == 200


def test_hello(client):
    response = client.get("/hello")
    response.headers["X-Mine"] = "what a test does to its result"
    assert response.json == {"hello": "you"}


def test_a_view_itself():
    assert hello(testing.DummyRequest()) == {"hello": "you"}
