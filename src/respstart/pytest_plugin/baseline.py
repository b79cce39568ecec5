"""The file of known findings, with which an old project can start: made to be read, reviewed and merged."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from respstart import files

_VERSION = 1
_UPDATE = "--response-start-update-baseline"


def read(path: Path) -> frozenset[str]:
    """The fingerprints of the known findings.

    Raises:
        pytest.UsageError: there is no such file, or it is no baseline.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["respstart_baseline"] != _VERSION:
            raise pytest.UsageError(f"{path} has version {content['respstart_baseline']}; this respstart reads version {_VERSION}")
        return frozenset(str(finding["fingerprint"]) for finding in content["findings"])
    except FileNotFoundError:
        raise pytest.UsageError(f"there is no baseline {path}; {_UPDATE} writes it") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise pytest.UsageError(f"{path} is no baseline of respstart ({error!r}); {_UPDATE} writes it anew") from None


def write(path: Path, findings: Iterable[Mapping[str, Any]]) -> int:
    """Write the findings (dicts of schema 1), one of each fingerprint, without lines and times; returns how many. Raises OSError."""
    known = {finding["fingerprint"]: _entry(finding) for finding in findings}
    entries = sorted(known.values(), key=lambda entry: (entry["rule"], entry["started_by"], entry["fingerprint"]))
    files.write(path, json.dumps({"respstart_baseline": _VERSION, "findings": entries}, indent=2) + "\n")
    return len(entries)


def _entry(finding: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "rule": finding["rule"],
        "name": finding["name"],
        "subject": finding["subject"],
        "started_by": _function(finding["first_writer"]),
        "changed_by": _function(finding["late_writer"]),
        "fingerprint": finding["fingerprint"],
    }


def _function(writer: Mapping[str, Any] | None) -> str:
    return f"{Path(writer['file']).name} {writer['function']}" if writer and writer["file"] else "unknown"
