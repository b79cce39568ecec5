"""Findings of processes that tests start: servers in a subprocess, forked workers. They come through a file."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from respstart.model import Evidence, Finding
from respstart.reporters.jsonl import JsonLines
from respstart.settings import as_text


class Children:
    """Switches respstart on in every Python that is started from now on, and reads what they found."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="respstart-"))
        self._path = self._folder / "findings.jsonl"
        self._forked = JsonLines(str(self._path))
        self._read = 0
        self._before: dict[str, str] = {}
        chosen = {f"RESPSTART_{name.upper()}": as_text(value) for name, value in settings.items() if value is not None}
        self._switch = {"RESPSTART": "1", **chosen, "RESPSTART_FILE": str(self._path)}

    def starts(self) -> None:
        """From now on."""
        self._before = {name: value for name, value in os.environ.items() if name.startswith("RESPSTART")}
        os.environ.update(self._switch)

    def report(self, finding: Finding, evidence: Evidence) -> None:
        """Called in a forked child, which has this object from its parent."""
        self._forked.report(finding, evidence)

    def findings(self) -> list[Finding]:
        """What has come since the last call."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._read)
                text = file.read()
        except OSError:  # nobody has written yet
            return []
        complete = text[: text.rfind(b"\n") + 1]
        self._read += len(complete)
        return [finding for line in complete.splitlines() if (finding := _finding(line))]

    def close(self) -> None:
        """Leave the environment as it was found, and nothing behind."""
        for name in [name for name in os.environ if name.startswith("RESPSTART")]:
            del os.environ[name]
        os.environ.update(self._before)
        self._forked.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _finding(line: bytes) -> Finding | None:
    try:
        return Finding.from_dict(json.loads(line))
    except ValueError:  # the last line of a full file
        return None
