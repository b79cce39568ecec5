import anyio
import httpx
import pytest
from shop import app

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param


@pytest.fixture
async def client(anyio_backend):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.test") as client:
        yield client


async def test_prices(client):  # finds RS101
    assert (await client.get("/prices")).text == "0.00\n1.00\n"


async def test_prices_at_the_same_time(client):  # finds RS101
    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(client.get, "/prices")


async def test_hello(client):
    assert (await client.get("/hello")).text == "hello"
