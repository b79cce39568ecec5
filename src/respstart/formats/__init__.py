"""Many findings as one document: a registry of formats, each loaded when it is first needed.

A format is a module with `render(findings) -> str`, where a finding is a dict of the JSON schema (`Finding.to_dict()`, or one line of
a file of JSON lines). Reporters tell of one finding while the application runs; formats tell of all of them afterwards.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from respstart import files
from respstart.errors import RespstartError, UsageError

Render = Callable[[Sequence[Mapping[str, Any]]], str]


class Format(NamedTuple):
    """Where a format is, which files it is for (None: none), and the packages of the extra of the same name that it needs."""

    module: str
    suffix: str | None
    needs: tuple[str, ...] = ()


FORMATS: dict[str, Format] = {
    "text": Format("respstart.formats.text", ".txt"),
    "json": Format("respstart.formats.json_", ".json"),
    "jsonl": Format("respstart.formats.jsonl", ".jsonl"),
    "html": Format("respstart.formats.html", ".html", needs=("jinja2", "markdown_it")),
    "github": Format("respstart.formats.github", None),
    "sarif": Format("respstart.formats.sarif", ".sarif"),
    "junit": Format("respstart.formats.junit", ".xml"),
}
_BY_SUFFIX = {form.suffix: name for name, form in FORMATS.items() if form.suffix}


def for_name(name: str) -> Render:
    """The `render` of a format by its name in `FORMATS`.

    Raises:
        UsageError: a package that it needs is not installed; the sentence says what to type.
    """
    form = FORMATS[name]
    if any(importlib.util.find_spec(package) is None for package in form.needs):
        raise UsageError(f"the format {name} needs more packages: {sys.executable} -m pip install 'respstart[{name}]'")
    render: Render = import_module(form.module).render
    return render


def for_path(path: str | Path) -> Render:
    """The `render` of the format that the end of a file's name tells; for failing before there is anything to write.

    Raises:
        UsageError: no format has this ending, or a package that the format needs is not installed.
    """
    name = _BY_SUFFIX.get(Path(path).suffix.lower())
    if name is None:
        raise UsageError(f"{str(path)!a} does not tell a format; the name has to end in {', '.join(_BY_SUFFIX)}")
    return for_name(name)


def write(findings: Sequence[Mapping[str, Any]], path: str | Path) -> None:
    """Write the findings to a file in the format that its name tells, as UTF-8.

    Raises:
        UsageError: as `for_path`.
        RespstartError: the file cannot be written.
    """
    save(for_path(path)(findings), path)


def save(text: str, path: str | Path) -> None:
    """Write a rendered document to a file, as UTF-8; a new one is its owner's alone.

    Raises:
        RespstartError: the file cannot be written.
    """
    try:
        files.write(path, text)
    except OSError as error:
        raise RespstartError(f"{str(path)!a} cannot be written: {error.strerror}") from error
