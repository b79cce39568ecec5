"""A process for each variant of an application, all of them alive at once: each is asked in turn what requests cost it.

    python -m benchmarks.worker FRAMEWORK VARIANT COUNTING DUMPS

answers each line `KIND SIZE REQUESTS` on standard input with the cost of one request. The kinds are those of `_ask`.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple, Self

from benchmarks.applications import application
from benchmarks.clients import Ask, client
from benchmarks.counter import callgrind, meter, start_counting
from benchmarks.peers import switch_on

ROOT = Path(__file__).parents[1]
_WARM_UP = 100  # requests, until the interpreter has specialised what it runs
Costs = dict[str, list[float]]  # of one request, by variant, one for each round


class Shape(NamedTuple):
    """What a request is like: `kind` is one of hello, chunks, headers, layers and outer, of which there are `size`."""

    kind: str
    size: int


HELLO = Shape("hello", 0)


def work(framework: str, variant: str, counting: str, dumps: str) -> None:
    """Answer the lines on standard input."""
    wrap = switch_on(variant, framework)
    cost = meter(counting, Path(dumps))

    @cache
    def app(layers: int):
        return wrap(application(framework, layers))

    @cache
    def ask(shape: Shape) -> Ask:
        paths = {"chunks": f"/chunks/{shape.size}", "headers": f"/headers/{shape.size}"}
        layers, outer = (shape.size if shape.kind == kind else 0 for kind in ("layers", "outer"))
        asking = client(framework, app(layers), paths.get(shape.kind, "/"), outer)
        asking(max(1, _WARM_UP // (shape.size if shape.kind == "chunks" else 1)))
        return asking

    print("ready", flush=True)
    for line in sys.stdin:
        kind, size, number = line.split()
        asking = ask(Shape(kind, int(size)))
        print(cost(partial(asking, int(number))) / int(number), flush=True)
    sys.stdout.flush()
    os._exit(0)  # exporters' threads are of no interest any more


def environment() -> dict[str, str]:
    """For a process that measures: nothing but it says what is switched on, and no hash differs from run to run."""
    chosen = {name: value for name, value in os.environ.items() if not name.startswith(("RESPSTART", "OTEL_", "SENTRY_"))}
    return {**chosen, "PYTHONHASHSEED": "0"}


class Workers:
    """The processes of one application, one for each variant; to be left like a file. `counting` is one of COUNTINGS."""

    def __init__(self, framework: str, variants: Iterable[str], counting: str = "process") -> None:
        self._framework, self._counting = framework, counting
        self._folder = tempfile.TemporaryDirectory()
        self._processes: dict[str, subprocess.Popen[str]] = {}
        for number, variant in enumerate(variants):
            dumps = Path(self._folder.name, str(number))
            command = [sys.executable, "-W", "ignore", "-m", "benchmarks.worker", framework, variant, counting, str(dumps)]
            self._processes[variant] = subprocess.Popen(
                [*(callgrind(dumps) if counting == "callgrind" else []), *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment()
            )

    def __enter__(self) -> Self:
        for variant, process in self._processes.items():
            if process.stdout.readline() != "ready\n":
                raise SystemExit(f"{self._framework}, {variant}: the worker failed")
            if self._counting == "callgrind":
                start_counting(process.pid)
        return self

    def __exit__(self, *failure: object) -> None:
        for process in self._processes.values():
            process.stdin.close()
        for process in self._processes.values():
            process.wait()
            process.stdout.close()
        self._folder.cleanup()

    def costs(self, shape: Shape, rounds: int, requests: int) -> Costs:
        """What a request costs each variant, in rounds of shuffled order after one that does not count."""
        found: Costs = {variant: [] for variant in self._processes}
        for variant in found:
            self._tell(variant, shape, 1)
        for variant in found:
            self._answer(variant)
        for _ in range(rounds):
            order = random.sample(list(found), len(found))
            for together in [[variant] for variant in order] if self._counting == "process" else [order]:  # nothing disturbs the others
                for variant in together:
                    self._tell(variant, shape, requests)
                for variant in together:
                    found[variant].append(self._answer(variant))
        return found

    def _tell(self, variant: str, shape: Shape, requests: int) -> None:
        print(*shape, requests, file=self._processes[variant].stdin, flush=True)

    def _answer(self, variant: str) -> float:
        line = self._processes[variant].stdout.readline()
        if not line:
            raise SystemExit(f"{self._framework}, {variant}: the worker failed")
        return float(line)


if __name__ == "__main__":
    work(*sys.argv[1:])
