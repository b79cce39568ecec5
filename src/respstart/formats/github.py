"""Annotations of a pull request, as workflow commands of GitHub Actions.

The form and what is escaped in it: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
("Setting an error message") and `escapeData` and `escapeProperty` of the actions toolkit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from respstart.formats.groups import Group, group, where

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}
_IN_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTIES = _IN_DATA | str.maketrans({":": "%3A", ",": "%2C"})


def render(findings: Sequence[Mapping[str, Any]]) -> str:
    """One command a line for each fingerprint; empty when there is no finding."""
    return "".join(map(_command, group(findings)))


def _command(group: Group) -> str:
    finding = group.first
    properties = {**_place(group), "title": group.title}
    message = f"{finding.message}\nstarted by {where(finding.first_writer)}\nchanged by {where(finding.late_writer)}\nfix: {finding.fix}"
    if group.count > 1:
        message += f"\nseen {group.count} times"
    told = ",".join(f"{name}={value.translate(_IN_PROPERTIES)}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.level]} {told}::{message.translate(_IN_DATA)}\n"


def _place(group: Group) -> dict[str, str]:
    """The first writer's line, if GitHub can know the file: one that is not below the current folder is not in the repository."""
    writer = group.first.first_writer
    if writer.file is None or PurePath(writer.file).is_absolute():
        return {}
    return {"file": PurePath(writer.file).as_posix(), "line": str(writer.line)}
