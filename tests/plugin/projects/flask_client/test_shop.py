import pytest
from shop import app


@pytest.fixture
def client():
    app.testing = True
    with app.test_client() as client:
        yield client


def test_report(client):  # finds RS101
    assert client.get("/report").text == "row 0\nrow 1\nrow 2\n"


def test_report_as_a_stream(client):  # finds RS101
    with client.get("/report") as response:
        assert list(response.response) == [b"row 0\n", b"row 1\n", b"row 2\n"]


def test_report_buffered(client):  # finds RS101
    assert client.get("/report", buffered=True).status_code == 200


def test_report_and_search(client):  # finds RS101 RS104
    assert client.get("/report").text.endswith("row 2\n")
    assert client.get("/search/cup").text == "no hits for cup\n"


def test_search(client):  # finds RS104
    assert client.get("/search/cup").text == "no hits for cup\n"


def test_word(client):
    with client.session_transaction() as session:
        session["word"] = "cup"
    response = client.get("/word")
    response.headers["X-Mine"] = "what a test does to its result"
    assert response.json == {"word": "cup"}


def test_remembered(client):
    assert client.post("/word/pot", follow_redirects=True).json == {"word": "pot"}


def test_context(client):
    with app.test_request_context("/word"):
        assert app.dispatch_request() == {"word": None}
