"""The project under test: its code is the user's, also where it was installed like a library, as tox and nox do."""

from __future__ import annotations

import importlib.metadata
import tomllib
from collections.abc import Collection
from pathlib import Path


def packages(root: Path, known: Collection[str] = ()) -> tuple[str, ...]:
    """The import names of the distribution that `[project]` in `root`/pyproject.toml names, without those in `known`; often none."""
    try:
        name = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["name"]
        files = importlib.metadata.distribution(name).files or ()
    except (OSError, ValueError, KeyError, TypeError, importlib.metadata.PackageNotFoundError):
        return ()
    tops = {file.parts[0] for file in files if file.suffix == ".py"}
    return tuple(sorted({top.removesuffix(".py") for top in tops} - set(known)))
