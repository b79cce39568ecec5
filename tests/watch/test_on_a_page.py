"""`respstart watch --web FILE`: one page for this machine alone, which updates itself."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from formats import chromium
from respstart import cli
from respstart.cli.watch_web import Server
from respstart.formats.following import Following

pytestmark = pytest.mark.once

PATIENCE = 30


@pytest.fixture
def path(tmp_path):
    return tmp_path / "findings.jsonl"


@pytest.fixture
def write(path, make_finding):
    """Append a finding, with changes."""

    def append(**changes):
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(make_finding(**changes).to_dict()) + "\n")

    return append


@pytest.fixture
def server(path, write):
    write()
    with Server(Following([path]), 0) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.05,))
        thread.start()
        yield running
        running.shutdown()
        thread.join(PATIENCE)


def ask(server, method="GET", target="/", host=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=PATIENCE)
    connection.putrequest(method, target, skip_host=True)
    for value in [f"127.0.0.1:{server.server_port}"] if host is None else host:
        connection.putheader("Host", value.replace("PORT", str(server.server_port)))
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value.replace("PORT", str(server.server_port)))
    connection.endheaders()
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response, body


class TestServer:
    """Over a real socket."""

    def test_the_page(self, server):
        response, body = ask(server)
        assert response.status == 200
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        assert int(response.headers["Content-Length"]) == len(body.encode())
        assert "1 defect" in body
        assert "connect-src &#39;self&#39;" in body
        assert response.headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
        assert "Python" not in str(response.headers)

    def test_head_has_no_body(self, server):
        response, body = ask(server, "HEAD")
        assert (response.status, body) == (200, "")
        assert response.headers["ETag"] == ask(server)[0].headers["ETag"]

    def test_a_version_that_is_known_is_not_sent_again(self, server, write):
        version = ask(server)[0].headers["ETag"]
        response, body = ask(server, If_None_Match=version)
        assert (response.status, body, response.headers["ETag"]) == (304, "", version)
        write(fingerprint="00000002")
        response, body = ask(server, If_None_Match=version)
        assert response.status == 200
        assert response.headers["ETag"] != version
        assert "2 defects" in body
        assert f'data-version="{response.headers["ETag"].replace(chr(34), "&#34;")}"' in body

    @pytest.mark.parametrize("host", [["localhost:PORT"], ["LOCALHOST:PORT"]])
    def test_its_names(self, host, server):
        assert ask(server, host=host)[0].status == 200

    @pytest.mark.parametrize(
        "host", [[], ["evil.example"], ["evil.example:PORT"], ["127.0.0.1"], ["127.0.0.1:PORT.evil.example"], ["127.0.0.1:PORT", "evil.example"], ["[::1]:PORT"], [""]]
    )
    def test_no_other_host(self, host, server):
        response, body = ask(server, host=host)
        assert response.status == 403
        assert "RS103" not in body
        assert "ETag" not in response.headers

    @pytest.mark.parametrize(("origin", "status"), [("http://127.0.0.1:PORT", 200), ("http://localhost:PORT", 200), ("http://evil.example", 403),
                                                    ("https://127.0.0.1:PORT", 403), ("null", 403)])  # fmt: skip
    def test_no_other_origin(self, origin, status, server):
        response, _ = ask(server, Origin=origin)
        assert response.status == status
        assert "Access-Control-Allow-Origin" not in response.headers

    @pytest.mark.parametrize("target", ["/index.html", "/?a=1", "//", "/../etc/passwd", "/%2e%2e/", "http://evil.example/", "*", "/findings.jsonl"])
    def test_no_other_path(self, target, server):
        response, body = ask(server, target=target)
        assert response.status in (200, 404)
        assert (response.status == 200) == (target == "//"), "http.server reads // as /"
        assert "passwd" not in body

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT"])
    def test_no_other_method(self, method, server):
        response, body = ask(server, method)
        assert response.status == 501
        assert "RS103" not in body

    def test_nobody_from_outside(self, server):
        assert server.socket.getsockname()[0] == "127.0.0.1"

    def test_a_client_that_says_nothing_stops_nobody(self, server, monkeypatch):
        monkeypatch.setattr("respstart.cli.watch_web._Handler.timeout", None)
        with socket.create_connection(("127.0.0.1", server.server_port)), socket.create_connection(("127.0.0.1", server.server_port)) as half:
            half.sendall(b"GET / HT")
            assert ask(server)[0].status == 200

    def test_a_client_that_goes_away_is_not_told(self, server, capsys):
        with socket.create_connection(("127.0.0.1", server.server_port)) as gone:
            gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            gone.sendall(b"GET / HTTP/1.1\r\n")
        ask(server)
        assert capsys.readouterr() == ("", "")

    def test_a_file_that_is_not_there_yet(self, tmp_path):
        with Server(Following([tmp_path / "later.jsonl"]), 0) as running:
            assert b"No findings" in running.page.current()[1]


class TestCommand:
    """As a user types it."""

    def test_serves_and_ends_cleanly(self, path, write):
        write()
        process = subprocess.Popen(
            [sys.executable, "-m", "respstart", "watch", "--web", path], cwd=path.parent, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            port = int(re.search(r"http://127\.0\.0\.1:(\d+)/ \(Ctrl-C ends it\)", process.stdout.readline())[1])
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            connection.request("GET", "/")
            assert b"shop/export.py:41" in connection.getresponse().read()
            connection.close()
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) == 0
            assert process.stderr.read() == ""
        finally:
            process.kill()
            process.communicate(timeout=PATIENCE)

    def test_a_port_that_is_taken(self, path, capsys):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            assert cli.main(["watch", "--web", "--port", str(listener.getsockname()[1]), str(path)]) == 2
        assert re.fullmatch(r"respstart: cannot listen on port \d+ \(.+\): choose another with --port\n", capsys.readouterr().err)

    def test_without_the_extra(self, path, capsys, monkeypatch):
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        assert cli.main(["watch", "--web", str(path)]) == 2
        assert "pip install 'respstart[html]'" in capsys.readouterr().err


@pytest.mark.skipif(chromium.PROGRAM is None, reason="there is no Chromium on this machine")
class TestBrowser:
    """A real Chromium."""

    @pytest.fixture(scope="class")
    def browser(self, tmp_path_factory):
        with chromium.page(tmp_path_factory.mktemp("profile")) as shown:
            yield shown

    def until(self, browser, expression, wanted):
        deadline = time.monotonic() + PATIENCE
        while (value := browser.value(expression)) != wanted and time.monotonic() < deadline:
            time.sleep(0.1)
        assert value == wanted

    def test_updates_itself_and_keeps_what_the_reader_does(self, browser, server, write):
        browser.open(server.address)
        articles = "[...document.querySelectorAll('article')].filter(one => one.checkVisibility()).length"
        self.until(browser, "document.querySelector('.live').textContent", "Live")
        assert browser.value(articles) == 1
        browser.value("document.querySelector('article details').open = true; document.querySelector('[type=search]').focus()")
        browser.value("(form => { form.elements.text.value = 'basket'; form.elements.text.dispatchEvent(new Event('input', {bubbles: true})); })(document.forms[0])")
        assert browser.value(articles) == 0

        write(fingerprint="00000002", subject="basket")
        self.until(browser, "document.querySelectorAll('article').length", 2)
        assert browser.value(articles) == 1, "the search is still on"
        assert browser.value("document.activeElement.type") == "search"
        assert browser.value("document.querySelector('#f-0badcafe details').open") is True
        assert browser.value("document.title") == "respstart: 2 findings"

        assert browser.told("Log.entryAdded", "Runtime.exceptionThrown") == []
        asked = {event["request"]["url"] for event in browser.told("Network.requestWillBeSent")}
        assert asked <= {server.address, "data:,"}

    def test_the_policy_allows_its_own_server_only(self, browser, server):
        browser.open(server.address)
        refused = browser.value(
            "new Promise(resolve => { document.addEventListener('securitypolicyviolation', event => resolve(event.effectiveDirective));"
            f" fetch('http://localhost:{server.server_port}/').catch(() => 0); }})"
        )
        assert refused == "connect-src"

    def test_says_when_the_command_has_ended(self, browser, path, write):
        write()
        with Server(Following([path]), 0) as running:
            thread = threading.Thread(target=running.serve_forever, args=(0.05,))
            thread.start()
            browser.open(running.address)
            self.until(browser, "document.querySelector('.live').textContent", "Live")
            running.shutdown()
            thread.join(PATIENCE)
        self.until(browser, "document.querySelector('.live').textContent", "respstart watch has ended; this is what it has shown.")
        assert browser.value("document.querySelectorAll('article').length") == 1
