"""What was seen of one run, in words that are equal for equal runs: objects by name, exceptions by number."""

from __future__ import annotations

import logging
import re
from typing import Any


class Seen:
    """A log. Objects that were named before are told by their name, so that another object in their place is another word."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self._named: dict[int, tuple[str, Any]] = {}  # the object too, so that its id is not used again
        self._errors: list[BaseException] = []

    def name(self, name: str, value: Any) -> Any:
        """Know `value` by name from now on; returns it."""
        self._named[id(value)] = (name, value)
        return value

    def tell(self, *what: Any) -> None:
        """One more event."""
        self.events.append(tuple(self.word(one) for one in what))

    def word(self, value: Any) -> Any:
        """How a value is told."""
        if isinstance(value, BaseException):
            return self._error(value)
        if id(value) in self._named:
            return f"<{self._named[id(value)][0]}>"
        if value is None or isinstance(value, bool | int | float):
            return value
        if type(value) in (str, bytes):
            return value if len(value) < 200 else (value[:200], len(value))
        if type(value) in (tuple, list) and len(value) < 20:
            return type(value).__name__, [self.word(item) for item in value]
        return type(value).__name__

    def _error(self, error: BaseException) -> tuple[Any, ...]:
        """Number, type, text and chain: the number is the same for the same object, wherever it is seen."""
        chain = [type(link).__name__ if link is not None else None for link in (error.__cause__, error.__context__)]
        return self._number(error), type(error).__name__, _text(error), *chain, error.__suppress_context__

    def _number(self, error: BaseException) -> int:
        for number, known in enumerate(self._errors):
            if known is error:
                return number
        self._errors.append(error)
        return len(self._errors) - 1


_ADDRESS = re.compile(r"0x[0-9a-f]+")


def _text(error: BaseException) -> str:
    try:
        return _ADDRESS.sub("0x", str(error))
    except Exception as unreadable:
        return f"unreadable: {type(unreadable).__name__}"


class Records(logging.Handler):
    """Tells the log records of others; respstart's own are the one thing that may be more."""

    def __init__(self, seen: Seen) -> None:
        super().__init__()
        self._seen = seen

    def emit(self, record: logging.LogRecord) -> None:
        if record.name != "respstart":
            error = record.exc_info[1] if record.exc_info else None
            self._seen.tell("log", record.name, record.levelname, _ADDRESS.sub("0x", record.getMessage()), error)


class Logged:
    """All logging of a block goes to one `Seen`, and nowhere else."""

    def __init__(self, seen: Seen) -> None:
        self._handler = Records(seen)

    def __enter__(self) -> None:
        root = logging.getLogger()
        self._before, self._level = root.handlers[:], root.level
        root.handlers[:] = [self._handler]
        root.setLevel(logging.INFO)

    def __exit__(self, *problem: object) -> None:
        root = logging.getLogger()
        root.handlers[:] = self._before
        root.setLevel(self._level)
