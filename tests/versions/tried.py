"""Write down which versions the contract tests have just passed with: `python tests/versions/tried.py oldest|oldest-others|newest`."""

from __future__ import annotations

import json
import platform
import re
import sys
from importlib.metadata import version
from pathlib import Path

FOLDER = Path(__file__).parent
TRIED = FOLDER.parents[1] / "src" / "respstart" / "integrations" / "tried.json"


def tried(which: str) -> dict[str, str]:
    """The versions installed here of all that the file of requirements names, and of Python."""
    lines = (FOLDER / f"{which}.txt").read_text(encoding="utf-8").splitlines()
    names = [re.match(r"[\w.-]+", line)[0] for line in lines if line and not line.startswith("#")]
    return {"python": platform.python_version()} | {name: version(name) for name in names}


if __name__ == "__main__":
    known = json.loads(TRIED.read_text(encoding="utf-8")) if TRIED.exists() else {}
    known[sys.argv[1]] = tried(sys.argv[1])
    TRIED.write_text(json.dumps(dict(sorted(known.items(), reverse=True)), indent=2) + "\n", encoding="utf-8")
