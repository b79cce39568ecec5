"""What programs that tests start need of their environment."""

from __future__ import annotations

import os
from pathlib import Path


def environment(**more: str) -> dict[str, str]:
    """The environment without respstart's settings; what the tests share can be imported."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RESPSTART")}
    path = os.pathsep.join(filter(None, [str(Path(__file__).parent), inherited.get("PYTHONPATH")]))
    return {**inherited, "PYTHONPATH": path, **more}
