"""A client on a raw socket: it sees what left the server, and nothing that a library makes of it."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

TIMEOUT = 8.0  # seconds that a client waits for more bytes


@dataclass(frozen=True)
class Response:
    """What a client got. Names of headers are in lower case; `truncated`: fewer bytes than promised, or no answer at all."""

    status: int | None
    headers: dict[str, str]
    body: bytes
    truncated: bool
    raw: bytes = b""


def ask(
    port: int, path: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b"", cut_after: int | None = None,
) -> Response:
    """Send one request on a connection of its own; `cut_after`: go away after so many bytes of the response."""
    lines = {"Host": f"127.0.0.1:{port}", "Connection": "close"}
    if body:
        lines["Content-Length"] = str(len(body))
    lines |= headers or {}
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
    with socket.create_connection(("127.0.0.1", port), TIMEOUT) as connection:
        connection.sendall(head.encode("latin-1") + body)
        return parse(_received(connection, cut_after), method)


def on_one_connection(port: int, requests: Sequence[tuple[str, str, Mapping[str, str], bytes]]) -> list[Response]:
    """Several requests `(path, method, headers, body)`, one after the other, on one connection as long as the server keeps it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    responses = []
    with contextlib.closing(connection):
        for path, method, headers, body in requests:
            connection.request(method, path, body or None, dict(headers))
            answer = connection.getresponse()
            seen = {name.lower(): value for name, value in answer.getheaders()}
            try:
                data, truncated = answer.read(), False
            except http.client.IncompleteRead as error:
                data, truncated = error.partial, True
                connection.close()
            responses.append(Response(answer.status, seen, data, truncated))
    return responses


def _received(connection: socket.socket, at_most: int | None) -> bytes:
    raw = b""
    while at_most is None or len(raw) < at_most:
        try:
            data = connection.recv(65536)
        except OSError:
            break
        if not data:
            break
        raw += data
    return raw


def parse(raw: bytes, method: str) -> Response:
    """One response, read leniently; informational responses before it are skipped."""
    everything = raw
    while re.match(rb"HTTP/1\.[01] 1\d\d", raw):
        raw = raw.partition(b"\r\n\r\n")[2]
    head, complete_head, rest = raw.partition(b"\r\n\r\n")
    if not complete_head:
        return Response(None, {}, b"", truncated=True, raw=everything)
    first, *lines = head.decode("latin-1").split("\r\n")
    status = re.match(r"HTTP/1\.[01] (\d{3})", first)
    code = int(status[1]) if status else None
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body, truncated = _body(headers, rest)
    if method == "HEAD" or code in (204, 304):
        truncated = False
    return Response(code, headers, body, truncated, everything)


def _body(headers: Mapping[str, str], rest: bytes) -> tuple[bytes, bool]:
    if "chunked" in headers.get("transfer-encoding", ""):
        return _chunks(rest)
    if "content-length" in headers:
        length = int(headers["content-length"])
        return rest[:length], len(rest) < length
    return rest, False


def _chunks(rest: bytes) -> tuple[bytes, bool]:
    body = b""
    while match := re.match(rb"([0-9A-Fa-f]+)[^\r\n]*\r\n", rest):
        size, start = int(match[1], 16), match.end()
        if not size:
            return body, False
        body, rest = body + rest[start:start + size], rest[start + size + 2:]
    return body, True
