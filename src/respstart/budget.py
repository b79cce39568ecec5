"""How many findings are looked at and shown: one costs about a millisecond, and a flood of them must cost no application its time."""

from __future__ import annotations

import time
from collections.abc import Callable

_SAID_EVERY = 60.0  # seconds


class Budget:
    """Allows `burst` of something at once and `per_second` from then on; says by `say` that it begins to drop, and how many it has dropped.

    `what` is the word for what is dropped.

    No lock, for the reasons that `reporters.repeats` gives: at worst a few too many are allowed.
    """

    def __init__(
        self, say: Callable[[str], None], what: str, burst: int, per_second: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._say = say
        self._what = what
        self._burst = burst
        self._per_second = per_second
        self._clock = clock
        self._left = float(burst)
        self._at = self._said_at = clock()
        self._dropped = 0
        self._last: tuple[object, bool] = None, False

    def allows(self, item: object = None) -> bool:
        """Whether one more is let through; whoever asks next for the same `item`, which is kept until then, gets the same answer."""
        if item is None or self._last[0] is not item:
            self._last = item, self._allows_one_more()
        return self._last[1]

    def _allows_one_more(self) -> bool:
        now = self._clock()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left >= 1:
            self._left -= 1
            if self._dropped and now - self._said_at >= _SAID_EVERY:
                self.tells()
            return True
        if not self._dropped:
            self._said_at = now
            self._say(f"too many {self._what} at once: from now on no more than {self._per_second:g} a second, the others are counted")
        self._dropped += 1
        return False

    def tells(self) -> None:
        """Say how many were dropped since it was last said."""
        dropped, self._dropped = self._dropped, 0
        if dropped:
            self._said_at = self._clock()
            self._say(f"{dropped} {self._what} were left out, because there were too many at once")
