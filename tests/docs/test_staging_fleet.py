"""The staging-fleet how-to: its query, run on what real servers have written."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from respstart.testing import Application
from respstart.testing.servers import serve
from telemetry.test_wire import APPS, lines

pytestmark = pytest.mark.once

DOCS = Path(__file__).parents[2] / "docs" / "how-to"


def test_the_query_over_the_files_names_the_first_writers(tmp_path):
    """`ask.py` of the page, on what two processes have written."""
    page = (DOCS / "staging-fleet.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    settings = {"RESPSTART_FILE": str(tmp_path / "findings-%p.jsonl")}
    for _ in range(2):
        with serve("gunicorn-gthread", Application(APPS, "plain_app"), settings) as running:
            for _ in range(3):
                running.ask("/streamed")
            expected = lines(running, "streamed:first")
    files = sorted(tmp_path.glob("findings-*.jsonl"))
    findings = "".join(file.read_text(encoding="utf-8") for file in files)
    findings += findings.replace('"timestamp": "2', '"timestamp": "1')  # of another millennium
    asked = subprocess.run([sys.executable, "-c", program], input=findings, capture_output=True, text=True, check=True)
    ((lost, first_writer, function, cookies),) = (line.split("\t") for line in asked.stdout.splitlines())
    assert len(files) == 2
    assert (lost, function, cookies) == ("6", "streamed", "last")
    assert int(first_writer.rpartition(":")[2]) in expected
