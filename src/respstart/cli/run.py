"""`respstart run CMD ...`: a command with respstart switched on in every Python that it starts."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import Any, NoReturn

from respstart import settings
from respstart.cli import startup
from respstart.errors import UsageError


def add(commands: Any) -> None:
    """Add the command to the subparsers of `respstart`."""
    parser = commands.add_parser(
        "run", help="run a command with respstart switched on", allow_abbrev=False,
        usage="respstart run [--SETTING VALUE ...] (CMD | FILE.py | -m MODULE) ...",
        description="Sets RESPSTART=1 and becomes the command, whose exit code is the result.",
    )
    for row in settings.help_rows():
        option, text = f"--{row.name.replace('_', '-')}", row.help.replace("%", "%%")
        parser.add_argument(option, dest=row.variable, metavar="VALUE", help=text)
    parser.add_argument("-m", dest="module", action="store_true", help="CMD is a module, as in `python -m`")
    parser.add_argument("argv", nargs=argparse.REMAINDER, metavar="CMD", help="the command and its arguments")
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> NoReturn:
    """Become the command; does not return.

    Raises:
        UsageError: there is no such command, or the start-up file does not reach its Python.
        SettingsError: a setting has a value that is not allowed.
    """
    command = _command(arguments.argv, arguments.module)
    environment = {**os.environ, "RESPSTART": "1", **_as_environment(arguments)}
    settings.load({}, environment)
    python = _python_of(command[0])
    if not startup.is_active(python):
        raise UsageError(
            f"RESPSTART=1 does not reach {python}, because respstart is not installed there. "
            f"Install it ({python} -m pip install respstart), or call respstart.install() in the application."
        )
    sys.stdout.flush()
    os.execve(command[0], command, environment)


def _command(argv: list[str], is_module: bool) -> list[str]:
    argv = argv[1:] if argv[:1] == ["--"] else argv
    if not argv:
        raise UsageError("nothing to run: respstart run CMD ..., respstart run FILE.py, or respstart run -m MODULE")
    if is_module:
        return [sys.executable, "-m", *argv]
    if argv[0].endswith(".py") and Path(argv[0]).is_file():
        return [sys.executable, *argv]
    program = shutil.which(argv[0])
    if program is None:
        raise UsageError(f"there is no command {argv[0]!r}")
    return [program, *argv[1:]]


def _as_environment(arguments: argparse.Namespace) -> dict[str, str]:
    given = {row.variable: getattr(arguments, row.variable) for row in settings.help_rows()}
    return {variable: value for variable, value in given.items() if value is not None}


def _python_of(program: str) -> str:
    """The Python that a program is or that its first line names; otherwise this one, the best guess."""
    if Path(program).name.startswith("python"):
        return program
    with Path(program).open("rb") as file:
        first_line = file.readline(512)
    words = first_line[2:].decode("utf-8", "replace").split() if first_line.startswith(b"#!") else []
    if words and Path(words[0]).name == "env":
        words = [shutil.which(words[-1]) or ""]
    return words[0] if words and Path(words[0]).name.startswith("python") else sys.executable
