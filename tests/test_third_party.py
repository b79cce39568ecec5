"""The example of an integration that another package offers: built, installed, found by its entry point, its contract kept."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "third_party_integration"
CONTRACT = ("pytest", "-q", "-p", "no:cacheprovider")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder of installed packages with the example in it, as its wheel carries it."""
    folder = tmp_path_factory.mktemp("example")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=EXAMPLE, check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site-packages")
    return folder / "site-packages"


def run(site, *command):
    """Run a module of Python where the example is installed."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("RESPSTART", "PYTEST"))}
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=EXAMPLE / "tests", capture_output=True, text=True, check=False,
        env={**inherited, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
    )


def test_contract_of_the_example(site):
    """Its own tests pass, every one of them."""
    done = run(site, *CONTRACT)

    assert done.returncode == 0, done.stdout + done.stderr
    assert not {"skipped", "warning", "warnings"} & set(done.stdout.replace(",", "").split()), done.stdout


def test_contract_fails_without_the_table(site, tmp_path):
    """The tests are about the table: the same package without the entry point does not pass them."""
    without = shutil.copytree(site, tmp_path / "site-packages")
    for file in without.glob("*.dist-info/entry_points.txt"):
        file.unlink()

    done = run(without, *CONTRACT, "-k", "waitress-late_header")

    assert done.returncode == 1, done.stdout + done.stderr
    assert "expected RS101 lost x-total, started by wren_app.py:" in done.stdout


def test_doctor_knows_the_example(site):
    """`respstart doctor` tells of its hooks, that every one of them was applied, and what its table cannot detect."""
    done = run(site, "respstart", "doctor")

    hooks, limit = [line.split() for line in done.stdout.splitlines() if line.startswith("  wren")]
    assert hooks[2:] == ["applied"]
    assert "late writer" in " ".join(limit)


def test_page_shows_the_example():
    """The code on the page is that of the example, letter by letter."""
    page = (ROOT / "docs" / "how-to" / "add-a-framework.md").read_text(encoding="utf-8")

    shown = re.findall(r"<!-- example: (\S+) -->\n```\w+\n(.*?)```\n<!-- end -->", page, re.DOTALL)

    assert len(shown) == 4
    for file, code in shown:
        assert code in (EXAMPLE / file).read_text(encoding="utf-8"), file
