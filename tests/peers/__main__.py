"""The suites of the peers with and without respstart: `python -m tests.peers flask starlette --way flag`. Prints every test that differs."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # as pytest does, so that the modules have one name

from environments import ROOT, Environment, NotMadeError
from peers.comparing import differences, flaky
from peers.running import Run, Way, run
from peers.suites import Suite, table

_PLAIN = Way("plain")


def ways(overlay: Path) -> dict[str, Way]:
    """The three ways to have respstart there; `overlay` is a folder with respstart and what it needs."""
    return {
        "install": Way("install", True, overlay, {"RESPSTART": "1"}),
        "flag": Way("flag", True, overlay, options=("--trace-response-start", "--response-start-fail-on=none")),
        "off": Way("off", False, overlay),
    }


class Checker:
    """Compares one suite's runs; those without respstart are shared by all ways."""

    def __init__(self, suite: Suite, environment: Environment, without: Way = _PLAIN) -> None:
        self._suite = suite
        self._environment = environment
        self._without = without
        self._plain: list[Run] = []

    def check(self, way: Way) -> bool:
        """Print what came of one way; whether there was something to compare and nothing differed.

        A difference has to show itself twice: then the suite is run once more both ways.
        """
        began = time.monotonic()
        plain, traced = self._runs(1), [self._run(way)]
        if next(differences(plain, traced), None):
            plain, traced = self._runs(2), [*traced, self._run(way)]
        found = list(differences(plain, traced))
        passed = sum(outcome.word == "passed" for outcome in plain[0].values())
        word = "DIFF" if found else "SAME" if passed else "NONE"
        print(f"{word} {self._suite.name} {self._suite.version} {way.name}: {len(plain[0])} tests, {passed} passed without respstart, "
              f"{len(found)} differ, {time.monotonic() - began:.0f} s", flush=True)  # fmt: skip
        for line in (*found, *(f"  flaky  {test}" for test in flaky(plain, traced))):
            print(line, flush=True)
        return word == "SAME"

    def _runs(self, count: int) -> list[Run]:
        while len(self._plain) < count:
            self._plain.append(self._run(self._without))
        return self._plain

    def _run(self, way: Way) -> Run:
        return run(self._suite, self._environment, way)


def main() -> int:
    """Run the suites; the exit status is 1 when anything differed or nothing could be compared, 2 when an environment was not made."""
    suites = table()
    parser = argparse.ArgumentParser(prog="python -m tests.peers", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"all of them without it: {', '.join(suites)}")
    parser.add_argument(
        "--way", action="append", choices=list(ways(ROOT)), help="how respstart is there; may be repeated; default: install"
    )
    chosen = parser.parse_args()
    if unknown := set(chosen.suites) - suites.keys():
        parser.error(f"no such suite: {', '.join(sorted(unknown))}")
    try:
        overlay = Environment.kept("peers/respstart")
        overlay.make("--editable", str(ROOT))
    except NotMadeError as error:
        print(f"respstart could not be installed: {error}", file=sys.stderr)
        return 2
    status = 0
    for suite in (suites[name] for name in chosen.suites or suites):
        status = max(status, check(suite, [ways(overlay.packages)[name] for name in chosen.way or ["install"]]))
    return status


def check(suite: Suite, asked: list[Way]) -> int:
    """Run one suite in the ways that were asked for; the exit status."""
    if suite.missing:
        print(f"NONE {suite.name}: {suite.missing}")
        return 0
    try:
        checker = Checker(suite, suite.environment())
        same = [checker.check(way) for way in asked if not (suite.unittest and way.options)]
    except NotMadeError as error:
        print(f"NONE {suite.name}: {error}", file=sys.stderr)
        return 2
    return int(not all(same))


if __name__ == "__main__":
    sys.exit(main())
