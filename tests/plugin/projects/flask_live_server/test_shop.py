import urllib.request

import pytest
from flask import url_for


def fetch(endpoint):
    with urllib.request.urlopen(url_for(endpoint, _external=True), timeout=30) as response:
        return response.read()


@pytest.mark.usefixtures("live_server")
class TestLive:
    def test_hello_live(self):
        assert fetch("hello") == b"hello"

    def test_export_live(self):  # finds RS101
        assert fetch("export") == b"order 0\norder 1\n"

    def test_mail_live(self):  # finds RS103
        assert fetch("mail") == b"ordered"

    def test_hello_live_after_that(self):
        assert fetch("hello") == b"hello"


def test_export(client):  # finds RS101
    assert client.get("/export").data == b"order 0\norder 1\n"


def test_hello(client):
    assert client.get("/hello").headers["X-Hello"] == "1"
