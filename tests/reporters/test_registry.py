from __future__ import annotations

import pytest

from respstart import reporters
from respstart.reporters import REPORTERS, build, make
from respstart.settings import Settings


def nobody(error):
    return None


def when_imported(module, callback):
    return lambda: None


ARGUMENTS = {"callback": (print,), "jsonl": ("x.jsonl",), "otel": ("auto",), "console": ("plain",), "sentry": (nobody, when_imported)}


def kinds(**settings):
    found = build(Settings(**settings), nobody, when_imported)
    return [type(getattr(reporter, "_reporter", reporter)).__name__ for reporter in found]


@pytest.mark.parametrize("name", sorted(REPORTERS.keys() - {"repeats"}))
def test_every_name_loads(name):
    reporter = make(name, *ARGUMENTS.get(name, ()))
    assert callable(reporter.report)
    reporter.close()


def test_defaults():
    assert kinds() == ["Notes", "OpenTelemetry", "Counter", "Sentry", "Console", "Structlog"]


@pytest.mark.parametrize(("output", "voice"), [("plain", "Console"), ("pretty", "Console"), ("json", "Console"), ("logging", "Logging")])
def test_a_chosen_form_is_the_only_voice(output, voice):
    assert kinds(output=output, sentry="off") == ["Notes", "OpenTelemetry", "Counter", voice]


def test_off_is_off():
    assert kinds(output="off", otel="off", sentry="off") == ["Notes"]


def test_a_file():
    assert kinds(output="off", otel="off", sentry="off", file="x.jsonl") == ["JsonLines", "Notes"]


def test_collecting_says_nothing_to_anybody_but_the_file():
    assert kinds(mode="collect") == []
    assert kinds(mode="collect", file="x.jsonl") == ["JsonLines"]


def test_only_what_is_wanted_is_loaded(monkeypatch):
    loaded = []
    monkeypatch.setattr(reporters, "import_module", lambda name: loaded.append(name) or __import__(name, fromlist=["*"]))
    build(Settings(output="off", otel="off", sentry="off"), nobody, when_imported)
    assert loaded == ["respstart.reporters.notes"]


def test_the_terminal_is_spared_repeats_and_the_file_is_not(tmp_path, make_finding, evidence, capsys):
    path = tmp_path / "all.jsonl"
    for reporter in (built := build(Settings(file=str(path), otel="off"), nobody, when_imported)):
        reporter.report(make_finding(), evidence)
        reporter.report(make_finding(), evidence)
    for reporter in built:
        reporter.close()
    assert len(path.read_bytes().splitlines()) == 2
    assert capsys.readouterr().err.count("SUMMARY") == 1
