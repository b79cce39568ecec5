from shop import app
from werkzeug.test import Client, EnvironBuilder, run_wsgi_app

client = Client(app)


def test_refused():  # finds RS201
    assert client.get("/refused").status_code == 403


def test_refused_without_a_client():  # finds RS201
    chunks, status, _ = run_wsgi_app(app, EnvironBuilder("/refused").get_environ())
    assert (b"".join(chunks), status) == (b"secret\n", "403 Forbidden")


def test_counted():  # finds RS103
    assert client.get("/counted").text == "row\n"


def test_allowed():
    assert client.get("/refused?password").text == "secret\n"


def test_hello():
    response = client.get("/")
    response.set_cookie("mine", "what a test does to its result")
    assert response.headers["X-Hello"] == "1"
