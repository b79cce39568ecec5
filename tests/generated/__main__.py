"""Many applications: `python -m tests.generated --examples 2000 --seed 1`. Prints what came of them, the smallest of each problem first."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # as pytest does, so that the modules have one name

from hypothesis import HealthCheck, Phase, given, seed, settings

from generated.checking import Checked, watching
from generated.programs import App, apps


def main() -> int:
    """Run the campaign; the exit status is 1 when anything was wrong, missing or false."""
    parser = argparse.ArgumentParser(prog="python -m tests.generated", description=__doc__)
    parser.add_argument("--examples", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--show", type=int, default=1, help="how many kinds of failing applications are printed, the smallest of each")
    chosen = parser.parse_args()
    failed: list[Checked] = []
    counts: Counter[str] = Counter()

    @seed(chosen.seed)
    @settings(
        max_examples=chosen.examples, phases=[Phase.generate], deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(app=apps())
    def campaign(app: App) -> None:
        checked = checker.check(app)
        counts.update(applications=1, requests=len(app.requests()), starts=checked.starts, findings=checked.findings)
        counts.update({problem.kind for problem in checked.problems})
        counts[app.framework.name] += 1
        if checked.problems:
            failed.append(checked)

    with watching() as checker:
        campaign()
    smallest: dict[tuple[str, str], Checked] = {}
    for checked in sorted(failed, key=lambda checked: len(checked.source)):
        smallest.setdefault((checked.problems[0].kind, checked.problems[0].about), checked)
    for checked in list(smallest.values())[: chosen.show]:
        print(checked, end="\n\n")
    names = ("applications", "requests", "starts", "findings", "wrong", "missing", "false")
    print(f"Python {sys.version.split()[0]}, seed {chosen.seed}:", ", ".join(f"{name} {counts[name]}" for name in names))
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
