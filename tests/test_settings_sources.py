"""Settings from every source: each value that is allowed, each that is not, and the words for it."""

from __future__ import annotations

import dataclasses
import io
import os
import subprocess
import sys

import pytest

from respstart import settings
from respstart.errors import SettingsError
from respstart.settings import Settings, help_rows, load, switched_on


def write_table(folder, text):
    (folder / "pyproject.toml").write_text(f"[tool.respstart]\n{text}\n", encoding="utf-8")


@pytest.fixture(autouse=True)
def _fresh_complaints():
    settings._complain.cache_clear()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("mode", "Collect", "collect"),
        ("output", " plain ", "plain"),
        ("file", "out-%p.jsonl", "out-%p.jsonl"),
        ("otel", "both", "both"),
        ("select", "RS1, rs201,late-cookie", ("RS1", "RS201", "RS103")),
        ("ignore", "RS10", ("RS10",)),
        ("sample", "0.25", 0.25),
        ("max_frames", "200", 200),
        ("in_app", "shop, billing,", ("shop", "billing")),
        ("excluded_urls", "^/health,/metrics$", ("^/health", "/metrics$")),
        ("repeat_seconds", "0", 0.0),
    ],
)
def test_every_setting_reads_the_same_text_from_every_source(name, text, value, tmp_path):
    assert value == getattr(load({}, {f"RESPSTART_{name.upper()}": text}, tmp_path), name)
    assert value == getattr(load({name: text}, {}, tmp_path), name)
    write_table(tmp_path, f'{name} = "{text}"')
    assert value == getattr(load({}, {}, tmp_path), name)


def test_native_values(tmp_path):
    write_table(tmp_path, 'sample = 0\nmax_frames = 5\nselect = ["RS2", "late-header"]\nrepeat_seconds = 1.5')
    found = load({"in_app": [tmp_path / "lib", "shop"], "file": tmp_path / "x.jsonl"}, {}, tmp_path)
    assert (found.sample, found.max_frames, found.select, found.repeat_seconds) == (0.0, 5, ("RS2", "RS101"), 1.5)
    assert ((str(tmp_path / "lib"), "shop"), str(tmp_path / "x.jsonl")) == (found.in_app, found.file)


def test_an_empty_variable_is_unset(tmp_path):
    write_table(tmp_path, "sample = 0.5")
    assert load({}, {"RESPSTART_SAMPLE": " "}, tmp_path).sample == 0.5


def test_the_nearest_table_upward_counts(tmp_path):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    write_table(tmp_path, "max_frames = 7")
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.other]\n", encoding="utf-8")
    assert load({}, {}, inner).max_frames == 7
    write_table(tmp_path / "a", "max_frames = 8")
    assert load({}, {}, inner).max_frames == 8


def test_a_removed_current_folder_counts_as_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tmp_path.rmdir()
    assert Settings() == load({}, {})


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("mode", "warn", "observe, raise or collect"),
        ("mode", None, "observe, raise or collect"),
        ("output", "xml", "auto, pretty, plain, json, logging or off"),
        ("otel", True, "auto, span, log, both or off"),
        ("file", "a\0b", "a path"),
        ("file", b"bytes", "a path"),
        ("file", 3, "a path"),
        ("sample", "2", "a number from 0 to 1"),
        ("sample", "nan", "a number from 0 to 1"),
        ("sample", True, "a number from 0 to 1"),
        ("sample", "many", "a number from 0 to 1"),
        ("max_frames", 0, "a whole number from 1 to 200"),
        ("max_frames", 1.5, "a whole number from 1 to 200"),
        ("max_frames", "9" * 10_000, "a whole number from 1 to 200"),
        ("repeat_seconds", -1, "a number of seconds, 0 or more"),
        ("repeat_seconds", "nan", "a number of seconds, 0 or more"),
        ("max_frames", 10**400, "a whole number from 1 to 200"),
        ("in_app", [3], "package names or paths"),
        ("in_app", 3, "package names or paths"),
        ("excluded_urls", "(", "regular expressions"),
        ("select", "RS1,RS777", "rule codes"),
        ("ignore", "R", "rule codes"),
    ],
)
def test_a_value_that_is_not_allowed(name, value, allowed, tmp_path):
    with pytest.raises(SettingsError) as caught:
        load({name: value}, {}, tmp_path)
    message = str(caught.value)
    assert message.startswith(f"{name}: ")
    assert allowed in message
    assert "\n" not in message
    assert len(message) < 400


def test_the_message_names_the_setting_as_it_was_written(tmp_path):
    with pytest.raises(SettingsError, match=r"^RESPSTART_SAMPLE: '2' is not allowed; allowed: a number from 0 to 1$"):
        load({}, {"RESPSTART_SAMPLE": "2"}, tmp_path)
    write_table(tmp_path, "sample = 2")
    with pytest.raises(SettingsError, match=r"^'sample' in \[tool.respstart\] of .*pyproject.toml: 2 is not allowed; allowed: "):
        load({}, {}, tmp_path)


@pytest.mark.parametrize(("value", "nearest"), [("RS1033", "RS103"), ("late-cokie", "late-cookie"), ("second_start", "second-start")])
def test_an_unknown_rule_names_the_nearest(value, nearest, tmp_path):
    with pytest.raises(SettingsError, match=f"the nearest is {nearest}\\)"):
        load({}, {"RESPSTART_IGNORE": value}, tmp_path)


def test_an_unknown_setting_names_the_nearest(tmp_path):
    with pytest.raises(SettingsError, match=r"^sampel: there is no such setting; the nearest is sample$"):
        load({"sampel": 1}, {}, tmp_path)
    with pytest.raises(SettingsError, match=r"^RESPSTART_MAXFRAMES: there is no such setting; the nearest is RESPSTART_MAX_FRAMES$"):
        load({}, {"RESPSTART_MAXFRAMES": "secret"}, tmp_path)
    write_table(tmp_path, "max-frames = 3")
    with pytest.raises(SettingsError, match=r"'max-frames' in .* the nearest is max_frames"):
        load({}, {}, tmp_path)


def test_the_switch_and_foreign_variables_are_no_settings(tmp_path):
    assert Settings() == load({}, {"RESPSTART": "1", "PATH": "/bin"}, tmp_path)


@pytest.mark.parametrize("stream", [None, io.TextIOWrapper(io.BytesIO(), "ascii")])
def test_a_missing_or_closed_stderr_does_not_matter_to_the_switch(stream, monkeypatch):
    if stream is not None:
        stream.close()
    monkeypatch.setattr(sys, "stderr", stream)
    assert not switched_on({"RESPSTART": "maybe"})


def test_help_tells_every_setting():
    assert [field.name for field in dataclasses.fields(Settings)] == [row.name for row in help_rows()]
    assert all(row.help.endswith(".") and row.allowed and row.variable == f"RESPSTART_{row.name.upper()}" for row in help_rows())


def test_the_default_in_the_help_is_the_default(tmp_path):
    assert Settings() == load({}, {row.variable: row.default for row in help_rows()}, tmp_path)


def test_importing_the_settings_imports_the_standard_library_only():
    code = (
        "import sys; before = set(sys.modules); import respstart.settings as s; s.load({}, {}); "
        "print(sorted({m.partition('.')[0] for m in set(sys.modules) - before} - set(sys.stdlib_module_names)))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "RESPSTART": ""}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert result.stdout.strip() == "['respstart']"
