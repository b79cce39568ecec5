"""What respstart costs, measured on this machine.

    python -m benchmarks [--quick] [--callgrind] [--applications flask,django]

`--quick` measures beside OpenTelemetry only, in a few rounds. `--callgrind` has valgrind count instructions, exactly, where the kernel does
not let perf_event_open count them: nothing else that runs on the machine disturbs that.
"""

from __future__ import annotations

import argparse

from benchmarks import clean
from benchmarks.applications import FRAMEWORKS
from benchmarks.counter import counter


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--applications", default=",".join(FRAMEWORKS), help="%(default)s")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, OpenTelemetry alone beside respstart")
    parser.add_argument("--callgrind", action="store_true", help="count instructions with valgrind")
    options = parser.parse_args()
    rounds, requests = (2, 30) if options.callgrind else (5, 100) if options.quick else (21, 300)
    variants = ("bare", "bare again", "respstart", "OpenTelemetry") if options.quick else clean.VARIANTS
    unit = "instructions" if options.callgrind else counter()[0]
    print(*clean.heading(unit), sep="\n", flush=True)
    for framework, costs in clean.measure(options.applications.split(","), variants, rounds, requests, "callgrind" if options.callgrind else "process"):
        print(clean.row(framework, costs), flush=True)


if __name__ == "__main__":
    main()
