"""Fails when a change makes the clean path dearer: `python -m benchmarks.guard`, in a few seconds.

It counts the instructions of the interpreter that respstart adds to a request, and compares them with those in guard.json. They depend on
no clock, no load and no kind of machine: the same code gives the same count, so that a few per cent are seen. What C functions cost it
does not see; `--callgrind` counts the processor's instructions too, and compares their ratio to the bare application's, which holds for
one build of Python. `--store` writes what is counted, after a change that is worth its price or has lowered it.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.worker import HELLO, Workers

STORE = Path(__file__).with_suffix(".json")
FRAMEWORKS = ("starlette", "fastapi", "flask", "django")
LIMIT = 1.05  # times what is stored; the same code gives the same bytecodes, and 0.5 % more or fewer instructions
_REQUESTS = 20

Counts = dict[str, float]  # by framework: alone, and served, which adds what happens where a server is known
_VARIANTS = {"respstart": "", "served": ", served"}


def bytecodes(framework: str) -> Counts:
    """How many bytecode instructions respstart adds to a request."""
    bare, own = _costs(framework, "bytecodes")
    return {name: round(cost - bare, 2) for name, cost in own.items()}


def instructions(framework: str) -> Counts:
    """What respstart adds to a request as a share of the bare application's."""
    bare, own = _costs(framework, "callgrind")
    return {name: round(cost / bare - 1, 4) for name, cost in own.items()}


def _costs(framework: str, counting: str) -> tuple[float, Counts]:
    with Workers(framework, ("bare", *_VARIANTS), counting) as workers:
        costs = workers.costs(HELLO, 1, _REQUESTS)
    return costs["bare"][0], {f"{framework}{words}": costs[variant][0] for variant, words in _VARIANTS.items()}


def count(frameworks: list[str], *, with_callgrind: bool) -> Iterator[tuple[str, Counts]]:
    """What is counted, each with the name under which it is stored: the Python or the build of it for which it holds."""
    with ThreadPoolExecutor(2) as pool:
        if sys.version_info >= (3, 12):
            name = f"bytecodes, Python {sys.version_info.major}.{sys.version_info.minor}"
            yield name, dict(item for counts in pool.map(bytecodes, frameworks) for item in counts.items())
        else:
            print("Python before 3.12 counts no bytecodes (sys.monitoring).")
        if with_callgrind:
            name = f"instructions, Python {platform.python_version()}, {platform.python_compiler()}, {platform.machine()}"
            yield name, dict(item for counts in pool.map(instructions, frameworks) for item in counts.items())


def judge(name: str, counts: Counts, stored: Counts | None) -> bool:
    """Print how the counts stand to the stored ones; whether they keep the limit."""
    print(name)
    if stored is None:
        print("  nothing is stored to compare with: --store")
    kept = True
    for framework, value in counts.items():
        ratio = value / (stored or {}).get(framework, value)
        kept = kept and ratio <= LIMIT
        verdict = "TOO DEAR" if ratio > LIMIT else "cheaper: --store keeps it so" if ratio < 2 - LIMIT else ""
        print(f"  {framework:<18} {value:10,.2f}  {ratio - 1:+7.2%}  {verdict}".rstrip())
    return kept


def main() -> int:
    parser = argparse.ArgumentParser("python -m benchmarks.guard", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--callgrind", action="store_true", help="count the processor's instructions too; takes a minute")
    parser.add_argument("--applications", default=",".join(FRAMEWORKS), help="%(default)s")
    parser.add_argument("--against", type=Path, default=STORE, metavar="FILE", help="what is stored; without it, guard.json")
    parser.add_argument("--store", action="store_true", help="write what is counted there")
    options = parser.parse_args()
    if options.callgrind and not shutil.which("valgrind"):
        parser.error("valgrind is not installed (Debian: apt-get install valgrind)")
    stored = json.loads(options.against.read_text()) if options.against.exists() else {}
    counted = dict(count(options.applications.split(","), with_callgrind=options.callgrind))
    if options.store:
        options.against.write_text(json.dumps({**stored, **counted}, indent=2, sort_keys=True) + "\n")
        return 0
    verdicts = [judge(name, counts, stored.get(name)) for name, counts in counted.items()]
    return 0 if all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
