import falcon.testing
import pytest
import shop


@pytest.fixture
def client():
    return falcon.testing.TestClient(shop.wsgi)


@pytest.fixture
def asgi_client():
    return falcon.testing.TestClient(shop.asgi)


def test_export(client):  # finds RS101
    assert client.simulate_get("/orders").text == "order 0\norder 1\n"


def test_export_by_asgi(asgi_client):  # finds RS103
    assert asgi_client.simulate_get("/orders").text == "order 0\norder 1\n"


async def test_export_by_a_conductor():  # finds RS103
    async with falcon.testing.ASGIConductor(shop.asgi) as conductor:
        result = await conductor.simulate_get("/orders")
        assert result.text == "order 0\norder 1\n"


class CaseOfFalcon(falcon.testing.TestCase):
    def setUp(self):
        super().setUp()
        self.app = shop.wsgi

    def test_export_in_a_case(self):  # finds RS101
        assert self.simulate_get("/orders").status_code == 200


def test_order(client):
    result = client.simulate_post("/orders")
    result.headers["X-Mine"] = "what a test does to its result"
    assert result.json == {"order": 1}


def test_order_by_asgi(asgi_client):
    assert asgi_client.simulate_post("/orders").headers["X-Order"] == "1"
