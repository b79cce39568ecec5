"""What respstart adds to a clean request (nothing comes too late), beside OpenTelemetry, Sentry and a formatted stack of every start.

Every ratio is taken within its round, and the median of the rounds is told. A/A is the bare application against itself: what differs
there is noise. Absolute figures are of this machine: compare the ratios.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from benchmarks.applications import ASGI, PROTOCOLS, WSGI
from benchmarks.figures import Figure
from benchmarks.worker import Costs

PEERS = ("OpenTelemetry", "Sentry", "format_stack")
COLUMNS = ("share of bare", *(f"/ {peer}" for peer in PEERS), "left out", "switched off", "A/A")
SHARES = {"fastapi": 0.33, "flask": 0.17, "django": 0.12}  # of the bare request, at most
VARIANTS = ("bare", "bare again", "left out", "switched off", "respstart", *PEERS)


def added(costs: Costs, variant: str) -> list[float]:
    """What a variant adds to the bare application, round by round."""
    return [cost - bare for cost, bare in zip(costs[variant], costs["bare"], strict=True)]


def ratio(over: list[float], under: list[float]) -> float:
    """The median of the ratios within each round."""
    return statistics.median(a / b for a, b in zip(over, under, strict=True))


def figures(framework: str, costs: Costs) -> Iterator[Figure]:
    """What respstart adds: as a share of the bare request, and of what the others add; and what differs when nothing is added."""
    own, bare = added(costs, "respstart"), costs["bare"]
    yield Figure("share of bare", framework, ratio(own, bare), "{:+.1%}", SHARES.get(framework))
    of_stacks = {ASGI: 0.12, WSGI: 0.30}.get(PROTOCOLS[framework])
    for peer, budget in zip(PEERS, (0.10, 0.045, of_stacks), strict=True):
        if peer in costs:
            yield Figure(f"/ {peer}", framework, ratio(own, added(costs, peer)), "{:.3f}", budget)
    for variant, what in ("left out", "left out"), ("switched off", "switched off"), ("bare again", "A/A"):
        if variant in costs:
            yield Figure(what, framework, ratio(added(costs, variant), bare), "{:+.1%}")


def row(framework: str, costs: Costs) -> str:
    """One line of the table: what a bare request costs, what respstart adds, and the figures."""
    cells = {figure.what: figure.cell() for figure in figures(framework, costs)}
    bare, own = statistics.median(costs["bare"]), statistics.median(added(costs, "respstart"))
    return f"| {framework} | {bare:,.0f} | {own:+,.0f} | {' | '.join(cells.get(column, '') for column in COLUMNS)} |"


def heading(unit: str) -> list[str]:
    """The head of the table."""
    columns = ["application", f"bare, {unit}", "respstart adds", *COLUMNS]
    return [f"| {' | '.join(columns)} |", "|---|" + "---:|" * (len(columns) - 1)]
