"""Whether an interpreter reads respstart's start-up file, told by starting it."""

from __future__ import annotations

import os
import subprocess

_PROBE = "import sys; sys.exit('respstart.autostart' not in sys.modules)"


def is_active(python: str) -> bool:
    """Whether RESPSTART=1 reaches this interpreter. `python` is a path; False as well when it cannot be started."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RESPSTART_")}
    environment |= {"RESPSTART": "1", "RESPSTART_OUTPUT": "off", "RESPSTART_OTEL": "off"}
    try:
        probe = subprocess.run(
            [python, "-c", _PROBE], env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return probe.returncode == 0
