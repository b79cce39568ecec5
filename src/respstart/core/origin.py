"""Whose code is a frame: the user's, a framework's, a server's, a library's, the standard library's or respstart's own.

Decided by resolved path prefixes, once per file name, and always with the reason.
"""

from __future__ import annotations

import importlib.metadata
import os
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from respstart.core import stack
from respstart.core.stack import Line, Snapshot
from respstart.looking import beside_the_loop

Kind = Literal["user", "framework", "server", "library", "stdlib", "respstart", "unknown"]

_SITE = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_STDLIB = tuple({os.path.realpath(sysconfig.get_paths()[key]) + os.sep for key in ("stdlib", "platstdlib")})
_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_CACHE_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose a file is, and why we think so. `package` is the import name of third-party code."""

    kind: Kind
    reason: str
    package: str | None = None


class Origins:
    """Classifies files. `packages` maps import names of known packages to their kind, `in_app` names what counts as user code."""

    def __init__(self, packages: Iterable[tuple[str, Kind]] = (), in_app: Iterable[str] = ()) -> None:
        self._packages = dict(packages)
        self._in_app = tuple(in_app)
        self._known: dict[str, Origin] = {}
        self._brought: dict[str, Snapshot] = {}
        self.asks: dict[str, bool] = {}

    def add(self, package: str, kind: Kind) -> None:
        """Know one more package; what was decided before is forgotten."""
        if package not in self._packages:
            self._packages[package] = kind
            self._known.clear()
            self.asks.clear()

    def of(self, filename: str) -> Origin:
        """The origin of code from `filename` (a `co_filename`); cached."""
        origin = self._known.get(filename)
        if origin is None:
            if len(self._known) > _CACHE_LIMIT:
                self._known.clear()
                self.asks.clear()
            with beside_the_loop():
                origin = self._known[filename] = self._decide(filename)
            # Only in these may a frame forward a start that somebody else made; framework code is known by its shape.
            self.asks[filename] = origin.kind in ("user", "library")
        return origin

    def brings_in(self, what: object, snapshot: Snapshot) -> None:
        """Remember where code of a package was first brought in: a class, function or object of it was handed to a framework."""
        module = getattr(what, "__module__", None) or type(what).__module__
        self._brought.setdefault(module.partition(".")[0], snapshot)

    def bringer_of(self, package: str) -> Line | None:
        """The user's line that brought a package in; None if that was not seen."""
        lines = stack.lines(self._brought.get(package, stack.EMPTY))
        return next((line for line in lines if self.is_user(line.filename)), None)

    def writes(self, filename: str) -> bool:
        """Whether code from `filename` is somebody's who writes responses: the user's or third-party code."""
        return self.of(filename).kind in ("user", "library")

    def is_user(self, filename: str) -> bool:
        """Whether code from `filename` is the user's."""
        return self.of(filename).kind == "user"

    def _decide(self, filename: str) -> Origin:
        if filename.startswith(_OWN):
            return Origin("respstart", "respstart's own code")
        if filename.startswith("<") or not (os.path.isabs(filename) or os.path.exists(filename)):  # compiled from text
            return Origin("stdlib" if filename.startswith("<frozen") else "unknown", "no file")
        path = os.path.realpath(filename)
        package = self._package_of(path)
        for name in self._in_app:
            if name == package or path.startswith(os.path.realpath(name) + os.sep):
                return Origin("user", f"in_app names {name}")
        if package is not None:
            kind = self._packages.get(package, "library")
            return Origin(kind, f"part of the package {package}", package)
        if path.startswith((*_STDLIB, os.path.join(sys.prefix, "lib"), os.path.join(sys.base_prefix, "lib"))):
            return Origin("stdlib", "part of the standard library")
        return Origin("user", "outside of the standard library and of every installed package")

    def _package_of(self, path: str) -> str | None:
        for site in _SITE:
            _, found, rest = path.rpartition(site)
            if found:
                return rest.split(os.sep, 1)[0].removesuffix(".py")
        # A known package that was installed in place (an editable install) is recognised by where its module lies.
        for name in self._packages:
            file = getattr(sys.modules.get(name), "__file__", None)
            if file and path.startswith(os.path.dirname(os.path.realpath(file)) + os.sep) and file.endswith("__init__.py"):
                return name
        return None


def distribution(package: str, filename: str) -> str:
    """Name and version of the distribution that a file of a package comes from, such as `slowapi 0.1.10`; the package if unknown.

    Several distributions share the import name of a namespace package: the one that lists the file is meant.
    """
    try:
        with beside_the_loop():
            names = importlib.metadata.packages_distributions().get(package, [package])
            name = next((name for name in names if len(names) > 1 and _lists(name, filename)), names[0])
            return f"{name} {importlib.metadata.version(name)}"
    except importlib.metadata.PackageNotFoundError:
        return package


def _lists(name: str, filename: str) -> bool:
    ending = filename.replace(os.sep, "/")
    return any(ending.endswith(f"/{file}") for file in importlib.metadata.files(name) or ())
