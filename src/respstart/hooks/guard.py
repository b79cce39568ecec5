"""A failure inside respstart never reaches the application: it is counted, said once, and the probe is disarmed after three.

Guards catch `Exception` only, and the application's own call always stands outside of them.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from dataclasses import dataclass, field

DISARM_AFTER = 3


@dataclass(slots=True, eq=False)
class Probe:
    """One applied hook point. `armed` is the first thing that its wrapper looks at."""

    integration: str
    kind: str
    site: str
    armed: bool = True
    faults: int = 0
    reason: str = ""


# What went wrong inside respstart, by probe, type and line.
faults: Counter[str] = Counter()
_core = Probe("respstart", "core", "hooks")


@dataclass(slots=True)
class Say:
    """Where a fault is said. Replaced by tests."""

    lines: list[str] = field(default_factory=list)

    def __call__(self, text: str) -> None:
        try:
            sys.stderr.write(f"respstart: {text}\n")
        except Exception:  # a closed stderr must not make a small fault a large one
            self.lines.append(text)


say = Say()


def fault(error: Exception, probe: Probe | None = None) -> None:
    """Count a failure of respstart, say it the first time, and disarm its probe after the third. Never fails.

    Its text is not said: it may quote what the application sent.
    """
    try:
        _count(error, probe or _core)
    except Exception:  # at the limit of recursion, or of memory, there is no room for words
        return


def _count(error: Exception, probe: Probe) -> None:
    where = f"{probe.integration}: {probe.site}: {type(error).__name__} at {_raised_at(error)}"
    faults[where] += 1
    probe.faults += 1
    if faults[where] == 1:
        say(f"RS901 a hook failed and was skipped ({where}); the application is not affected")
    if probe is not _core and probe.faults >= DISARM_AFTER and probe.armed:
        probe.armed = False
        probe.reason = f"disarmed after {probe.faults} failures, the last one {type(error).__name__}"


def _raised_at(error: Exception) -> str:
    """The line that raised, for whoever is to mend it."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return "?"
    return f"{os.path.basename(traceback.tb_frame.f_code.co_filename)!a}:{traceback.tb_lineno}".replace("'", "")
