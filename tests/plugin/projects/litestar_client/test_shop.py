import pytest
from litestar.testing import AsyncTestClient, TestClient, create_test_client
from shop import app, hello


@pytest.fixture
def client():
    with TestClient(app) as client:
        yield client


@pytest.fixture
async def async_client():
    async with AsyncTestClient(app) as client:
        yield client


def test_order(client):  # finds RS103
    assert client.get("/order").json() == {"order": 1}


async def test_order_async(async_client):  # finds RS103
    assert (await async_client.get("/order")).json() == {"order": 1}


def test_search(client):  # finds RS104
    assert client.get("/search").text == "no hits\n"


async def test_search_async(async_client):  # finds RS104
    assert (await async_client.get("/search")).text == "no hits\n"


def test_hello(client):
    assert client.get("/hello").headers["X-Hello"] == "1"


async def test_hello_async(async_client):
    assert (await async_client.get("/hello")).json() == {"hello": "you"}


def test_one_handler():
    with create_test_client(hello) as client:
        assert client.get("/hello").status_code == 200
