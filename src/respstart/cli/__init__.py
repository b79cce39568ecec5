"""The command line: one module per command, each with `add(commands)` and the function that runs it.

Exit codes: 0 clean, 1 findings, 2 usage or run-time error, 130 interrupted; `run` ends with the code of the command it ran.
"""

from __future__ import annotations

import argparse
import os
import sys

from respstart import __version__
from respstart.cli import demo, doctor, explain, report, run, schema, watch
from respstart.errors import RespstartError

_COMMANDS = (run, demo, explain, report, watch, doctor, schema)


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code. `argv` is without the program's name; None means `sys.argv[1:]`."""
    try:
        arguments = parser().parse_args(argv)
        code: int = arguments.execute(arguments)
        sys.stdout.flush()
        return code
    except RespstartError as error:
        print(f"respstart: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader has seen enough. What is still buffered goes nowhere, so that the interpreter's last flush is quiet too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line, for the documentation too."""
    whole = argparse.ArgumentParser(
        prog="respstart",
        description="Names the line that started the HTTP response when a later change comes too late.",
        allow_abbrev=False,
    )
    whole.add_argument("--version", action="version", version=f"respstart {__version__}")
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add(commands)
    return whole
