#!/usr/bin/env python3
"""What respstart adds to a clean request, beside OpenTelemetry, Sentry and the stack of every start written by hand.

    python benchmarks/clean_path.py [--rounds 21] [--requests 300] [--write docs/reference/cost.md] [starlette fastapi flask django]

One worker process for each application and variant; rounds interleaved in shuffled order; medians of ratios within a round. A/A is the
bare application against itself: what differs there is noise. Absolute figures are of this machine: compare the ratios.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import statistics
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from applications import FRAMEWORKS, application, client
from counter import counter

from peers import VARIANTS, switch_on

_WARM_UP = 300  # requests, until the interpreter has specialised what it runs
_PEERS = ("OpenTelemetry", "Sentry", "format_stack")


def work(framework: str, variant: str) -> None:
    """Answer each line on standard input (a number of requests) with what one of them cost."""
    wrap = switch_on(variant, framework)
    ask = client(framework, wrap(application(framework)))
    ask(_WARM_UP)
    _, used = counter()
    print("ready", flush=True)
    for line in sys.stdin:
        before = used()
        ask(int(line))
        print((used() - before) / int(line), flush=True)
    sys.stdout.flush()
    os._exit(0)  # exporters' threads are of no interest any more


def measure(framework: str, rounds: int, requests: int) -> dict[str, list[float]]:
    """The cost of a request in every variant, for every round."""
    command = [sys.executable, "-W", "ignore", __file__, "--worker", framework]
    workers = {each: subprocess.Popen([*command, each], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for each in VARIANTS}
    try:
        for each, process in workers.items():
            if process.stdout.readline() != "ready\n":
                raise SystemExit(f"{framework}, {each}: the worker failed")
        return _rounds(workers, rounds, requests)
    finally:
        for process in workers.values():
            process.stdin.close()
            process.wait()


def _rounds(workers: dict[str, subprocess.Popen[str]], rounds: int, requests: int) -> dict[str, list[float]]:
    costs: dict[str, list[float]] = {each: [] for each in workers}
    for _ in range(rounds):
        for each in random.sample(list(workers), len(workers)):
            print(requests, file=workers[each].stdin, flush=True)
            costs[each].append(float(workers[each].stdout.readline()))
    return costs


def row(framework: str, costs: dict[str, list[float]]) -> str:
    """One line of the table: what a bare request costs, what respstart adds, as a share of that, and of what the others add."""
    bare = costs["bare"]
    added = {each: [a - b for a, b in zip(costs[each], bare, strict=True)] for each in VARIANTS}

    def median_ratio(over: list[float], under: list[float], show: Callable[[float], str]) -> str:
        return show(statistics.median(a / b for a, b in zip(over, under, strict=True)))

    cells = [
        framework,
        f"{statistics.median(bare):,.0f}",
        f"{statistics.median(added['respstart']):+,.0f}",
        median_ratio(added["respstart"], bare, "{:+.0%}".format),
        *(median_ratio(added["respstart"], added[peer], "{:.2f}".format) for peer in _PEERS),
        median_ratio(added["bare again"], bare, "{:+.1%}".format),
    ]
    return f"| {' | '.join(cells)} |"


def heading(unit: str) -> list[str]:
    """The head of the table."""
    columns = [
        "application", f"bare, {unit}", "respstart adds", "share of bare", *(f"of what {peer} adds" for peer in _PEERS), "A/A",
    ]  # fmt: skip
    return [f"| {' | '.join(columns)} |", "|---|" + "---:|" * (len(columns) - 1)]


def page(unit: str, table: list[str], rounds: int) -> str:
    """The table as a page of the documentation."""
    packages = ("respstart", *FRAMEWORKS, "opentelemetry-sdk", "sentry-sdk")
    return "\n".join([
        "# What it costs", "",
        "Written by `python benchmarks/clean_path.py --write docs/reference/cost.md`. A clean request (nothing comes too late) to a",
        "hello-world application, in process, without a server: the dearest case as a share. OpenTelemetry samples every request and exports",
        "nowhere; Sentry makes a transaction of every request and sends nothing; format_stack is a middleware that formats the stack of every",
        f"start for a log that is switched off. Medians of {rounds} rounds, each ratio within its round. A/A is the noise.", "",
        *table, "",
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}; "
        + ", ".join(f"{name} {version(name)}" for name in packages) + ".", "",
    ])  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("applications", nargs="*", metavar="application", help=f"{', '.join(FRAMEWORKS)}; without one, all")
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--write", type=Path, help="write the table as a page to this file")
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(*options.worker)
        return
    unit, _ = counter()
    table = heading(unit)
    print(*table, sep="\n", flush=True)
    for framework in options.applications or FRAMEWORKS:
        table.append(row(framework, measure(framework, options.rounds, options.requests)))
        print(table[-1], flush=True)
    if options.write:
        options.write.write_text(page(unit, table, options.rounds))


if __name__ == "__main__":
    main()
