"""One JSON object for programs: the first finding of each fingerprint, with its count."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from respstart.formats.groups import group
from respstart.reporters import jsontext


def render(findings: Sequence[Mapping[str, Any]]) -> str:
    """`{"total": int, "findings": [...]}`: each a finding of the schema with `count` and `tests` (pytest's node ids) beside its keys."""
    first = {data["fingerprint"]: data for data in reversed(findings)}
    grouped = [
        {**jsontext.readable(first[group.first.fingerprint]), "count": group.count, "tests": list(group.tests)} for group in group(findings)
    ]
    return json.dumps({"total": sum(entry["count"] for entry in grouped), "findings": grouped}, indent=2) + "\n"
