"""SARIF 2.1.0 (OASIS), which code scanning services read; one result for each fingerprint, at the line of the first writer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from respstart import __version__
from respstart.formats.groups import Group, group, where
from respstart.model import Finding, Frame, Writer
from respstart.reporters.plain import other_places, stacks
from respstart.rules import RULES, page

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
# Every address is relative. SRCROOT stays open: it is the reader's checkout (section 3.14.14).
_BASES = {"ROOT": {"uri": "file:///", "description": {"text": "The file system of the machine that made the findings."}}}


def render(findings: Sequence[Mapping[str, Any]]) -> str:
    """A SARIF log with one run."""
    groups = group(findings)
    codes = sorted({each.first.rule for each in groups})
    driver = {"name": "respstart", "semanticVersion": __version__, "rules": [_rule(code) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "originalUriBaseIds": _BASES,
        "results": [_result(each, codes.index(each.first.rule)) for each in groups],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str) -> dict[str, Any]:
    """A reporting descriptor (section 3.49). A rule of a newer version is told by its code alone."""
    rule = RULES.get(code)
    if rule is None:
        return {"id": code}
    text = page(rule)
    return {
        "id": code,
        "name": rule.slug,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": f"{rule.summary}. {rule.fix}"},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": _LEVELS[rule.level]},
        "properties": {"tags": ["http", "response"], "problem.severity": _LEVELS[rule.level].replace("note", "recommendation")},
    }


def _result(group: Group, rule_index: int) -> dict[str, Any]:
    finding = group.first
    result = {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.level],
        "message": {"text": _without_links(f"{finding.message}\n{finding.fix}")},
        "locations": list(_primary(finding)),
        "relatedLocations": [location | {"id": number} for number, location in enumerate(_related(finding), 1)],
        "partialFingerprints": {"respstart/v1": finding.fingerprint},
        "occurrenceCount": group.count,
        "properties": {"outcome": finding.outcome, "operation": finding.operation, "tests": list(group.tests)},
    }
    steps = list(_steps(finding))
    return result | ({"codeFlows": [{"threadFlows": [{"locations": steps}]}]} if steps else {})


# ---------------------------------------------------------------------- places
def _primary(finding: Finding) -> Iterator[dict[str, Any]]:
    """The first writer. Services refuse a result without a place: where nobody can be named it is the late one, and the message says so."""
    writer, late = finding.first_writer, finding.late_writer
    if writer.file:
        yield _of_writer(writer, f"started by {where(writer)}: {writer.reason}")
    elif late and late.file:
        yield _of_writer(late, f"changed by {where(late)}; started by nobody that could be named: {writer.reason}")


def _related(finding: Finding) -> Iterator[dict[str, Any]]:
    late = finding.late_writer
    if late and late.file:
        yield _of_writer(late, f"changed by {where(late)}: {late.reason}")
    for label, place in other_places(finding):
        yield _location(place.file, place.line, f"{label} {place.file}:{place.line} in {place.function}", place.function)


def _steps(finding: Finding) -> Iterator[dict[str, Any]]:
    """The user's own frames of the start and then of the late change: the way through the code (section 3.36)."""
    for title, stack in stacks(finding):
        own = [frame for frame in stack if frame.in_app and frame.lineno > 0]
        for frame in own:
            importance = "essential" if frame is own[-1] else "important"
            yield {"location": _of_frame(frame, f"{title}: {frame.name}"), "importance": importance}


def _of_writer(writer: Writer, message: str) -> dict[str, Any]:
    assert writer.file is not None
    return _location(writer.file, writer.line, message, writer.function, writer.source)


def _of_frame(frame: Frame, message: str) -> dict[str, Any]:
    return _location(frame.filename, frame.lineno, message, frame.name, frame.line)


def _location(file: str, line: int | None, message: str, function: str | None, source: str | None = None) -> dict[str, Any]:
    snippet = {"snippet": {"text": source}} if source else {}
    region = {"region": {"startLine": line} | snippet} if line else {}
    return {
        "physicalLocation": {"artifactLocation": _artifact(file)} | region,
        "logicalLocations": [{"fullyQualifiedName": function, "kind": "function"}] if function else [],
        "message": {"text": _without_links(message)},
    }


def _artifact(file: str) -> dict[str, str]:
    path = PurePath(file)
    return {"uri": quote(path.as_posix().lstrip("/")), "uriBaseId": "ROOT" if path.is_absolute() else "SRCROOT"}


def _without_links(text: str) -> str:
    """Text from outside in which no viewer sees a link (section 3.11.6)."""
    return text.replace("](", "] (")
