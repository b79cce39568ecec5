"""Pages that tell a story: files to save, changes to them and commands with their output, done as a reader would do them.

`python tests/docs/narrated.py PAGE...` writes the output of the commands into the pages anew.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SAVED = re.compile(r"as `([\w./]+)`:\s*$")
CHANGED = re.compile(r"Change `(\w+)` in `([\w./]+)`:\s*$")
CHANGING = re.compile(r" *\d+\.\d+ ?m?s|\bid [0-9a-f]{16}|={2,}")  # from run to run


def retold(page: str, folder: Path) -> str:
    """The page with what the commands print now, where that is not the same."""
    told, end = [], 0
    for fence in FENCE.finditer(page):
        before, (language, text) = page[end : fence.start()], fence.groups()
        told.append(before)
        told.append(f"```{language}\n{''.join(_done(before, language, text, folder))}```")
        end = fence.end()
    return "".join([*told, page[end:]])


def _done(before: str, language: str, text: str, folder: Path) -> Iterator[str]:
    if language == "console":
        commands = [line for line in text.splitlines() if line.startswith("$ ")]
        printed = "".join(f"{command}\n{_output(command[2:], folder)}" for command in commands)
        yield text if _alike(printed) == _alike(text) else printed
        return
    saved, changed = SAVED.search(before), CHANGED.search(before)
    if saved:
        (folder / saved[1]).write_text(text, encoding="utf-8")
    elif changed:
        path = folder / changed[2]
        path.write_text(_with_function(path.read_text(encoding="utf-8"), changed[1], text), encoding="utf-8")
    yield text


def _with_function(source: str, name: str, text: str) -> str:
    """The source with its function `name`, from the decorators on, replaced by `text`."""
    found = re.search(rf"^(@.*\n)*def {name}\(.*?(?=\n\n\n|\Z)", source, re.MULTILINE | re.DOTALL)
    return source.replace(found[0], text.rstrip("\n"))


def _output(command: str, folder: Path) -> str:
    words = command.split()
    if words[0] == "python":
        words[0] = sys.executable
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("RESPSTART", "PYTEST"))}
    environment |= {"COLUMNS": "80", "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "respstart.pytest_plugin"}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert not done.stderr, done.stderr
    return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())


def _alike(text: str) -> str:
    return re.sub(r"\s+", " ", CHANGING.sub("", text))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as folder:
            Path(name).write_text(retold(Path(name).read_text(encoding="utf-8"), Path(folder)), encoding="utf-8")
