import httpx
import pytest
from shop import app, twice
from werkzeug.middleware.lint import LintMiddleware


@pytest.fixture(params=[False, True], ids=["plain", "linted"])
def client(request):
    return client_of(LintMiddleware(app) if request.param else app)


def client_of(application):
    return httpx.Client(transport=httpx.WSGITransport(application), base_url="http://shop.test")


def test_orders(client):  # finds RS101
    assert client.get("/orders").text == "order 0\norder 1\n"


def test_hello(client):
    assert client.get("/hello").headers["X-Hello"] == "1"


@pytest.mark.parametrize("application", [twice, LintMiddleware(twice)], ids=["plain", "linted"])
def test_twice(application):  # finds RS201
    assert client_of(application).get("/").status_code == 404
