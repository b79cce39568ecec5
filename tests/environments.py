"""Virtual environments for commands that try respstart with other people's packages."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".venvs"


class NotMadeError(Exception):
    """An environment could not be made, or the package index could not be reached; the text is the end of what pip said."""


class Environment:
    """A folder for an environment of one Python; `make` makes it where it is missing."""

    def __init__(self, folder: Path, python: str = sys.executable) -> None:
        self.folder = folder
        self.python = folder / "bin" / "python"
        self._maker = python

    @classmethod
    def kept(cls, name: str, python: str = sys.executable) -> Self:
        """The one of this name and Python in .venvs, where it is found again the next time."""
        version = output(python, "-c", "import platform; print(platform.python_version())")
        return cls(KEPT / f"{name}-{version}", python)

    @cached_property
    def packages(self) -> Path:
        """Where its packages lie."""
        return Path(output(self.python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"))

    def make(self, *requirements: str, anew: bool = False) -> None:
        """Install the requirements (arguments of `pip install`), unless they are what was installed the last time and that will do.

        Raises:
            NotMadeError: pip could not install them.
        """
        stamp = self.folder / "requirements.json"
        wanted = json.dumps(requirements)
        if not anew and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
            return
        self._run(self._maker, "-m", "venv", "--clear", self.folder)
        if requirements:
            self.pip("install", *requirements)
        stamp.write_text(wanted, encoding="utf-8")

    def pip(self, *arguments: str | Path) -> None:
        """Run pip.

        Raises:
            NotMadeError: it failed.
        """
        self._run(self.python, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments)

    def _run(self, *command: str | Path) -> None:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            raise NotMadeError(done.stdout[-1000:].strip())


def output(*command: str | Path) -> str:
    """What a command prints.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
