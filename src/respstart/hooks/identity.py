"""What is remembered about objects of the application for as long as they live: by identity, never by their own `==` or hash."""

from __future__ import annotations

import weakref
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


class ByIdentity(Generic[Value]):
    """A map from living objects to values. What cannot be referred to weakly is not remembered."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[weakref.ref[Any], Value]] = {}

    def remember(self, owner: Any, value: Value) -> None:
        """Keep `value` until `owner` dies."""
        key, known = id(owner), self._known
        try:
            known[key] = (weakref.ref(owner, lambda _: known.pop(key, None)), value)
        except TypeError:
            return

    def get(self, owner: Any) -> Value | None:
        """What was remembered of this very object."""
        entry = self._known.get(id(owner))
        return entry[1] if entry is not None and entry[0]() is owner else None

    def __len__(self) -> int:
        return len(self._known)

    def clear(self) -> None:
        """Forget everything."""
        self._known.clear()
