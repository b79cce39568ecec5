"""What RESPSTART=1 does in a fresh interpreter: the start-up file and `opentelemetry-instrument` call `start`."""

from __future__ import annotations

import os
import sys


def start() -> None:
    """Install respstart when the environment asks for it. Never raises: the interpreter is still starting."""
    try:
        from respstart import settings

        if settings.switched_on(os.environ):
            import respstart

            respstart.install()
    except Exception as error:
        if sys.stderr:
            print(f"respstart: not switched on: {error or type(error).__name__}", file=sys.stderr)
