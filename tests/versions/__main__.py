"""The contract tests with other versions of frameworks, servers and Python: `python -m tests.versions oldest newest --python python3.11`.

What passed is written to tried.json, of which `scripts/support` makes the table of what is supported. Pre-releases are only reported on.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # as pytest does, so that the modules have one name

from environments import ROOT, Environment, NotMadeError, output

HERE = Path(__file__).parent
TRIED = ROOT / "src" / "respstart" / "integrations" / "tried.json"
_FIRST = ("raw_wsgi", "raw_asgi", "flask", "django_wsgi", "django_asgi", "ninja", "starlette", "fastapi", "wsgi_clients", "asgi_clients")
_OTHERS = ("aiohttp", "bottle", "cherrypy", "falcon", "falcon_asgi", "litestar", "pyramid", "sanic", "tornado", "webpy")
CONTRACTS = {"oldest": _FIRST, "oldest-others": _OTHERS, "newest": (*_FIRST, *_OTHERS, "channels", "quart")}  # by their list of versions
_INSTALLED = "import json; from importlib.metadata import distributions as d; print(json.dumps({each.name: each.version for each in d()}))"


class Trial:
    """The contract tests in an environment of one Python with one list of versions."""

    def __init__(self, versions: str, python: str, *, pre: bool) -> None:
        self.versions = versions
        self.pre = pre
        self._environment = Environment.kept(f"{versions}{'-pre' * pre}", python)
        self.python = output(python, "-c", "import platform; print(platform.python_version())")

    def __str__(self) -> str:
        return f"{self.versions}{' with pre-releases' * self.pre} on Python {self.python}"

    def run(self, contracts: list[str]) -> bool:
        """Whether all of them passed; pytest prints what did not.

        Raises:
            NotMadeError: the versions could not be installed.
        """
        # What is newest has to be looked up each time.
        self._environment.make(
            *["--pre"] * self.pre, "--editable", str(ROOT), *lines(f"{self.versions}.txt"), anew=self.versions == "newest"
        )
        print(f"== {self}", *sorted(self._notable()), sep="\n   ", flush=True)
        files = [f"tests/contract/test_{contract}.py" for contract in contracts]
        different = [f"--deselect={test}" for test in lines(f"{self.versions}-different.txt")]
        return not subprocess.run([self._environment.python, "-m", "pytest", "-q", *files, *different], cwd=ROOT, check=False).returncode

    def installed(self) -> dict[str, str]:
        """The versions of all that its list names, in the order of the list."""
        found = {normal(name): version for name, version in json.loads(output(self._environment.python, "-c", _INSTALLED)).items()}
        names = [re.match(r"[\w.-]+", line)[0] for line in lines(f"{self.versions}.txt")]
        return {name: found[normal(name)] for name in names if normal(name) in found}

    def _notable(self) -> list[str]:
        """What no earlier run has tried with this list."""
        known = tried().get(self.versions, {})
        return [f"{name} {version}" for name, version in self.installed().items() if version != known.get(name)]


def normal(name: str) -> str:
    """A distribution's name as PyPI compares it: its files need not spell it as it is spelled elsewhere."""
    return re.sub(r"[-_.]+", "-", name).lower()


def lines(name: str) -> list[str]:
    """The lines of a file beside this one, comments apart; none where it is missing."""
    path = HERE / name
    found = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [line for line in found if line and not line.startswith("#")]


def tried() -> dict[str, dict[str, str]]:
    """What was tried, by list."""
    return json.loads(TRIED.read_text(encoding="utf-8"))


def write_down(trials: list[Trial]) -> None:
    """Keep the versions that passed, and the Pythons that they passed on."""
    known = tried()
    by_list = defaultdict(list)
    for trial in trials:
        by_list[trial.versions].append(trial)
    for versions, passed in by_list.items():
        known[versions] = {"python": ", ".join(trial.python for trial in passed)} | passed[-1].installed()
    TRIED.write_text(json.dumps(dict(sorted(known.items(), reverse=True)), indent=2) + "\n", encoding="utf-8")


def main() -> int:
    """Run the matrix; the exit status is 1 when anything failed or could not be installed, but never for pre-releases."""
    parser = argparse.ArgumentParser(prog="python -m tests.versions", description=__doc__)
    parser.add_argument("versions", nargs="*", metavar="VERSIONS", help=f"{', '.join(CONTRACTS)}; all of them without it")
    parser.add_argument("--python", action="append", metavar="PYTHON", help="a Python to try them on; may be repeated; default: this one")
    parser.add_argument("--only", action="append", metavar="NAME", default=[], help="only contracts whose names begin so; may be repeated")
    parser.add_argument(
        "--pre", action="store_true", help="the newest versions with their pre-releases: what fails is told, and is no failure"
    )
    chosen = parser.parse_args()
    if unknown := set(chosen.versions) - CONTRACTS.keys():
        parser.error(f"no such versions: {', '.join(sorted(unknown))}")
    asked = ["newest"] if chosen.pre else chosen.versions or list(CONTRACTS)
    results: dict[Trial, str] = {}
    for trial in [Trial(versions, python, pre=chosen.pre) for versions in asked for python in chosen.python or [sys.executable]]:
        contracts = [each for each in CONTRACTS[trial.versions] if not chosen.only or each.startswith(tuple(chosen.only))]
        try:
            results[trial] = "passed" if not contracts or trial.run(contracts) else "failed"
        except NotMadeError as error:
            results[trial] = f"not installed: {error}"
    print(*(f"{trial}: {result}" for trial, result in results.items()), sep="\n")
    if chosen.pre:
        return 0
    if not chosen.only:
        write_down([trial for trial, result in results.items() if result == "passed"])
    return int(set(results.values()) != {"passed"})


if __name__ == "__main__":
    sys.exit(main())
