"""`respstart schema`: the JSON Schema of a finding."""

from __future__ import annotations

import argparse
import json
from typing import Any


def add(commands: Any) -> None:
    """Add the command to the subparsers of `respstart`."""
    commands.add_parser("schema", help="print the JSON Schema (2020-12) of a finding").set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Print the schema as JSON."""
    from respstart import schema

    print(json.dumps(schema.load(), indent=2))
    return 0
