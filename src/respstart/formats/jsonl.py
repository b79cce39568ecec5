"""Every finding as one line of JSON: what the setting `file` writes, for example of several files together."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from respstart.reporters import jsontext


def render(findings: Sequence[Mapping[str, Any]]) -> str:
    """One line for each finding, in ASCII; empty when there is none."""
    return "".join(json.dumps(jsontext.readable(data)) + "\n" for data in findings)
