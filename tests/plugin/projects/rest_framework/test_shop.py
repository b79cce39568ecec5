import pytest
from rest_framework.test import APIClient, APIRequestFactory, APITestCase


class OrdersCase(APITestCase):
    def test_list(self):  # finds RS101
        response = self.client.get("/orders")
        assert response.getvalue() == b"[]"

    def test_post(self):
        response = self.client.post("/orders", {"item": "cup"}, format="json")
        assert (response.status_code, response.data) == (201, {"item": "cup"})


@pytest.fixture
def client():
    return APIClient()


def test_list_again(client):  # finds RS101
    assert client.get("/orders").getvalue() == b"[]"


def test_delete(client):  # finds RS103
    assert client.delete("/orders").status_code == 202


def test_refused(client):
    assert client.put("/orders").status_code == 405


def test_a_view_itself():
    from shop import Orders

    response = Orders.as_view()(APIRequestFactory().post("/orders", {"item": "cup"}))
    response["X-Mine"] = "what a test does to its result"
    assert response.status_code == 201
