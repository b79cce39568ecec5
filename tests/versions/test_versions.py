"""What the command makes of passing and failing contracts; the contracts themselves need the package index and take minutes."""

import json
import sys

import pytest

from environments import NotMadeError
from versions import __main__ as command

VERSIONS = {"flask": "3.9", "django": "7.0"}


@pytest.fixture
def trials(monkeypatch, tmp_path):
    """The command with runs that do as they are told, and a file of its own."""
    (tmp_path / "tried.json").write_text('{"oldest": {"python": "3.11.0", "flask": "2.2.5"}}')
    monkeypatch.setattr(command, "TRIED", tmp_path / "tried.json")
    monkeypatch.setattr(command.Trial, "installed", lambda trial: VERSIONS)

    def ends(how, *arguments):
        def run(trial, contracts):
            if isinstance(how, Exception):
                raise how
            return how

        monkeypatch.setattr(command.Trial, "run", run)
        monkeypatch.setattr(sys, "argv", ["versions", *arguments])
        return command.main(), json.loads((tmp_path / "tried.json").read_text())

    return ends


def test_what_passed_is_written_down(trials):
    status, tried = trials(True, "newest", "--python", sys.executable, "--python", sys.executable)
    here = sys.version.split()[0]
    assert status == 0
    assert tried == {"oldest": {"python": "3.11.0", "flask": "2.2.5"}, "newest": {"python": f"{here}, {here}", **VERSIONS}}


@pytest.mark.parametrize("how", [False, NotMadeError("no such version")], ids=["failed", "not installed"])
def test_what_failed_is_not(trials, how):
    status, tried = trials(how, "oldest")
    assert status == 1
    assert list(tried) == ["oldest"]
    assert tried["oldest"]["flask"] == "2.2.5"


@pytest.mark.parametrize("how", [False, NotMadeError("no such version")], ids=["failed", "not installed"])
def test_pre_releases_are_reported_and_fail_nothing(trials, how, capsys):
    assert trials(how, "--pre")[0] == 0
    told = capsys.readouterr().out
    assert told.startswith(f"newest with pre-releases on Python {sys.version.split()[0]}: ")
    assert "failed" in told or "not installed: no such version" in told


@pytest.mark.parametrize("arguments", [["--pre"], ["newest", "--only", "flask"]])
def test_a_part_or_a_pre_release_is_not_what_was_tried(trials, arguments):
    assert trials(True, *arguments) == (0, {"oldest": {"python": "3.11.0", "flask": "2.2.5"}})


def test_every_list_has_its_contracts():
    """And every contract that the table of what is supported is made of is tried with one of them."""
    folder = command.ROOT / "tests" / "contract"
    assert {path.stem for path in command.HERE.glob("*.txt")} >= command.CONTRACTS.keys()
    named = {f"test_{name}" for names in command.CONTRACTS.values() for name in names}
    assert {path.stem for path in folder.glob("test_*.py")} - named == {"test_bridges", "test_left_out", "test_own_clients", "test_servers"}
    assert all((folder / f"{name}.py").exists() for name in named)


def test_a_distribution_may_spell_its_name_otherwise(monkeypatch):
    monkeypatch.setattr(command, "output", lambda *arguments: '{"web-py": "0.76", "Django": "7.0"}')
    monkeypatch.setattr(command, "lines", lambda name: ["web.py", "django>=4", "flask[async]"])
    assert command.Trial("newest", sys.executable, pre=False).installed() == {"web.py": "0.76", "django": "7.0"}
