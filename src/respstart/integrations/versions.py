"""Which versions of frameworks and servers the contracts were tried with: `python -m tests.versions` writes them into tried.json."""

from __future__ import annotations

import functools
import json
import re
from importlib import resources


def tried(distribution: str) -> tuple[str, ...]:
    """The versions of a distribution that were tried, the oldest first; none when it was not."""
    return tuple(dict.fromkeys(versions[distribution] for versions in _all().values() if distribution in versions))


def pythons() -> dict[str, str]:
    """The Pythons on which each list of versions was tried, by its name."""
    return {name: versions["python"] for name, versions in _all().items()}


def judged(distribution: str, version: str) -> str:
    """How an installed version stands to those that were tried, in words."""
    known = sorted(map(_release, tried(distribution)))
    if not known:
        return "not tried"
    if _release(version) < known[0]:
        return f"older than all that were tried ({' to '.join(tried(distribution))})"
    return "tried" if _release(version) <= known[-1] else f"newer than all that were tried ({' to '.join(tried(distribution))})"


@functools.cache
def _all() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(resources.files(__package__).joinpath("tried.json").read_text(encoding="utf-8"))
    return found


def _release(version: str) -> tuple[int, ...]:
    """The numbers at the beginning of a version."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, found[0].split("."))) if found else ()
