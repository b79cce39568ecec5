import urllib.request

import pytest


def fetch(live_server, path):
    with urllib.request.urlopen(f"{live_server.url}{path}", timeout=30) as response:
        return response.read()


def test_rows(client):  # finds RS101
    assert client.get("/rows").getvalue() == b"row 0\nrow 1\n"


@pytest.mark.django_db
def test_rows_with_data(client):  # finds RS101
    assert b"".join(client.get("/rows")) == b"row 0\nrow 1\n"


async def test_visits(async_client):  # finds RS104
    response = await async_client.get("/visits")
    assert [chunk async for chunk in response] == [b"visit\n"]


def test_rows_live(live_server):  # finds RS101
    assert fetch(live_server, "/rows") == b"row 0\nrow 1\n"


def test_rows_live_once_more(live_server):  # finds RS101
    assert fetch(live_server, "/rows") == b"row 0\nrow 1\n"


def test_hello(client):
    response = client.get("/hello")
    response["X-Mine"] = "what a test does to its result"
    assert response.content == b"hello"


def test_hello_live(live_server):
    assert fetch(live_server, "/hello") == b"hello"


def test_a_view_itself(rf):
    import shop

    request = rf.get("/rows")
    assert shop.rows(request).getvalue() == b"row 0\nrow 1\n"
