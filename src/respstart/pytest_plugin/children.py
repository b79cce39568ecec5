"""Findings of processes that tests start: servers in a subprocess, forked workers. They come through a folder of files."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from respstart.autostart import TESTS
from respstart.model import Evidence, Finding
from respstart.settings import as_text
from respstart.testing.child import FINDINGS, OPEN, TEST, Child


class Children:
    """Switches respstart on in every Python that is started from now on, and reads what they found."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="respstart-"))
        self._forked = Child(self._folder)
        self._read = 0
        self._before: dict[str, str | None] = {}
        chosen = {f"RESPSTART_{name.upper()}": as_text(value) for name, value in settings.items() if value is not None}
        self._switch = {"RESPSTART": "1", **chosen, TESTS: str(self._folder)}

    def starts(self) -> None:
        """From now on."""
        self._before = {name: os.environ.get(name) for name in self._switch}
        os.environ.update(self._switch)

    def runs(self, nodeid: str | None) -> None:
        """Tell them which test is running now. In one step: nobody is to read a half."""
        fresh = self._folder / f"{TEST}.new"
        fresh.write_bytes(os.fsencode(nodeid or ""))
        fresh.replace(self._folder / TEST)

    def started(self, record: Any) -> None:
        """Called in a forked child, which has this object from its parent."""
        self._forked.started(record)

    def report(self, finding: Finding, evidence: Evidence) -> None:
        """The same."""
        self._forked.report(finding, evidence)

    def are_answering(self) -> bool:
        """Whether one of them has started a response that has not come to its end."""
        return any(self._folder.glob(f"{OPEN}*"))

    def abandon(self) -> None:
        """Wait no more for the responses that they are at."""
        for mark in self._folder.glob(f"{OPEN}*"):
            mark.unlink(missing_ok=True)

    def findings(self) -> list[Finding]:
        """What has come since the last call."""
        text = _tail(self._folder / FINDINGS, self._read)
        complete = text[: text.rfind(b"\n") + 1]
        self._read += len(complete)
        return [finding for line in complete.splitlines() if (finding := _finding(line))]

    def close(self) -> None:
        """Leave the environment as it was found, and nothing behind."""
        for name, value in self._before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        self._forked.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _tail(path: Path, start: int) -> bytes:
    """What a file holds from `start` on; by the calls of the system, because tests replace `open`."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:  # nobody has written yet
        return b""
    try:
        os.lseek(descriptor, start, os.SEEK_SET)
        return b"".join(iter(lambda: os.read(descriptor, 1 << 20), b""))
    finally:
        os.close(descriptor)


def _finding(line: bytes) -> Finding | None:
    try:
        return Finding.from_dict(json.loads(line))
    except ValueError:  # the last line of a full file
        return None
