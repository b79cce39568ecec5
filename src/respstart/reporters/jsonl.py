"""Every occurrence as one line of JSON, appended to a file that several threads and processes may share."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from respstart import files
from respstart.reporters import jsontext
from respstart.reporters.stderr import Stderr

if TYPE_CHECKING:
    from respstart.model import Evidence, Finding

SIZE_LIMIT = 64 * 1024 * 1024

# O_NONBLOCK: a pipe that nobody reads must not stop the application.
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NONBLOCK", 0)


class JsonLines:
    """Appends to `path` (`%p` in it becomes the process id) until the file has `limit` bytes.

    No lock: each line is one write to a descriptor in append mode, and each process opens its own.
    """

    def __init__(self, path: str, limit: int = SIZE_LIMIT) -> None:
        self._path = str(Path(path).absolute())  # now: daemons change their folder
        self._limit = limit
        self._files: dict[int, _File] = {}
        self._stopped: set[int] = set()
        self._stderr = Stderr()

    def report(self, finding: Finding, evidence: Evidence) -> None:  # noqa: ARG002 the signature of a reporter
        """Append one line. The first failure is said on stderr and ends the writing of this process."""
        pid = os.getpid()
        if pid in self._stopped:
            return
        try:
            self._append(pid, jsontext.line(finding).encode())
        except OSError as error:
            self._stopped.add(pid)
            self._stderr.write(f"respstart: no more findings are written to {self._path!a}: {error.strerror}\n")

    def close(self) -> None:
        """Close the file, if this process has opened one."""
        file = self._files.pop(os.getpid(), None)
        if file is not None and file.size() is not None:
            os.close(file.descriptor)

    def _append(self, pid: int, line: bytes) -> None:
        file, size = self._open(pid)
        if size + len(line) <= self._limit:
            file.write(line)
            return
        self._stopped.add(pid)
        if size < self._limit:  # else another process was here, and has said so
            file.write(_last_line(self._limit, pid))

    def _open(self, pid: int) -> tuple[_File, int]:
        """The file of this process, and its size. Keyed by process, so that a child does not use what it inherited."""
        file = self._files.get(pid)
        size = file.size() if file else None
        if file is None or size is None:
            fresh = _File(self._path.replace("%p", str(pid)))
            self._files.pop(pid, None)
            file = self._files.setdefault(pid, fresh)
            if file is not fresh:  # another thread was faster
                os.close(fresh.descriptor)
            size = file.size() or 0
        return file, size


class _File:
    """A descriptor, and which file it is: daemons close all descriptors, and the number may now be somebody's socket."""

    def __init__(self, path: str) -> None:
        self.descriptor = files.descriptor_of(path, _FLAGS)
        status = os.fstat(self.descriptor)
        self._identity = (status.st_dev, status.st_ino)

    def size(self) -> int | None:
        """The size in bytes; None when the descriptor is no longer this file."""
        try:
            status = os.fstat(self.descriptor)
        except OSError:
            return None
        return status.st_size if (status.st_dev, status.st_ino) == self._identity else None

    def write(self, line: bytes) -> None:
        """One write. Raises OSError also when only a part could be written."""
        if os.write(self.descriptor, line) < len(line):
            raise OSError(0, "the file took only a part of a line")


def _last_line(limit: int, pid: int) -> bytes:
    return json.dumps({"respstart": f"process {pid} stopped at the size limit of {limit} bytes"}).encode() + b"\n"
