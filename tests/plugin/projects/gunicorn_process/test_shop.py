import urllib.request


def fetch(url):
    with urllib.request.urlopen(url, timeout=30) as response:
        return response.read()


def test_hello_first(url):
    assert fetch(f"{url}/hello") == b"hello"


def test_export(url):  # finds RS101
    assert fetch(f"{url}/export") == b"order 0\norder 1\n"


def test_mail(url):  # finds RS103
    """The client has the whole answer, and goes, while the application is still at work."""
    assert fetch(f"{url}/mail") == b"ordered"


def test_hello_after_that(url):
    assert fetch(f"{url}/hello") == b"hello"


def test_export_once_more(url):  # finds RS101
    assert fetch(f"{url}/export") == b"order 0\norder 1\n"


def test_hello_last(url):
    assert fetch(f"{url}/hello") == b"hello"
