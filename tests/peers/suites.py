"""The table of suites, their environments and their tests."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from environments import Environment

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Suite:
    """One row of suites.toml, where the fields are told."""

    name: str
    project: str = ""
    version: str = ""
    extras: str = ""
    needs: tuple[str, ...] = ()
    take: tuple[str, ...] = ("tests", "pyproject.toml", "setup.cfg", "tox.ini", "pytest.ini", "conftest.py")
    files: Mapping[str, str] = field(default_factory=dict)
    folder: str = "."
    tests: tuple[str, ...] = ("tests",)
    options: tuple[str, ...] = ()
    unittest: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    missing: str = ""

    def environment(self) -> Environment:
        """Its environment, made where it is missing, with the unpacked source distribution in its folder `source`.

        Raises:
            NotMadeError: pip could not install or download something.
        """
        environment = Environment.kept(f"peers/{self.name}")
        environment.make(*self._under_test(self.extras), *self.needs)
        if self.take and not (environment.folder / "source").exists():
            self._unpack(environment)
        return environment

    def _under_test(self, extras: str = "") -> list[str]:
        """What pip calls the version under test; nothing for Python's own library."""
        return [f"{self.project or self.name}{extras}=={self.version}"] if self.version else []

    def _unpack(self, environment: Environment) -> None:
        download = environment.folder / "download"
        shutil.rmtree(download, ignore_errors=True)
        environment.pip("download", "--no-deps", "--no-binary", self.project or self.name, "--dest", download, *self._under_test())
        (archive,) = download.iterdir()
        shutil.unpack_archive(archive, download, filter="data")
        (unpacked,) = (each for each in download.iterdir() if each.is_dir())
        unpacked.rename(environment.folder / "source")

    def copy_to(self, work: Path, source: Path) -> None:
        """Copy the tests alone, so that the wheel is tested and not the code of the source distribution."""
        for name in self.take:
            if (source / name).is_dir():
                shutil.copytree(source / name, work / name, symlinks=True)
            elif (source / name).exists():
                shutil.copy2(source / name, work / name)
        for name, text in self.files.items():
            (work / name).write_text(text, encoding="utf-8")


def table() -> dict[str, Suite]:
    """All suites by name, in the order of the file."""
    rows = tomllib.loads((HERE / "suites.toml").read_text(encoding="utf-8"))
    return {name: Suite(name, **{key: _frozen(value) for key, value in row.items()}) for name, row in rows.items()}


def _frozen(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
