import asyncio

import pytest
from shop import app


@pytest.fixture
async def client():
    async with app.test_app() as test_app:
        yield test_app.test_client()


async def test_export(client):  # finds RS101
    response = await client.get("/export")
    assert await response.get_data(as_text=True) == "order 0\norder 1\n"


async def test_export_without_a_server():  # finds RS101
    response = await app.test_client().get("/export")
    assert response.status_code == 200


async def test_export_over_a_connection(client):  # finds RS101
    async with client.request("/export") as connection:
        await connection.send_complete()
        assert await connection.receive() == b"order 0\n"
        await asyncio.sleep(0)


async def test_search(client):  # finds RS104
    response = await client.get("/search")
    assert await response.get_data() == b"no hits\n"


async def test_hello(client):
    response = await client.get("/hello")
    response.headers["X-Mine"] = "what a test does to its result"
    assert (response.status_code, await response.get_json()) == (201, {"hello": "you"})


async def test_session(client):
    async with client.session_transaction() as session:
        session["hello"] = False
    assert (await client.get("/hello")).status_code == 201
