"""What the command makes of answers that differ and of findings; the applications themselves need the package index and take minutes."""

import http.server
import sys
import threading
import tomllib

import pytest

from applications import __main__ as command
from environments import NotMadeError

TABLE = tomllib.loads((command.HERE / "applications.toml").read_text(encoding="utf-8"))
ROW = {"needs": [], "command": "-m shop", "requests": ["GET /", "POST /orders name=bolt"]}
ANSWERS = [(200, ["date"]), (303, ["date", "location"])]


@pytest.mark.parametrize("name", TABLE)
def test_every_row_can_be_run(name):
    row = TABLE[name]
    assert "{port}" in row["command"]
    assert all(request.split()[0].isupper() and request.split()[1].startswith("/") for request in row["requests"])


@pytest.fixture
def compared(monkeypatch):
    """What is wrong, for the answers with respstart and what it told."""
    monkeypatch.setattr(command.Environment, "make", lambda environment, *requirements: None)

    def compare(answers, told, **row):
        monkeypatch.setattr(command, "run", lambda *arguments, traced: (answers, told) if traced else (ANSWERS, []))
        return command.compare("shop", ROW | row)

    return compare


def test_the_same_answers_and_silence_are_well(compared):
    assert compared(ANSWERS, []) == []


def test_another_answer_is_told_with_its_request(compared):
    assert compared([ANSWERS[0], (500, ["date"])], []) == [
        "POST /orders name=bolt: (303, ['date', 'location']) without, (500, ['date']) with"
    ]


def test_what_is_found_must_be_expected(compared):
    assert compared(ANSWERS, ["RS101 / x-total"]) == ["found ['RS101 / x-total'], expected []"]
    assert compared(ANSWERS, ["RS101 / x-total"], findings=["RS101 / x-total"]) == []
    assert compared(ANSWERS, [], findings=["RS101 / x-total"]) == ["found [], expected ['RS101 / x-total']"]


def test_an_application_that_does_not_start_has_failed(monkeypatch, capsys):
    def cannot(name, row):
        raise NotMadeError("no such package")

    monkeypatch.setattr(command, "compare", cannot)
    monkeypatch.setattr(sys, "argv", ["applications", "httpbin"])
    assert command.main() == 1
    assert capsys.readouterr().out == f"DIFFERS httpbin: {len(TABLE['httpbin']['requests'])} requests\n   not installed, or not started: no such package\n"


class Form(http.server.BaseHTTPRequestHandler):
    """A page with a form; what is sent back is in its log."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Set-Cookie", "id=7; Path=/")
        self.end_headers()
        self.wfile.write(b'<input type="hidden" name="csrf_token" value="abc">')

    def do_POST(self):
        self.server.sent = self.headers["Cookie"], self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments):
        """Not to the terminal."""


def test_the_client_keeps_cookies_and_fills_the_token_in():
    with http.server.HTTPServer(("127.0.0.1", 0), Form) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client = command.Client(server.server_address[1])
        assert client.ask("GET /form") == (200, ["date", "server", "set-cookie"])
        assert client.ask("POST /form {token}&name=bolt")[0] == 204
        server.shutdown()
    assert server.sent == ("id=7", b"csrf_token=abc&name=bolt")
