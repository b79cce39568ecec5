"""`respstart doctor --self-test`: one real late mutation under WSGI and one under ASGI, and what became of them."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TextIO
from wsgiref.handlers import SimpleHandler

import respstart
from respstart import reporters, tracer
from respstart.cli.destinations import destinations
from respstart.model import Evidence, Finding, Writer
from respstart.reporters import plain
from respstart.settings import Settings

_PATH = "/respstart-self-test"
_NOTHING = "nothing came out"


@dataclass(frozen=True, slots=True)
class Trial:
    """One application: what was found, in a line, and what is wrong with it, or None."""

    protocol: str
    found: str
    problem: str | None


@dataclass(slots=True)
class Delivery:
    """One reporter: where it tells, and what is wrong with that, or None. Not everything can be `seen` from this process."""

    reporter: str
    title: str
    what: str
    problem: str | None = None
    seen: bool = False


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What the whole has shown."""

    trials: tuple[Trial, ...]
    deliveries: tuple[Delivery, ...]

    @property
    def passed(self) -> bool:
        """Whether both were found at the right lines, and every reporter has told them."""
        return not any(trial.problem for trial in self.trials) and not any(delivery.problem for delivery in self.deliveries)

    def lines(self) -> Iterator[str]:
        """All of it in words."""
        yield "One late change in a small application of each kind"
        for trial in self.trials:
            yield _row(trial.protocol, "wrong" if trial.problem else "found", "; ".join(filter(None, (trial.found, trial.problem))))
        yield ""
        yield "Where it came out"
        for delivery in self.deliveries:
            state = "failed" if delivery.problem else "seen" if delivery.seen else "told"
            yield _row(delivery.title, state, delivery.problem or delivery.what)
        if not self.deliveries:
            yield "  nowhere: the settings ask for no reporter"
        yield ""
        yield "Passed" if self.passed else "Not passed"


def _row(name: str, state: str, text: str) -> str:
    return f"  {name:<15} {state}: {text}"


def run(chosen: Settings) -> SelfTest:
    """Make both late mutations. The reporters of `chosen` tell them for real, in the file and on stderr too."""
    respstart.uninstall()  # RESPSTART=1 may have switched it on, whose reporters would tell everything a second time
    stderr = _Counted(sys.stderr)
    teller = _Teller(chosen, stderr)
    # Whatever the settings leave out is not left out here.
    everything = respstart.tracing(mode="collect", file=None, select=(), ignore=(), sample=1.0, excluded_urls=())
    with contextlib.redirect_stderr(stderr), everything, _apps() as apps:
        remove = tracer.add_reporter(teller)
        try:
            trials = tuple(_trial(protocol, apps, teller) for protocol in ("wsgi", "asgi"))
        finally:
            remove()
            teller.close()
    return SelfTest(trials, tuple(teller.deliveries))


# ---------------------------------------------------------------------- applications and their servers
@contextlib.contextmanager
def _apps() -> Iterator[ModuleType]:
    """The applications, in a folder of their own, as those of users are: code inside respstart is never named as a writer."""
    with tempfile.TemporaryDirectory(prefix="respstart-self-test-") as folder:
        path = shutil.copyfile(Path(__file__).with_name("self_test_apps.py"), Path(folder, "app.py"))
        spec = importlib.util.spec_from_file_location("respstart_self_test_app", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module


def _trial(protocol: str, apps: ModuleType, teller: _Teller) -> Trial:
    teller.findings.clear()
    application = getattr(apps, f"{protocol}_app")
    if protocol == "wsgi":
        _Handler().run(application)
    else:
        asyncio.run(_ask(respstart.asgi(application)))
    path = Path(str(apps.__file__))
    found = "; ".join(plain.localised(finding, str(path.parent)).verdict for finding in teller.findings)
    return Trial(protocol.upper(), found or "nothing", _problem(teller.findings, path, application.__code__.co_firstlineno))


def _problem(findings: list[Finding], path: Path, begin: int) -> str | None:
    """What is wrong with the findings of the function that begins in this line of the file."""
    first, late = (_marked(path, begin, mark) for mark in ("# first writer", "# late writer"))
    named = [(finding.rule, _place(finding.first_writer), _place(finding.late_writer)) for finding in findings]
    if named == [("RS201", (str(path), first), (str(path), late))]:
        return None
    return f"it should be RS201, started in line {first} and changed in line {late}"


def _marked(path: Path, begin: int, mark: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if number > begin and line.endswith(mark))


def _place(writer: Writer | None) -> tuple[str | None, int | None]:
    return (writer.file, writer.line) if writer else (None, None)


class _Handler(SimpleHandler):
    """wsgiref's server for one request, whose answer nobody reads."""

    def __init__(self) -> None:
        environ = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": _PATH, "QUERY_STRING": "", "SERVER_PROTOCOL": "HTTP/1.1"}
        super().__init__(io.BytesIO(), io.BytesIO(), io.StringIO(), environ, multithread=False)

    def log_exception(self, exc_info: Any) -> None:
        """The application fails on purpose."""


async def _ask(application: Any) -> None:
    """Serve one request, as strictly as servers do."""
    started = False

    async def send(message: dict[str, Any]) -> None:
        nonlocal started
        if started and message["type"] == "http.response.start":
            raise RuntimeError("the response has already started")
        started = True

    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "path": _PATH, "headers": []}
    with contextlib.suppress(RuntimeError):
        await application(scope, None, send)


# ---------------------------------------------------------------------- reporters
class _Teller:
    """Hands each finding to the reporters of the settings, and looks what comes of it."""

    def __init__(self, chosen: Settings, stderr: _Counted) -> None:
        self.findings: list[Finding] = []
        self.deliveries = [Delivery(each.reporter, each.title, each.what) for each in destinations(chosen)]
        self._reporters = reporters.build(chosen, lambda error: None, lambda module, callback: None)
        self._file = Path((chosen.file or "").replace("%p", str(os.getpid())))
        self._stderr = stderr

    def report(self, finding: Finding, evidence: Evidence) -> None:
        """Tell everybody, one by one."""
        self.findings.append(finding)
        for delivery, reporter in zip(self.deliveries, self._reporters, strict=True):
            before = self._traces(delivery.reporter, evidence)
            try:
                reporter.report(finding, evidence)
            except Exception as error:
                delivery.problem = f"{type(error).__name__}: {error}"
                continue
            after = self._traces(delivery.reporter, evidence)
            delivery.seen = after is not None
            if after is not None and after == before:
                delivery.problem = _NOTHING

    def close(self) -> None:
        """Let go of the file."""
        for reporter in self._reporters:
            reporter.close()

    def _traces(self, reporter: str, evidence: Evidence) -> int | None:
        """A number that grows when this reporter tells something; None where this process cannot see that."""
        match reporter:
            case "jsonl":
                return self._file.stat().st_size if self._file.exists() else 0
            case "notes":
                return len(getattr(evidence.exception, "__notes__", ())) if evidence.exception else None
            case "console":
                return self._stderr.count
        return None


class _Counted:
    """A stream that counts what is written to it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.count = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Count the characters, and write them."""
        self.count += len(text)
        return self._stream.write(text)
