"""One run of one suite: which tests there were, and what became of each."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from environments import Environment, NotMadeError
from peers.suites import Suite

_STARTING = Path(__file__).with_name("starting.py")
_WORST_LAST = ("started", "passed", "skipped", "xfailed", "xpassed", "failed", "error")  # of several steps of a test the worst one counts
_SILENT_SECONDS = 180  # after so long without news a test hangs, and the run is ended


@dataclass(frozen=True)
class Way:
    """How respstart, or a dummy in its place, is switched on: packages last on the path, variables, arguments of pytest; `on` has to be so."""

    name: str
    on: bool = False
    overlay: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()


class Outcome(NamedTuple):
    """What became of a test: a word of pytest, or `unfinished`; and why it failed, in short."""

    word: str
    why: str = ""


Run = dict[str, Outcome]


def run(suite: Suite, environment: Environment, way: Way) -> Run:
    """Run a suite in fresh folders. What it printed is kept in the folder of its environment.

    Raises:
        NotMadeError: respstart was to be on and was not, say because the suite needs an older version of what respstart needs.
    """
    shutil.copy(_STARTING, environment.packages / "peers_starting.py")
    (environment.packages / "zz-peers.pth").write_text("import peers_starting; peers_starting.start()\n", encoding="utf-8")
    with (
        tempfile.TemporaryDirectory(prefix="w-", ignore_cleanup_errors=True) as folder,  # short: paths of sockets have to be
        (environment.folder / f"{way.name}.txt").open("w", encoding="utf-8") as printed,
    ):
        outcomes, work, home = (Path(folder) / name for name in ("outcomes", "work", "home"))
        outcomes.touch()
        home.mkdir()
        work.mkdir()
        suite.copy_to(work, environment.folder / "source")
        variables = _variables(suite, environment, way) | {"HOME": str(home), "TMPDIR": str(home), "PEERS_OUTCOMES": str(outcomes)}
        command = [environment.python, *_arguments(suite, way)]
        process = subprocess.Popen(
            command, cwd=work / suite.folder, env=variables, stdin=subprocess.DEVNULL, stdout=printed, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        _wait(process, outcomes)
        steps = [json.loads(line) for line in outcomes.read_text(encoding="utf-8").replace(folder, "FOLDER").splitlines()]
    if way.on and not any(step["on"] for step in steps):
        raise NotMadeError(f"respstart was not on: see {printed.name}")
    return _outcomes(steps)


def _variables(suite: Suite, environment: Environment, way: Way) -> dict[str, str]:
    """The whole environment of a run: nothing but what is named here reaches it."""
    own = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "SSL_CERT_FILE") if name in os.environ}
    path = os.pathsep.join((str(environment.python.parent), os.environ.get("PATH", os.defpath)))
    own |= {"PATH": path, "VIRTUAL_ENV": str(environment.folder), "TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0"}
    if way.overlay:
        own["PEERS_OVERLAY"] = str(way.overlay)
    if suite.unittest:
        own["PEERS_UNITTEST"] = "1"
    return {**own, "PYTHONDONTWRITEBYTECODE": "1", **suite.variables, **way.variables}


def _arguments(suite: Suite, way: Way) -> tuple[str, ...]:
    if suite.unittest:
        return suite.unittest
    own = ("-q", "-p", "peers_starting", "-p", "no:cacheprovider", "--override-ini", "addopts=", "--tb=short", *way.options)
    return ("-m", "pytest", *own, *suite.options, *suite.tests)


def _wait(process: subprocess.Popen[bytes], outcomes: Path) -> None:
    """Until it ends, or hangs; what it has started and left running ends with it."""
    while process.poll() is None and time.time() - outcomes.stat().st_mtime < _SILENT_SECONDS:
        try:
            process.wait(1)
        except subprocess.TimeoutExpired:
            continue
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _outcomes(steps: list[dict[str, str]]) -> Run:
    """What became of each test, by names that are the same in every run."""
    found: Run = {}
    for step in steps:
        test = re.sub(r"0x[0-9a-f]{6,}", "0x", step["test"])
        outcome = Outcome(step["outcome"], step["why"])
        found[test] = max(found.get(test, outcome), outcome, key=lambda each: _WORST_LAST.index(each.word))
    return {test: outcome if outcome.word != "started" else Outcome("unfinished") for test, outcome in found.items()}
