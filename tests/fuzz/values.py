"""Values that applications pass, legal and strange, by name. Each call makes new objects."""

from __future__ import annotations

import sys
from typing import Any


class Text(str):
    """A text of the application's own class."""

    __slots__ = ()


class Chunk(bytes):
    """Bytes of the application's own class."""


class Headers(list):
    """A header list of the application's own class."""


class OneShot(list):
    """A list that is walked through in its own way, and once only."""

    def __iter__(self) -> Any:
        while self:
            yield self.pop(0)


class Angry:
    """Neither true nor false, of no length and no text."""

    def __bool__(self) -> bool:
        raise ArithmeticError("neither true nor false")

    __len__ = __str__ = __repr__ = __bool__  # type: ignore[assignment]


class Unreadable(Exception):
    """An exception without a text."""

    def __str__(self) -> str:
        raise ArithmeticError("no text")


class Stop(BaseException):
    """What `except Exception` does not catch."""


# ---------------------------------------------------------------------- WSGI
STATUSES: dict[str, Any] = {
    "200": "200 OK", "404": "404 Not Found", "204": "204 No Content", "304": "304 Not Modified", "103": "103 Early Hints", "own": Text("200 OK"),
    "short": "200", "empty": "", "bytes": b"200 OK", "number": 200, "none": None, "line": "200 OK\r\nX-Y: 1",
}  # fmt: skip
PAIRS: dict[str, list[Any]] = {
    "none": [],
    "type": [("Content-Type", "text/plain")],
    "five": [("Content-Type", "text/plain"), ("Content-Length", "5")],
    "three": [("Content-Type", "text/plain"), ("Content-Length", "3")],
    "word": [("Content-Type", "text/plain"), ("Content-Length", "five")],
    "cookies": [("Content-Type", "text/plain"), ("Set-Cookie", "a=b"), ("Set-Cookie", "c=d")],
    "injected": [("Content-Type", "text/plain"), ("X-Bad", "a\r\nb")],
    "latin": [("Content-Type", "text/plain"), ("X-Up", "\xe9")],
    "wide": [("Content-Type", "text/plain"), ("X-Up", "\u20ac")],
    "hop": [("Connection", "close")],
    "lists": [["Content-Type", "text/plain"]],
    "bytes": [(b"Content-Type", b"text/plain")],
    "numbers": [("Content-Type", "text/plain"), ("X-Count", 5)],
    "single": [("Content-Type",)],
}
HEADER_KINDS: dict[str, Any] = {"list": list, "tuple": tuple, "own": Headers, "one shot": OneShot, "iterator": iter, "dict": lambda pairs: {"Content-Type": "text/plain"},
                                "nothing": lambda pairs: None, "text": lambda pairs: "Content-Type: text/plain"}  # fmt: skip
CHUNKS: dict[str, Any] = {
    "empty": lambda: b"", "hello": lambda: b"hello", "abc": lambda: b"abc", "large": lambda: b"x" * 70_000, "own": lambda: Chunk(b"own"),
    "bytearray": lambda: bytearray(b"array"), "view": lambda: memoryview(b"view"), "text": lambda: "text", "none": lambda: None,
    "number": lambda: 7, "list": lambda: [b"a", b"b"], "angry": Angry,
}  # fmt: skip


def exc_info(kind: str) -> Any:
    """What is passed as the third argument of `start_response`."""
    try:
        raise KeyError("k")
    except KeyError as error:
        kinds: dict[str, Any] = {
            "real": sys.exc_info(), "empty": (None, None, None), "none": None, "true": True, "error": error, "type": KeyError,
            "two": (KeyError, error), "no traceback": (KeyError, error, None), "list": list(sys.exc_info()), "nothing": (),
            "wrong": (ValueError, "text", None),
        }  # fmt: skip
        return kinds[kind]


EXC_INFOS = ("real", "real", "empty", "none", "true", "error", "type", "two", "no traceback", "list", "nothing", "wrong")

# ---------------------------------------------------------------------- ASGI
ASGI_STATUSES: dict[str, Any] = {
    "200": 200, "404": 404, "204": 204, "304": 304, "103": 103, "true": True, "float": 200.0, "text": "200", "none": None, "huge": 99999,
}  # fmt: skip
ASGI_PAIRS: dict[str, list[Any]] = {
    "none": [],
    "type": [(b"content-type", b"text/plain")],
    "five": [(b"content-length", b"5")],
    "three": [(b"content-length", b"3")],
    "word": [(b"content-length", b"five")],
    "cookies": [(b"set-cookie", b"a=b"), (b"set-cookie", b"c=d")],
    "chunked": [(b"transfer-encoding", b"chunked")],
    "trailer": [(b"trailer", b"x-end")],
    "injected": [(b"x-bad", b"a\r\nb")],
    "lists": [[b"x-a", b"1"]],
    "arrays": [(bytearray(b"x-a"), memoryview(b"1"))],
    "texts": [("x-a", "1")],
    "numbers": [(b"x-a", 5)],
    "single": [(b"x-a",)],
}
ASGI_HEADER_KINDS: dict[str, Any] = {"list": list, "tuple": tuple, "own": Headers, "one shot": OneShot, "iterator": iter, "generator": lambda pairs: (pair for pair in pairs),
                                     "dict": lambda pairs: {b"x-a": b"1"}, "nothing": lambda pairs: None}  # fmt: skip


class Message(dict):
    """A message of the application's own class, that counts how often it is asked."""

    asked = 0

    def __getitem__(self, key: str) -> Any:
        self.asked += 1
        return super().__getitem__(key)


class Growing(dict):
    """A message that makes what it is asked for."""

    def __missing__(self, key: str) -> Any:
        self[key] = b""
        return self[key]


class Frozen(dict):
    """A message that nobody may change."""

    def __setitem__(self, key: str, value: Any) -> None:
        raise TypeError("frozen")

    setdefault = pop = update = __setitem__  # type: ignore[assignment]


MESSAGE_KINDS: dict[str, Any] = {"dict": dict, "own": Message, "growing": Growing, "frozen": Frozen}
