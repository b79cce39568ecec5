import pytest
from shop import make_app


@pytest.fixture
def app(request):
    return make_app(request.node.name)


def test_export(app):  # finds RS101
    _, response = app.test_client.get("/export")
    assert (response.status, response.text) == (200, "order\n")


async def test_part_by_asgi(app):  # finds RS102
    _, response = await app.asgi_client.get("/part")
    assert (response.status, response.text) == (200, "order\n")


def test_hello(app):
    _, response = app.test_client.get("/hello")
    assert response.headers["X-Hello"] == "1"


async def test_hello_by_asgi(app):
    _, response = await app.asgi_client.get("/hello")
    assert response.json == {"hello": "you"}
