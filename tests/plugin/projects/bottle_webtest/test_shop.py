import pytest
from shop import app
from webtest import TestApp


@pytest.fixture
def client():
    return TestApp(app)


def test_orders(client):  # finds RS101
    assert client.get("/orders").body == b"order 0\norder 1\n"


def test_hello(client):
    assert client.get("/hello").headers["X-Hello"] == "1"


def test_teapot(client):
    assert client.get("/teapot", status=418).text == "short and stout"
