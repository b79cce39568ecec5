"""Sequences, each bare and watched: what is different, and the smallest sequence that still is."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import respstart
from fuzz import asgi_side, wsgi_side
from respstart.hooks import guard

Plan = Any
Wrap = Callable[[Any], Any]
SIDES = {"wsgi": wsgi_side, "asgi": asgi_side}
WATCHED: dict[str, dict[str, Wrap]] = {  # how respstart comes to an application: by the server's patch, or by hand
    "wsgi": {"installed": lambda app: app, "by hand": respstart.wsgi},
    "asgi": {"installed": lambda app: app, "by hand": respstart.asgi},
}


@dataclass(frozen=True)
class Difference:
    """A sequence of which something else was seen under respstart."""

    seed: int
    protocol: str
    how: str
    plan: Plan
    bare: list[Any]
    watched: list[Any]

    def __str__(self) -> str:
        lines = [f"{self.protocol} sequence {self.seed}, {self.how}", f"  {self.plan}"]
        for one, other in _pairs(self.bare, self.watched):
            lines += [f"  bare     {str(one)[:300]}"] + ([f"  watched  {str(other)[:300]}"] if one != other else [])
        return "\n".join(lines)


def _pairs(bare: list[Any], watched: list[Any]) -> Iterator[tuple[Any, Any]]:
    for number in range(max(len(bare), len(watched))):
        yield (bare[number] if number < len(bare) else None), (watched[number] if number < len(watched) else None)


class Runner:
    """Runs sequences, all on one event loop."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()

    def run(self, protocol: str, plan: Plan, wrap: Wrap) -> list[Any]:
        """What was seen of a sequence."""
        if protocol == "wsgi":
            return wsgi_side.run(plan, wrap)
        asyncio.set_event_loop(self.loop)
        return self.loop.run_until_complete(asgi_side.run(plan, wrap))

    def watched(self, protocol: str, plan: Plan, wrap: Wrap) -> list[Any]:
        """The same under respstart, with what failed inside of it as one more event."""
        guard.faults.clear()
        seen = self.run(protocol, plan, wrap)
        return [*seen, *(("respstart failed inside", fault) for fault in guard.faults)]

    def close(self) -> None:
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()


def drawn(seeds: Iterable[int], protocols: Iterable[str] = tuple(SIDES)) -> list[tuple[int, str, Plan]]:
    """The sequences of these seeds: the same for the same seed on every Python."""
    known = tuple(protocols)
    return [(seed, known[seed % len(known)], SIDES[known[seed % len(known)]].draw(random.Random(f"sequence {seed}"))) for seed in seeds]


def differences(seeds: Iterable[int], counts: Counter[str] | None = None) -> list[Difference]:
    """Run the sequences of `seeds` bare, then all of them under respstart, and compare. `counts` is told how many there were."""
    counts = Counter() if counts is None else counts
    found, sequences = [], drawn(seeds)
    with _runner() as runner:
        bare = [runner.run(protocol, plan, _as_it_is) for _, protocol, plan in sequences]
        with installed(counts):
            for (seed, protocol, plan), expected in zip(sequences, bare, strict=True):
                how = "by hand" if seed % 4 < 2 else "installed"
                seen = runner.watched(protocol, plan, WATCHED[protocol][how])
                counts.update((protocol, f"{protocol} on {plan.server}"))
                if seen != expected:
                    found.append(Difference(seed, protocol, how, plan, expected, seen))
    return found


def differs(protocol: str, plan: Plan, how: str) -> Difference | None:
    """One sequence alone."""
    with _runner() as runner:
        bare = runner.run(protocol, plan, _as_it_is)
        with installed(Counter()):
            seen = runner.watched(protocol, plan, WATCHED[protocol][how])
    return Difference(-1, protocol, how, plan, bare, seen) if seen != bare else None


def smallest(difference: Difference) -> Difference:
    """The smallest sequence found that still makes a difference."""
    for plan in difference.plan.smaller():
        smaller = differs(difference.protocol, plan, difference.how)
        if smaller is not None:
            return smallest(smaller)
    return difference


def _as_it_is(app: Any) -> Any:
    return app


@contextmanager
def _runner() -> Iterator[Runner]:
    runner = Runner()
    before, sys.unraisablehook = sys.unraisablehook, lambda problem: None  # wsgiref's validator complains when it is thrown away, too
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the sequences break rules on purpose
        try:
            yield runner
        finally:
            sys.unraisablehook = before
            runner.close()


@contextmanager
def installed(counts: Counter[str]) -> Iterator[None]:
    """respstart with every reporter that tells nobody, and the findings counted."""
    with respstart.tracing(output="off", file=os.devnull):
        removals = [respstart.on_finding(lambda finding: counts.update(("findings", finding.rule))), respstart.on_start(lambda record: None)]
        try:
            yield
        finally:
            for remove in removals:
                remove()
