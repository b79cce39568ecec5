"""No test depends on where it runs: what tools show in CI, in colour or on wide terminals is chosen by the test that asks for it."""

from __future__ import annotations

import os

for name in ("CI", "BUILD_NUMBER", "GITHUB_ACTIONS", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"):
    os.environ.pop(name, None)
