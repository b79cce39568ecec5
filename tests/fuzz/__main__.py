"""Many sequences: `python -m tests.fuzz --sequences 100000 --seed 1`. Prints every kind of difference once, the smallest sequence of it."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # as pytest does, so that the modules have one name

from fuzz.comparing import Difference, differences, smallest

_BATCH = 1000


def main() -> int:
    """Run the campaign; the exit status is 1 when anything was different."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--sequences", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--show", type=int, default=3, help="how many differences are printed, made small")
    chosen = parser.parse_args()
    counts: Counter[str] = Counter()
    found: list[Difference] = []
    first = chosen.seed * 10_000_000  # no two runs with different seeds share a sequence
    for start in range(first, first + chosen.sequences, _BATCH):
        found += differences(range(start, min(start + _BATCH, first + chosen.sequences)), counts)
    for difference in found[: chosen.show]:
        print(smallest(difference), end="\n\n")
    told = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    print(f"Python {sys.version.split()[0]}, seed {chosen.seed}: {chosen.sequences} sequences, {len(found)} differ ({told})")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
