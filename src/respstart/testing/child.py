"""A process that a test has started, such as a server: pytest is told what it finds, and for which test.

Both sides know a folder. In it `test` holds the node id of the test that is running, `findings.jsonl` what was found, and an
empty file `open-...` stands for each response that has been started and has not come to its end.
"""

from __future__ import annotations

import dataclasses
import os
import weakref
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from respstart.autostart import TESTS
from respstart.looking import beside_the_loop
from respstart.reporters.jsonl import JsonLines

if TYPE_CHECKING:
    from respstart.model import Evidence, Finding

TEST, FINDINGS, OPEN = "test", "findings.jsonl", "open-"


def join(folder: str) -> None:
    """Switch respstart on in this process, for the pytest that watches `folder`: the environment has its settings."""
    from respstart import tracer

    child = Child(Path(folder))
    tracer.install(file=None)
    tracer.add_on_start(child.started)
    tracer.add_reporter(child)


class Child:
    """A reporter for the pytest that watches a folder. When that is over, it is silent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = JsonLines(str(folder / FINDINGS))
        self._tests: weakref.WeakKeyDictionary[Any, str | None] = weakref.WeakKeyDictionary()

    def started(self, record: Any) -> None:
        """A response was started: its findings belong to the test that is running."""
        with beside_the_loop():
            self._tests[record] = self._running()
            self._mark(record)

    def report(self, finding: Finding, evidence: Evidence) -> None:
        """Tell one finding, with its test."""
        with beside_the_loop():
            if os.environ.get(TESTS, str(self._folder)) != str(self._folder) or not self._folder.is_dir():
                return  # this process is a pytest itself now, or the one that watches is over
            record = evidence.record
            test = self._tests[record] if record in self._tests else self._running()
            self._file.report(dataclasses.replace(finding, test=test), evidence)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _mark(self, record: Any) -> None:
        mark = self._folder / f"{OPEN}{os.getpid()}-{id(record)}"
        with suppress(OSError):
            mark.touch()
            weakref.finalize(record, _remove, mark)

    def _running(self) -> str | None:
        try:
            return os.fsdecode((self._folder / TEST).read_bytes()) or None
        except OSError:
            return None


def _remove(mark: Path) -> None:
    with beside_the_loop(), suppress(OSError):
        mark.unlink()
