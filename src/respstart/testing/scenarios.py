"""What is asked, what the client must see of it, and which findings are expected: the lines of the application carry the rest.

An application says with comments which lines are to be named: `# <scenario:first>` and `# <scenario:late>`, on several lines where
each of them would do.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

Line = tuple[str, int]

_MARKER = re.compile(r"<([^<>\s:]+:[^<>\s:]+)>")


@dataclass(frozen=True)
class Expected:
    """One finding. `first` and `late` name markers of the scenario, or with a colon any marker; None: nobody may be named."""

    rule: str
    outcome: str
    subject: str | None = None
    first: str | None = "first"
    late: str | None = "late"


@dataclass(frozen=True)
class Scenario:
    """One request, what the client must see of it, and the findings about it: none for a clean one.

    `sees` and `misses` are names of response headers in lower case, `body` a part of the body; `truncated`: fewer bytes than promised,
    or no end; `cut_after`: the client goes away after so many bytes. `marks` is the scenario whose markers count, for several
    requests to one route.
    """

    name: str
    findings: tuple[Expected, ...] = ()
    path: str = ""
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    sends: bytes = b""
    status: int | None = 200
    truncated: bool = False
    sees: tuple[str, ...] = ()
    misses: tuple[str, ...] = ()
    body: bytes = b""
    marks: str = ""
    cut_after: int | None = None

    @property
    def url(self) -> str:
        """What is asked for: the name of the scenario unless a path says otherwise."""
        return self.path or f"/{self.name}"

    def but(self, **changes: Any) -> Scenario:
        """The same scenario where a server or a Python makes a difference."""
        return replace(self, **changes)

    def again(self, name: str) -> Scenario:
        """The same request once more, under another name."""
        return replace(self, name=name, path=self.url, marks=self.marks or self.name)

    def marker(self, role: str) -> str:
        """The marker that a role of an expected finding means."""
        return role if ":" in role else f"{self.marks or self.name}:{role}"


@dataclass(frozen=True)
class Application:
    """A module `<name>_app` of a folder, whose `app` is served; its helpers are `<name>_*.py`, its templates `<name>_*.html`."""

    folder: Path
    module: str

    def marked(self, marker: str) -> frozenset[Line]:
        """Files and lines of the comments `# <marker>`. Raises LookupError when there is none."""
        found = _markers(self).get(marker)
        if found is None:
            raise LookupError(f"no <{marker}> in {self.module}")
        return found


@cache
def _markers(application: Application) -> dict[str, frozenset[Line]]:
    found = defaultdict(set)
    for path in application.folder.rglob(f"{application.module.removesuffix('_app')}_*"):
        if path.suffix in (".py", ".html"):
            for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                for marker in _MARKER.findall(text.partition("# ")[2]):
                    found[marker].add((str(path), number))
    return {marker: frozenset(lines) for marker, lines in found.items()}
