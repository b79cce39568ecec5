"""Settings: one table for call, environment and file, and one clear line for a mistake."""

import pytest

from respstart import settings
from respstart.errors import SettingsError
from respstart.settings import Settings, load, switched_on


def test_defaults(tmp_path):
    assert load({}, {}, tmp_path) == Settings()


def test_a_call_wins_over_the_environment_and_that_over_the_file(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.respstart]\nsample = 0.1\noutput = "json"\nmax_frames = 5\n')
    environ = {"RESPSTART_OUTPUT": "plain", "RESPSTART_MAX_FRAMES": "6"}
    found = load({"max_frames": 7}, environ, tmp_path / "below" / "it")
    assert (found.sample, found.output, found.max_frames) == (0.1, "plain", 7)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("mode", "RAISE", "raise"),
        ("file", "x-%p.jsonl", "x-%p.jsonl"),
        ("otel", "both", "both"),
        ("select", "RS1, late-status,rs201", ("RS1", "RS102", "RS201")),
        ("ignore", "RS404", ("RS404",)),
        ("sample", "0.5", 0.5),
        ("in_app", "acme,/srv/lib", ("acme", "/srv/lib")),
        ("excluded_urls", "^/health,/static", ("^/health", "/static")),
        ("repeat_seconds", "0", 0.0),
    ],
)
def test_values_from_the_environment(tmp_path, name, text, value):
    assert getattr(load({}, {f"RESPSTART_{name.upper()}": text}, tmp_path), name) == value


@pytest.mark.parametrize(
    ("overrides", "environ", "said"),
    [
        ({"sample": 2}, {}, ("sample", "2", "from 0 to 1")),
        ({"sample": True}, {}, ("sample", "True")),
        ({"max_frames": 1.5}, {}, ("max_frames", "1.5", "whole number")),
        ({"outputt": "off"}, {}, ("outputt", "output")),
        ({}, {"RESPSTART_OUTPT": "off"}, ("RESPSTART_OUTPT", "RESPSTART_OUTPUT")),
        ({}, {"RESPSTART_MODE": "rise"}, ("RESPSTART_MODE", "rise", "observe, raise or collect")),
        ({"ignore": ["late-cooky"]}, {}, ("ignore", "late-cooky", "late-cookie")),
        ({"excluded_urls": ["("]}, {}, ("excluded_urls", "regular expression")),
        ({"file": "a\0b"}, {}, ("file",)),
        ({"repeat_seconds": float("nan")}, {}, ("repeat_seconds",)),
    ],
)
def test_a_mistake_is_one_line_that_names_setting_value_and_what_is_allowed(tmp_path, overrides, environ, said):
    with pytest.raises(SettingsError) as caught:
        load(overrides, environ, tmp_path)
    line = str(caught.value)
    assert "\n" not in line
    assert all(part in line for part in said), line


def test_a_mistake_in_the_file_names_the_file(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.respstart]\nsample = "much"\n')
    with pytest.raises(SettingsError, match=r"pyproject\.toml"):
        load({}, {}, tmp_path)


@pytest.mark.parametrize("content", ["[tool.respstart", "\xff", "tool = 3", ""])
def test_a_file_that_is_not_for_us_is_left_alone(tmp_path, content):
    (tmp_path / "pyproject.toml").write_bytes(content.encode("latin-1"))
    assert load({}, {}, tmp_path) == Settings()


@pytest.mark.parametrize("text", ["1", "true", "YES", "on", "y", "t"])
def test_on(text):
    assert switched_on({"RESPSTART": text})


@pytest.mark.parametrize("text", ["", "0", "false", "NO", "off", "n", "f", " "])
def test_off(text, capsys):
    assert not switched_on({"RESPSTART": text})
    assert capsys.readouterr().err == ""


def test_anything_else_is_off_and_said_once(capsys):
    settings._complain.cache_clear()
    assert not switched_on({"RESPSTART": "maybe"})
    assert not switched_on({"RESPSTART": "maybe"})
    assert capsys.readouterr().err.count("maybe") == 1


def test_every_setting_has_a_sentence_of_help():
    rows = settings.help_rows()
    assert {row.name for row in rows} == set(Settings.__dataclass_fields__)
    assert all(row.help.endswith(".") for row in rows)
