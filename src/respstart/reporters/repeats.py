"""The same finding again and again: first in full, then now and then with a count."""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from respstart.budget import Budget
    from respstart.model import Defect, Evidence, Finding
    from respstart.reporters import Reporter

_TABLE_SIZE = 1024


class Repeats:
    """Passes the first finding of a fingerprint to `reporter`, and at most one more every `seconds`, with `seen` counted up.

    Of a flood of different findings it passes what `budget` allows.

    No lock: a lock held while the process forks, or while a signal handler reports, would hang the application. Each step on
    the table is atomic by itself, and two threads at the same instant can at worst report one finding too often.
    """

    def __init__(
        self, reporter: Reporter, seconds: float, clock: Callable[[], float] = time.monotonic, budget: Budget | None = None
    ) -> None:
        self._reporter = reporter
        self._seconds = seconds
        self._clock = clock
        self._table: OrderedDict[str, _Entry] = OrderedDict()
        self._budget = budget

    def report(self, finding: Finding, evidence: Evidence) -> None:
        """Report the finding, or only count it."""
        now = self._clock()
        entry = self._entry(finding.fingerprint, now)
        seen = next(entry.counter)
        if seen == 1 or now >= entry.due:
            entry.due = now + self._seconds
            if self._budget is not None and not self._budget.allows(finding):
                return
            self._reporter.report(dataclasses.replace(finding, seen=seen), evidence)

    def repeat(self, defect: Defect, evidence: Evidence) -> bool:  # noqa: ARG002 the signature of a reporter
        """Count a finding that was reported before, unless it is due."""
        entry = self._table.get(defect.fingerprint)
        if entry is None or self._clock() >= entry.due:
            return False
        next(entry.counter)
        return True

    def close(self) -> None:
        """Close the reporter."""
        self._reporter.close()

    def _entry(self, fingerprint: str, now: float) -> _Entry:
        entry = self._table.setdefault(fingerprint, _Entry(now + self._seconds))
        with suppress(KeyError):  # another thread has just thrown it out
            self._table.move_to_end(fingerprint)
            if len(self._table) > _TABLE_SIZE:
                self._table.popitem(last=False)
        return entry


class _Entry:
    __slots__ = ("counter", "due")

    def __init__(self, due: float) -> None:
        self.counter: Iterator[int] = itertools.count(1)
        self.due = due
