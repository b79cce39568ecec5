"""A client for servers: keep-alive connections that ask as fast as they are answered."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import time
from collections.abc import Iterator, Sequence

_PATIENCE = 300  # seconds: beneath valgrind all takes its time


def load(port: int, paths: Sequence[str], requests: int, connections: int = 4) -> None:
    """Ask for the paths in turn, so many times in all. Of a path that ends with `?left` the client reads the first bytes only."""
    asyncio.run(_load(port, itertools.islice(itertools.cycle(paths), requests), connections))


async def _load(port: int, paths: Iterator[str], connections: int) -> None:
    await asyncio.gather(*(_ask(port, paths) for _ in range(connections)))


async def _ask(port: int, paths: Iterator[str]) -> None:
    reader = writer = None
    for path in paths:
        if writer is None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % path.encode())
        if not await _answered(reader, left=path.endswith("?left")):
            writer.close()
            writer = None
    if writer is not None:
        writer.close()


async def _answered(reader: asyncio.StreamReader, *, left: bool) -> bool:
    """Read an answer; whether the connection can be used again. Raises RuntimeError for another status than 200."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode("latin-1"))
        if left:
            return False
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
        if b"content-length" in fields:
            await reader.readexactly(int(fields[b"content-length"]))
        elif fields.get(b"transfer-encoding") == b"chunked":
            await reader.readuntil(b"0\r\n\r\n")
        else:
            await reader.read()
            return False
    except (asyncio.IncompleteReadError, ConnectionError):  # a body that broke off
        return False
    return fields.get(b"connection") != b"close"


def ask(port: int, path: str) -> bytes:
    """The body of one answer."""
    with socket.create_connection(("127.0.0.1", port), _PATIENCE) as connection:
        connection.sendall(b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n" % path.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return answer.partition(b"\r\n\r\n")[2]


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def wait_for(port: int) -> None:
    """Wait until somebody listens on the port. Raises SystemExit after some minutes."""
    for _ in range(_PATIENCE * 10):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise SystemExit(f"nobody listens on port {port}")
