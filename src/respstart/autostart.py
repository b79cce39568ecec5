"""What RESPSTART=1 does in a fresh interpreter: the start-up file and `opentelemetry-instrument` call `start`."""

from __future__ import annotations

import functools
import os
import sys

from respstart.errors import RespstartError

TESTS = "_RESPSTART_TESTS"  # names the folder of the pytest whose test has started this process; no setting


@functools.cache  # virtual environments have their start-up files read twice: a mistake is to be said once
def start() -> None:
    """Install respstart when the environment asks for it. Never raises: the interpreter is still starting."""
    try:
        from respstart import interpreter, settings

        if not settings.switched_on(os.environ):
            return
        if not interpreter.is_main():  # before anything is imported that a subinterpreter may not survive (asyncio in CPython 3.12.1)
            raise RespstartError(interpreter.SUBINTERPRETER)
        if os.environ.get(TESTS):
            from respstart.testing import child

            child.join(os.environ[TESTS])
        else:
            import respstart

            respstart.install()
    except Exception as error:
        if sys.stderr:
            print(f"respstart: not switched on: {error or type(error).__name__}", file=sys.stderr)
