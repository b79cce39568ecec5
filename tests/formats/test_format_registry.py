"""The registry: a format by its name or by the end of a file's name, and one sentence when that cannot be."""

import json
import sys

import pytest

from respstart import formats
from respstart.errors import RespstartError, UsageError


@pytest.mark.parametrize("name", formats.FORMATS)
@pytest.mark.parametrize("count", [0, 1])
def test_every_format_renders_text_from_dicts_as_read_from_a_file(name, count, make_finding):
    findings = [json.loads(json.dumps(make_finding().to_dict()))] * count
    text = formats.for_name(name)(findings)
    assert isinstance(text, str)
    assert ("stream_rows" in text) is bool(count)


@pytest.mark.parametrize("name", formats.FORMATS)
def test_every_format_takes_the_dicts_of_living_findings(name, make_finding):
    finding = make_finding()
    assert formats.for_name(name)([finding.to_dict()]) == formats.for_name(name)([json.loads(json.dumps(finding.to_dict()))])


@pytest.mark.parametrize(
    ("name", "beginning"),
    [("a.txt", "RS103"), ("a.json", "{"), ("a.jsonl", '{"rule"'), ("a.html", "<!doctype html>"), ("A.HTML", "<!doctype html>"), ("a.b.sarif", "{"),
     ("a.xml", "<?xml")],
)  # fmt: skip
def test_the_end_of_the_name_tells_the_format(name, beginning, make_finding, tmp_path):
    formats.write([make_finding().to_dict()], tmp_path / name)
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(beginning)


@pytest.mark.parametrize("name", ["report", "report.pdf", "report.html.gz", ".html", "\x1b[31m.exe"])
def test_another_end_is_refused_with_those_that_are_allowed(name):
    with pytest.raises(UsageError, match=r"\.txt, \.json, \.jsonl, \.html, \.sarif, \.xml") as caught:
        formats.for_path(name)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("missing", ["jinja2", "markdown_it"])
def test_a_missing_package_is_said_before_anything_is_rendered(missing, monkeypatch):
    find = formats.importlib.util.find_spec
    monkeypatch.setattr(formats.importlib.util, "find_spec", lambda name: None if name == missing else find(name))
    with pytest.raises(UsageError) as caught:
        formats.for_path("report.html")
    assert f"{sys.executable} -m pip install 'respstart[html]'" in str(caught.value)


@pytest.mark.parametrize("path", ["nowhere/a.json", "."])
def test_a_file_that_cannot_be_written_is_one_sentence(path, make_finding, tmp_path):
    path = tmp_path / path
    if path == tmp_path:
        path = tmp_path / "a.json"
        path.mkdir()
    with pytest.raises(RespstartError, match="cannot be written: "):
        formats.write([make_finding().to_dict()], path)
