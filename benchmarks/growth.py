"""How the cost of a clean request grows: with frames outside of the application, middleware, the chunks of a body, headers."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from benchmarks.applications import NATIVE, PROTOCOLS
from benchmarks.counter import counter
from benchmarks.figures import Figure
from benchmarks.servers import SERVERS, Servers
from benchmarks.worker import HELLO, Costs, Shape, Workers

VARIANTS = ("bare", "respstart")
_OUTER, _LAYERS, _CHUNKS, _HEADERS = 40, (3, 8), (100, 10_000), 1000


def growth(framework: str, rounds: int, requests: int, counting: str) -> Iterator[Figure]:
    """Times what a request without them costs; for chunks, the share of what the bare application takes for one."""
    with Workers(framework, VARIANTS, counting) as workers:
        hello = workers.costs(HELLO, rounds, requests)
        if PROTOCOLS[framework] != NATIVE:  # its server begins a task of its own, outside of which nothing is seen
            outer = workers.costs(Shape("outer", _OUTER), rounds, requests)
            yield Figure(f"{_OUTER} more outer frames, times", framework, _added(outer) / _added(hello), "{:.2f}", 1.10)
        if not framework.startswith("django"):  # of which there can be one in a process
            for layers in _LAYERS:
                deeper = workers.costs(Shape("layers", layers), rounds, requests)
                yield Figure(f"{layers} layers of middleware, times", framework, _added(deeper) / _added(hello), "{:.2f}")
        one = workers.costs(Shape("chunks", 1), rounds, requests)
        for chunks in _CHUNKS:
            many = workers.costs(Shape("chunks", chunks), rounds, max(1, requests * _CHUNKS[0] // chunks))
            yield Figure(f"each further chunk, of {chunks:,}", framework, _share(_each(many, one, chunks - 1)), "{:+.0%}", 0.15)


def headers(framework: str, rounds: int, requests: int) -> Iterator[Figure]:
    """What setting a header costs more before the start: in time, as its budget is."""
    unit, _ = counter()
    scale, unit, budget = (1000, "ns", 120.0) if unit == "CPU µs" else (1, unit, None)
    with Workers(framework, VARIANTS) as workers:
        none = workers.costs(Shape("headers", 0), rounds, requests)
        many = workers.costs(Shape("headers", _HEADERS), rounds, max(1, requests // 4))
        yield Figure(f"each header, {unit}", framework, _added(_each(_least(many), _least(none), _HEADERS)) * scale, "{:+,.0f}", budget)


def under_server(framework: str, rounds: int, requests: int) -> Iterator[Figure]:
    """What a chunk costs more where a send is that of a real server."""
    with Servers(framework, VARIANTS) as servers:
        one = servers.costs("/chunks/1", rounds, requests)
        many = servers.costs("/chunks/1000", rounds, max(1, requests // 50))  # so many that a request's own cost does not matter
        yield Figure(f"each further chunk, under {SERVERS[framework]}", framework, _share(_each(_least(many), _least(one), 999)), "{:+.0%}", 0.15)


def _added(costs: Costs) -> float:
    """What respstart adds, in the median."""
    return statistics.median(own - bare for own, bare in zip(costs["respstart"], costs["bare"], strict=True))


def _share(costs: Costs) -> float:
    """What respstart adds as a share of what the bare application takes, in the median."""
    return statistics.median(own / bare - 1 for own, bare in zip(costs["respstart"], costs["bare"], strict=True))


def _least(costs: Costs) -> Costs:
    """The round in which least else was going on: what disturbs processor time, on a machine that others use, only adds to it."""
    return {variant: [min(rounds)] for variant, rounds in costs.items()}


def _each(more: Costs, fewer: Costs, number: int) -> Costs:
    """The cost of one of `number` things by which two kinds of requests differ."""
    return {variant: [(a - b) / number for a, b in zip(more[variant], fewer[variant], strict=True)] for variant in more}
