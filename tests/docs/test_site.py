"""The site: built without a warning, the reference the same as the code tells, and nothing loaded from elsewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest

from docs.narrated import DOCS
from respstart import cli, schema, settings
from respstart.rules import RULES

LOADED = re.compile(r"""<(?:script|img|iframe|source)[^>]+src=["']([^"']+)|<link[^>]+rel=["']?(?:stylesheet|preload|icon)[^>]*href=["']([^"']+)|url\(["']?([^)"']+)""")


@pytest.fixture(scope="module")
def pages():
    """What docs/from_code.py makes of the code."""
    sys.path.insert(0, str(DOCS))
    try:
        import from_code

        return from_code.pages()
    finally:
        sys.path.remove(str(DOCS))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, as scripts/docs builds it."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(DOCS, folder / "docs")  # the pages that are made of the code are written there
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", str(folder / "docs"), str(folder / "html")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "html"


@pytest.mark.parametrize("code", RULES)
def test_the_page_of_a_rule_is_what_explain_prints(code, pages, capsys):
    cli.main(["explain", code, "--format", "md"])
    assert pages[f"reference/rules/{code}.md"].rstrip() == capsys.readouterr().out.rstrip()


def test_every_setting_has_its_section(pages):
    assert re.findall(r"^## (\w+)$", pages["reference/settings.md"], re.MULTILINE) == [*(row.name for row in settings.help_rows()), "RESPSTART"]


def test_every_key_of_a_finding_has_its_row(pages):
    whole = schema.load()
    keys = [key for part in (whole, *whole["$defs"].values()) for key in part["properties"]]
    assert re.findall(r"^\| `(\w+)`", pages["reference/finding.md"], re.MULTILINE) == keys


def test_every_command_has_its_help(pages, capsys):
    text = pages["reference/command-line.md"]
    for name in re.findall(r"^## respstart (\w+)$", text, re.MULTILINE):
        with pytest.raises(SystemExit):
            cli.main([name, "--help"])
        assert " ".join(capsys.readouterr().out.split()) in " ".join(text.split())
    assert "## respstart run" in text


@pytest.mark.once
def test_nothing_is_loaded_from_elsewhere(site):
    """No font, script, style or picture comes from another address."""
    files = [*site.rglob("*.html"), *site.rglob("*.css")]
    loaded = [(file.name, "".join(found)) for file in files for found in LOADED.findall(file.read_text(encoding="utf-8"))]
    assert len(files) > len(RULES)
    assert loaded
    assert [each for each in loaded if re.match(r"(https?:)?//", each[1])] == []
