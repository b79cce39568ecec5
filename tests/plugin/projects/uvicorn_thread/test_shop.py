import urllib.request


def fetch(url):
    with urllib.request.urlopen(url, timeout=30) as response:
        return response.read()


def test_hello_first(url):
    assert fetch(f"{url}/hello") == b"hello"


def test_export(url):  # finds RS103
    assert fetch(f"{url}/export") == b"order 0\norder 1\n"


def test_mail(url):  # finds RS101
    """The client has its answer long before the mail is sent."""
    assert fetch(f"{url}/mail") == b"ordered"


def test_hello_after_that(url):
    assert fetch(f"{url}/hello") == b"hello"


def test_export_once_more(url):  # finds RS103
    assert fetch(f"{url}/export") == b"order 0\norder 1\n"


def test_hello_last(url):
    assert fetch(f"{url}/hello") == b"hello"
