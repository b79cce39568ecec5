"""One application, run under respstart and compared with what is known of it."""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import logging
import re
import sys
import tempfile
import warnings
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import respstart
from generated import server
from generated.parts import NOBODY, Fate, Markers
from generated.programs import App
from respstart import tracer
from respstart.model import Finding, Writer


@dataclass(frozen=True)
class Problem:
    """Something that is not as it has to be: `kind` is wrong, missing or false."""

    kind: str
    text: str
    about: str = ""  # endpoint and fault, to tell problems of one kind from those of another

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


@dataclass
class Checked:
    """What came of one application."""

    source: str
    problems: list[Problem]
    findings: int
    starts: int

    def __str__(self) -> str:
        lines = self.source.splitlines()
        head = lines.index("class Refused(Exception):") - 1  # the imports say nothing
        numbered = [f"{number:4} {line}" for number, line in enumerate(lines, 1) if number > head]
        return "\n".join([*numbered, "", *map(str, self.problems)])


@contextlib.contextmanager
def watching() -> Iterator[Checker]:
    """respstart in this process, with the test's own server known as one, and a folder for the applications."""
    with respstart.tracing(mode="collect", otel="off"), tempfile.TemporaryDirectory(prefix="generated-") as folder, _quiet():
        tracer.attribution().origins.add(server.__name__, "server")
        checker = Checker(Path(folder))
        removals = [respstart.on_finding(checker.found), tracer.add_on_start(checker.started)]
        try:
            yield checker
        finally:
            for remove in removals:
                remove()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The applications fail on purpose; what the frameworks log about it is not the subject."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    logging.disable(before)


_numbers = itertools.count(1)  # of all checkers: Django knows the routes of a module by its name


class Checker:
    """Runs applications, and takes what respstart says meanwhile."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._findings: dict[str, list[Finding]] = defaultdict(list)
        self._starts: dict[str, Writer] = {}

    def found(self, finding: Finding) -> None:
        self._findings[finding.request.id].append(finding)

    def started(self, record: Any) -> None:
        self._starts[record.describe().id] = tracer.attribution().start_writer(record.start)[0]

    def check(self, app: App) -> Checked:
        """Write, import and ask one application."""
        self._findings.clear()
        self._starts.clear()
        source = app.source()
        file = self._folder / f"shop_{next(_numbers)}.py"
        file.write_text(source, encoding="utf-8")
        module = _imported(file)
        protocol = app.framework.protocol
        server.ask(respstart.asgi(module.app) if protocol == "asgi" else module.app, protocol, app.requests())
        lines = _Lines(file, source)
        problems = []
        for path, name in app.requests():
            fate, route = app.fates()[name.partition("-")[0]], app.routes[int(name[1:].partition("-")[0])]
            about = f"{type(route.endpoint).__name__} {route.fault.kind}"
            problems += [Problem(kind, f"{path} ({name}): {text}", about) for kind, text in self._compared(name, fate, lines)]
        problems += [Problem("false", f"{name}: a request that was never made") for name in self._findings.keys() - _ids(app)]
        checked = Checked(source, problems, sum(map(len, self._findings.values())), len(self._starts))
        if not problems:
            file.unlink()
        return checked

    def _compared(self, name: str, fate: Fate, lines: _Lines) -> Iterator[tuple[str, str]]:
        if not fate.certain:
            return
        author = self._starts.get(name)
        if (author is None) is bool(fate.first):
            yield "missing" if author is None else "false", f"the start of {lines.of(fate.first)} was {author and lines.place(author)}"
        elif author is not None and not lines.has(fate.first, author):
            yield "wrong", f"started by {lines.of(fate.first)}, named is {lines.place(author)}"
        left = list(self._findings.get(name, ()))
        for expected in fate.findings:
            found = next((each for each in left if each.rule in expected.rules), None)
            if found is None:
                yield "missing", f"{'/'.join(expected.rules)} by {lines.of(expected.late)}"
                continue
            left.remove(found)
            if not lines.has(fate.first, found.first_writer):
                yield "wrong", f"{found.rule} started by {lines.of(fate.first)}, named is {lines.place(found.first_writer)}"
            if not lines.has(expected.late, found.late_writer):
                yield "wrong", f"{found.rule} late by {lines.of(expected.late)}, named is {lines.place(found.late_writer)}"
        for each in left:
            late = lines.place(each.late_writer)
            yield "false", f"{each.rule} {each.subject or ''} started {lines.place(each.first_writer)}, late {late}: {each.message}"


def _ids(app: App) -> set[str]:
    return {name for _, name in app.requests()}


def _imported(file: Path) -> Any:
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[file.stem] = importlib.util.module_from_spec(spec)  # Django looks its middleware up by name
    spec.loader.exec_module(module)
    return module


class _Lines:
    """The markers of one file."""

    def __init__(self, file: Path, source: str) -> None:
        self._file = str(file)
        self._numbers: dict[str, set[int]] = defaultdict(set)
        for number, line in enumerate(source.splitlines(), 1):
            for marker in re.findall(r"<(\w+:\w+)>", line):
                self._numbers[marker].add(number)

    def has(self, markers: Markers, writer: Writer | None) -> bool:
        """Whether a writer is at one of the markers."""
        if writer is None or writer.file is None:
            return NOBODY in markers
        return writer.file == self._file and any(writer.line in self._numbers[marker] for marker in markers if marker)

    def of(self, markers: Markers) -> str:
        return " or ".join(f"{marker or 'nobody'} {sorted(self._numbers[marker])}" for marker in markers) or "nobody"

    def place(self, writer: Writer | None) -> str:
        if writer is None or writer.file is None:
            return "nobody" if writer is None else f"nobody ({writer.reason})"
        where = "line" if writer.file == self._file else writer.file
        return f"{where} {writer.line} in {writer.function} ({writer.basis})"
