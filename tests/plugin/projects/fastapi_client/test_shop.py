import pytest
from fastapi.testclient import TestClient
from shop import app

client = TestClient(app)


def test_login():  # finds RS106
    assert client.post("/login").json() == {"logged": "in"}


def test_order():  # finds RS101
    assert client.get("/order").json() == {"order": 1}


@pytest.mark.parametrize("item", [1, 2])
def test_item(item):
    response = client.get(f"/items/{item}")
    assert (response.headers["X-Item"], response.json()) == (str(item), {"item": item})


def test_no_item():
    assert client.get("/items/none").status_code == 422
