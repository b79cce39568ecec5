"""The JSON Schema (2020-12) of a finding, as shipped in the wheel."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any


def load() -> dict[str, Any]:
    """The schema of `Finding.to_dict()`, version 1. Additions keep the version."""
    schema: dict[str, Any] = json.loads(resources.files(__package__).joinpath("finding-1.json").read_text(encoding="utf-8"))
    return schema
