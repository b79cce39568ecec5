"""Pages that tell a story, done as a reader would do them: files saved, functions changed, commands run, servers started and asked.

What a block is, its language and the words before it say:

| words or content | what is done |
|---|---|
| "... as `shop.py`:" | the file is saved |
| "Change `name` in `shop.py`:" | the function (or class) is replaced |
| a command of SERVERS | the server runs until the next one starts, or the page ends |
| `$ curl ...` | the server is asked; the block shows what curl would print |
| any other command | it is run to its end; the block shows its output |
| "... says:" | the block shows what the server has reported since it was last told |

`python tests/docs/narrated.py PAGE...` writes the output into the pages anew. They say port 8000; a free one is taken.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from respstart.testing.servers import free_port

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TOLD = [*DOCS.glob("tutorial/*.md"), *(DOCS / "how-to" / f"{name}.md" for name in ("django", "fastapi", "flask", "gunicorn", "uvicorn"))]

FENCE = re.compile(r"^```(\S+)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SAVED = re.compile(r"as\s+`([\w./]+)`:\s*$")
CHANGED = re.compile(r"Change\s+`(\w+)`\s+in\s+`([\w./]+)`:\s*$")
SAYS = re.compile(r"\bsays:\s*$")
SERVERS = re.compile(r"\$ (?:RESPSTART\w*=\S+ )*(?:respstart run )?(gunicorn|uvicorn|flask|python manage\.py runserver)\b")
REPORT = re.compile(r"^RS\d{3} .*?^SUMMARY: .*?$\n", re.MULTILINE | re.DOTALL)
CHANGING = r" *\d+\.\d+ ?m?s|\bid [0-9a-f]{16}|={2,}|^(?:date|server): .*$|session=[^;]+"  # from run to run
if sys.version_info < (3, 12):
    CHANGING += r"|^  returned at .*$"  # nothing tells it there
MODULES = ("respstart", "pytest", "gunicorn", "uvicorn", "flask", "django")
PATIENCE = 30


class Block(NamedTuple):
    """A fenced block, and the words before it as far as the block before."""

    before: str
    language: str
    text: str

    def is_told(self) -> bool:
        """Whether a reader does it, or sees what comes of it."""
        return self.language == "console" or any(words.search(self.before) for words in (SAVED, CHANGED, SAYS))


def blocks(page: str) -> Iterator[Block]:
    """All blocks of a page, in their order."""
    end = 0
    for fence in FENCE.finditer(page):
        yield Block(page[end : fence.start()], *fence.groups())
        end = fence.end()


def retold(page: str, folder: Path) -> str:
    """The page with what is printed now, where that is not the same."""
    with Reader(folder) as reader:
        for block in blocks(page):
            shown = reader.do(block)
            if alike(shown) != alike(block.text):
                page = page.replace(f"```{block.language}\n{block.text}```", f"```{block.language}\n{shown}```", 1)
    return page


class Reader(contextlib.ExitStack):
    """Somebody who does what a page tells, in a folder of his own, with at most one server running."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.port = free_port()
        self.log = folder / "server.log"
        self.told = 0  # how much of the log has been told

    def do(self, block: Block) -> str:
        """Do one block; returns what should stand in it."""
        saved, changed = SAVED.search(block.before), CHANGED.search(block.before)
        if saved:
            path = self.folder / saved[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif changed:
            path = self.folder / changed[2]
            path.write_text(_with_definition(path.read_text(encoding="utf-8"), changed[1], block.text), encoding="utf-8")
        elif SAYS.search(block.before):
            return self.reports(block.text.count("SUMMARY: "))
        elif block.language == "console":
            commands = [line for line in block.text.splitlines() if line.startswith("$ ")]
            return "".join(f"{command}\n{self.run(command)}" for command in commands)
        return block.text

    def run(self, command: str) -> str:
        """What a command prints."""
        words = command.replace("8000", str(self.port))[2:].split()
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("RESPSTART", "PYTEST"))}
        environment |= {
            "COLUMNS": "80", "HOME": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "respstart.pytest_plugin",
        }  # fmt: skip
        while "=" in words[0]:
            name, value = words.pop(0).split("=", 1)
            environment[name] = value
        if words[0] == "curl":
            return asked(words[1:])
        words[:1] = [sys.executable, "-m", words[0]] if words[0] in MODULES else [sys.executable] if words[0] == "python" else words[:1]
        if SERVERS.match(command):
            self.serve(words, environment)
            return ""
        done = subprocess.run(words, cwd=self.folder, env=environment, capture_output=True, text=True, check=False, timeout=120)
        assert not done.stderr, done.stderr
        return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())

    def serve(self, words: list[str], environment: dict[str, str]) -> None:
        """Start a server in the place of the one before, and wait for its port."""
        self.close()
        self.told = 0
        output = self.enter_context(self.log.open("wb"))
        server = subprocess.Popen(
            words, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        self.callback(_end, server)
        deadline = time.monotonic() + PATIENCE
        while server.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError, http.client.HTTPException):
                http.client.HTTPConnection("127.0.0.1", self.port, timeout=1).connect()
                return
            time.sleep(0.05)
        raise AssertionError(self.log.read_text(encoding="utf-8"))

    def reports(self, expected: int) -> str:
        """The reports that the server has printed and that were not told yet, waited for until there are as many as expected."""
        deadline = time.monotonic() + PATIENCE
        while True:
            log = self.log.read_text(encoding="utf-8")[self.told :]
            found = REPORT.findall(log)
            if len(found) >= expected or time.monotonic() > deadline:
                self.told += len(log)
                return "\n".join(found) or log
            time.sleep(0.05)


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.wait(5)
    with contextlib.suppress(OSError):  # what a reloader has started, and a server that would not end
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()


def asked(arguments: list[str]) -> str:
    """What `curl -i [-X METHOD] [-d DATA] URL` prints, without curl."""
    options = dict(itertools.pairwise(arguments))
    host, _, path = arguments[-1].removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=PATIENCE)
    data = options.get("-d")
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if data else {}
    connection.request(options.get("-X", "POST" if data else "GET"), f"/{path}", data, headers)
    with contextlib.closing(connection), connection.getresponse() as response:
        head = [f"HTTP/1.{response.version % 10} {response.status} {response.reason}", *(f"{name}: {value}" for name, value in response.getheaders())]
        end = ""
        try:
            body = response.read()
        except http.client.IncompleteRead as cut:
            body = cut.partial
            end = "curl: (18) transfer closed with outstanding read data remaining\n"
    text = body.decode()
    return "\n".join([*head, "", text if text.endswith("\n") else f"{text}\n"]) + end


def _with_definition(source: str, name: str, text: str) -> str:
    """The source with its function or class `name`, from the decorators on, replaced by `text`."""
    found = re.search(rf"^(@.*\n)*(async def|def|class) {name}\b.*?(?=\n\n\n|\n*\Z)", source, re.MULTILINE | re.DOTALL)
    return source.replace(found[0], text.rstrip("\n"))


def alike(text: str) -> str:
    """The text without what changes from run to run."""
    return re.sub(r"\s+", " ", re.sub(CHANGING, "", text, flags=re.MULTILINE | re.IGNORECASE))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as folder:
            Path(name).write_text(retold(Path(name).read_text(encoding="utf-8"), Path(folder)), encoding="utf-8")
