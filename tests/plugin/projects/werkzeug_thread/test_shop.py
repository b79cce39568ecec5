import urllib.request


def fetch(url, size=-1):
    with urllib.request.urlopen(url, timeout=30) as response:
        return response.read(size)


def test_hello_first(url):
    assert fetch(f"{url}/hello") == b"hello"


def test_report(url):  # finds RS101
    assert fetch(f"{url}/report") == b"row 0\nrow 1\n"


def test_slow(url):  # finds RS103
    """The client has the whole body, and goes, while the generator is still at work."""
    assert fetch(f"{url}/slow") == b"row\n"


def test_hello_after_that(url):
    assert fetch(f"{url}/hello") == b"hello"


def test_report_once_more(url):  # finds RS101
    assert fetch(f"{url}/report") == b"row 0\nrow 1\n"


def test_hello_last(url):
    assert fetch(f"{url}/hello") == b"hello"
