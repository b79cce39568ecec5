"""Every promise names its tests, and they are there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "promises.md"
_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def rows():
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [line for line in lines if line != "| promise | proof |"]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[2:50])
def test_a_promise_has_proofs_that_exist(row):
    _, promise, proof, _ = row.split("|")
    named = _NAMED.findall(proof)
    assert promise.strip()
    assert named
    assert not _NAMED.sub("", proof).strip(" ,")
    for file, name in named:
        functions = {node.name for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))) if isinstance(node, ast.FunctionDef)}
        assert name in functions, f"{file} has no {name}"


def test_there_are_promises():
    assert len(rows()) > 15
