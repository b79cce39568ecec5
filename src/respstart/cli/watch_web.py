"""`respstart watch --web`: the page of the report, for this machine alone, which asks every second whether there is more."""

from __future__ import annotations

import secrets
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from respstart.errors import UsageError
from respstart.formats import html
from respstart.formats.following import Following
from respstart.formats.groups import Groups

_HOST = "127.0.0.1"
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",  # the rest of the policy stands in the page
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Server(ThreadingHTTPServer):
    """Serves the page on a port of the loopback interface; 0 is a free one.

    Raises:
        UsageError: the port cannot be used.
    """

    daemon_threads = True

    def __init__(self, following: Following, port: int) -> None:
        try:
            super().__init__((_HOST, port), _Handler)
        except OSError as error:
            raise UsageError(f"cannot listen on port {port} ({error.strerror}): choose another with --port") from error
        self.page = _Page(following)
        # Names of this server. Another one in `Host` is a page elsewhere whose name was made to lead here (DNS rebinding).
        self.hosts = {f"{name}:{self.server_port}" for name in (_HOST, "localhost")}

    @property
    def address(self) -> str:
        """What to type into a browser."""
        return f"http://{_HOST}:{self.server_port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 the signature is socketserver's
        """A browser that goes away is no error; the type of any other is told."""
        error = sys.exception()
        if not isinstance(error, ConnectionError | TimeoutError):
            print(f"respstart: the page could not be served: {type(error).__name__}: {error}", file=sys.stderr)


class _Page:
    """The page of what has come, made anew when there is more."""

    def __init__(self, following: Following) -> None:
        self._following = following
        self._groups = Groups()
        self._lock = threading.Lock()
        self._number = 0
        self._run = secrets.token_hex(4)  # another run of the command serves other pages
        self._body = b""

    def current(self) -> tuple[str, bytes]:
        """The version, as an entity tag (RFC 9110, section 8.8.3), and the page as UTF-8."""
        with self._lock:
            fresh = self._following.fresh()
            for remark in fresh.remarks:
                print(f"respstart: {remark}", file=sys.stderr)
            for data in fresh.findings:
                self._groups.add(data)
            if fresh.findings or not self._body:
                self._number += 1
                self._body = html.page(self._groups.worst_first(), version=self._version).encode()
            return self._version, self._body

    @property
    def _version(self) -> str:
        return f'"{self._run}-{self._number}"'


class _Handler(BaseHTTPRequestHandler):
    """GET and HEAD of one path; http.server answers every other method with 501."""

    server: Server
    server_version, sys_version = "respstart", ""
    timeout = 10.0  # seconds that a client may be silent

    def do_GET(self) -> None:
        """Answer with the page, or that it has not changed."""
        if not self._is_from_here():
            self._answer(403, "", b"respstart watch answers only to its own page.\n")
        elif self.path != "/":
            self._answer(404, "", b"There is one page, at /.\n")
        else:
            version, body = self.server.page.current()
            known = self.headers.get("If-None-Match") == version
            self._answer(304 if known else 200, version, b"" if known else body)

    do_HEAD = do_GET  # noqa: N815 the same

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the name is http.server's
        """Nothing: the terminal is the user's."""

    def _is_from_here(self) -> bool:
        hosts, origins = self.headers.get_all("Host", []), self.headers.get_all("Origin", [])
        return len(hosts) == 1 and hosts[0].lower() in self.server.hosts and all(origin in self._origins() for origin in origins)

    def _origins(self) -> set[str]:
        return {f"http://{host}" for host in self.server.hosts}

    def _answer(self, status: int, version: str, body: bytes) -> None:
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value if status == 200 or name != "Content-Type" else "text/plain; charset=utf-8")
        if version:
            self.send_header("ETag", version)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
