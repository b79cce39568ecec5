import asyncio

import httpx
import pytest
import pytest_asyncio
from shop import app


@pytest_asyncio.fixture
async def client():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.test") as client:
        yield client


async def test_prices(client):  # finds RS101
    assert (await client.get("/prices")).text == "1.00\n2.00\n"


async def test_prices_at_the_same_time(client):  # finds RS101
    responses = await asyncio.gather(*(client.get("/prices") for _ in range(5)))
    assert {response.status_code for response in responses} == {200}


@pytest.mark.asyncio(loop_scope="module")
async def test_prices_in_the_loop_of_the_module():  # finds RS101
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.test") as client:
        assert (await client.get("/prices")).headers["X-Timed"] == "1"


async def test_hello(client):
    assert (await client.get("/hello")).text == "hello"
