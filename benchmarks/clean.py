"""What respstart adds to a clean request (nothing comes too late), beside OpenTelemetry, Sentry and a formatted stack of every start.

Every ratio is taken within its round, and the median of the rounds is told. A/A is the bare application against itself: what differs
there is noise. Absolute figures are of this machine: compare the ratios.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator

from benchmarks.worker import HELLO, Costs, Workers

PEERS = ("OpenTelemetry", "Sentry", "format_stack")
VARIANTS = ("bare", "bare again", "switched off", "respstart", *PEERS)


def measure(frameworks: Iterable[str], variants: Iterable[str], rounds: int, requests: int, counting: str) -> Iterator[tuple[str, Costs]]:
    """What a request costs in each variant, for one application after the other."""
    for framework in frameworks:
        with Workers(framework, variants, counting) as workers:
            yield framework, workers.costs(HELLO, rounds, requests)


def added(costs: Costs, variant: str) -> list[float]:
    """What a variant adds to the bare application, round by round."""
    return [cost - bare for cost, bare in zip(costs[variant], costs["bare"], strict=True)]


def ratio(over: list[float], under: list[float]) -> float:
    """The median of the ratios within each round."""
    return statistics.median(a / b for a, b in zip(over, under, strict=True))


def row(framework: str, costs: Costs) -> str:
    """One line of the table: what a bare request costs, what respstart adds, as a share of that, and of what the others add."""
    own, bare = added(costs, "respstart"), costs["bare"]

    def cell(variant: str, figure: Callable[[list[float]], float], form: str) -> str:
        return format(figure(added(costs, variant)), form) if variant in costs else ""

    cells = [
        framework,
        f"{statistics.median(bare):,.0f}",
        f"{statistics.median(own):+,.0f}",
        f"{ratio(own, bare):+.1%}",
        *(cell(peer, lambda theirs: ratio(own, theirs), ".3f") for peer in PEERS),
        *(cell(variant, lambda theirs: ratio(theirs, bare), "+.1%") for variant in ("switched off", "bare again")),
    ]
    return f"| {' | '.join(cells)} |"


def heading(unit: str) -> list[str]:
    """The head of the table."""
    columns = ["application", f"bare, {unit}", "respstart adds", "share of bare", *(f"/ {peer}" for peer in PEERS), "switched off", "A/A"]
    return [f"| {' | '.join(columns)} |", "|---|" + "---:|" * (len(columns) - 1)]
