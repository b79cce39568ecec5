"""Runs without respstart against runs with it, test by test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from peers.running import Outcome, Run

_ABSENT = Outcome("absent")


class Difference(NamedTuple):
    """A test that no run with respstart left as some run without it had: both words, and why it failed, in short."""

    test: str
    plain: str
    traced: str
    why: str

    def __str__(self) -> str:
        return f"  {self.plain} -> {self.traced}  {self.test}" + (f"\n      {' '.join(self.why.split())}" if self.why else "")


def differences(plain: Sequence[Run], traced: Sequence[Run]) -> Iterator[Difference]:
    """The tests whose outcomes have nothing in common. A test that is flaky without respstart as well is not among them."""
    for test in _tests(plain, traced):
        before, after = ([run.get(test, _ABSENT) for run in runs] for runs in (plain, traced))
        if not {each.word for each in before} & {each.word for each in after}:
            yield Difference(test, before[0].word, after[0].word, after[0].why)


def flaky(plain: Sequence[Run], traced: Sequence[Run]) -> list[str]:
    """The tests that had several outcomes, one of them both with and without respstart."""
    apart = {each.test for each in differences(plain, traced)}
    runs = (*plain, *traced)
    return [test for test in _tests(plain, traced) if test not in apart and len({run.get(test, _ABSENT).word for run in runs}) > 1]


def _tests(plain: Sequence[Run], traced: Sequence[Run]) -> Iterator[str]:
    yield from dict.fromkeys(test for run in (*plain, *traced) for test in run)
