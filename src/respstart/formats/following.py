"""Files of findings that are still being written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from respstart.formats.reading import Reading, take


class Following:
    """What comes into some files, whether they are there already, come later, are cut short, or are replaced by others."""

    def __init__(self, paths: Iterable[str | Path]) -> None:
        self._files = [_File(Path(path)) for path in paths]

    def fresh(self) -> Reading:
        """What has come since the last time; at first, all that is there. A file that cannot be read has nothing."""
        result = Reading()
        for file in self._files:
            take(file.fresh(), file.path, result)
        return result


class _File:
    """One file, as far as it was read: up to the end of a line, because the last one may still be half written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read = 0  # bytes
        self._last = b""

    def fresh(self) -> list[bytes]:
        """The lines that are new."""
        try:
            with self.path.open("rb") as file:
                # Where the file was cut short or replaced, something else, or nothing, stands where the last line stood.
                file.seek(self._read - len(self._last))
                if file.read(len(self._last)) != self._last:
                    self._read, self._last = 0, b""
                    file.seek(0)
                lines = file.readlines()
        except OSError:
            return []
        if lines and not lines[-1].endswith(b"\n"):
            lines.pop()
        self._read += sum(map(len, lines))
        self._last = lines[-1] if lines else self._last
        return lines
