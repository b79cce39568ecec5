import asyncio

import pytest
from shop import make_app


@pytest.fixture
async def client(aiohttp_client):
    return await aiohttp_client(make_app())


async def test_ticks(client):  # finds RS103
    response = await client.get("/ticks")
    assert await response.text() == "tick\n"


async def test_export(client):  # finds RS101
    async with client.get("/export") as response:
        assert await response.text() == "order\n"


async def test_export_at_the_same_time(client):  # finds RS101
    responses = await asyncio.gather(*(client.get("/export") for _ in range(5)))
    assert [await response.text() for response in responses] == ["order\n"] * 5


async def test_hello(client):
    response = await client.get("/hello")
    assert (response.headers["X-Hello"], await response.json()) == ("1", {"hello": "you"})
