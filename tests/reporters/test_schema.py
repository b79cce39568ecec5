from __future__ import annotations

import dataclasses
import json

import jsonschema
import pytest

from respstart import model, schema
from respstart.model import Outcome, Stacks
from respstart.rules import RULES

DESCRIBED = {
    "place": model.Place,
    "writer": model.Writer,
    "frame": model.Frame,
    "request": model.RequestInfo,
    "response": model.ResponseInfo,
    "whereabouts": model.Whereabouts,
    "step": model.TrailEntry,
    "exception": model.ExceptionInfo,
    "stacks": model.Stacks,
}


@pytest.fixture(scope="module")
def validator():
    document = schema.load()
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document)


def as_json(finding):
    return json.loads(json.dumps(finding.to_dict()))


def test_a_full_finding_is_valid(validator, make_finding):
    validator.validate(as_json(make_finding()))


def test_a_finding_with_nothing_optional_is_valid(validator, make_finding):
    optional = {field.name: None for field in dataclasses.fields(model.Finding) if "None" in str(field.type)}
    assert len(optional) > 10
    validator.validate(as_json(make_finding(**optional, trail=(), stacks=Stacks(), passed_over=())))


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_is_valid(rule, validator, make_finding):
    validator.validate(as_json(make_finding(rule=rule.code, name=rule.slug, level=rule.level, fix=rule.fix)))


ADDED = {"test", "timestamp"}  # since the first release: older files do not have it


def test_every_field_of_a_finding_is_described_and_required():
    document, names = schema.load(), {field.name for field in dataclasses.fields(model.Finding)}
    assert names == document["properties"].keys() == {*document["required"], *ADDED}


def test_a_finding_comes_back_from_json(make_finding):
    finding = make_finding(test="tests/test_shop.py::test_cart")
    assert model.Finding.from_dict(as_json(finding)) == finding


def test_a_finding_of_an_older_or_newer_version_comes_back(make_finding):
    data = as_json(make_finding()) | {"new": 1}
    del data["test"]
    assert model.Finding.from_dict(data) == make_finding()


@pytest.mark.parametrize("foreign", [{}, {"rule": "RS103"}, {"rule": "E501"}, [], None, 3, "RS103", {"rule": "RS101", "trail": 3}])
def test_what_is_no_finding_does_not_come_back(foreign):
    with pytest.raises(ValueError, match="no finding of respstart"):
        model.Finding.from_dict(foreign)


@pytest.mark.parametrize("name", DESCRIBED)
def test_every_field_of_every_part_is_described(name):
    described, names = schema.load()["$defs"][name], {field.name for field in dataclasses.fields(DESCRIBED[name])}
    assert names <= set(described["properties"])
    assert set(described["required"]) <= names
    assert all("description" in part or "$ref" in part for part in described["properties"].values())


def test_no_part_is_left_out():
    assert set(DESCRIBED) == set(schema.load()["$defs"])


def test_outcomes_are_those_of_the_model():
    assert [str(outcome) for outcome in Outcome] == schema.load()["properties"]["outcome"]["enum"]


def test_additions_keep_the_version(validator, make_finding):
    validator.validate({**as_json(make_finding()), "new_in_1_2": True})


@pytest.mark.parametrize(
    "change",
    [
        {"rule": "103"},
        {"schema": 2},
        {"level": "fatal"},
        {"outcome": "gone"},
        {"first_writer": None},
        {"fingerprint": "zz"},
        {"seen": 0},
        {"message": None},
        {"trail": [{"event": "started"}]},
        {"built_at": {"file": "x.py", "line": 0, "function": "f"}},
    ],
)
def test_what_is_no_finding_is_refused(change, validator, make_finding):
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({**as_json(make_finding()), **change})


@pytest.mark.parametrize("late_in", [[1], "x", {"created_at": 3}])
def test_a_finding_with_a_strange_whereabouts_does_not_come_back(make_finding, late_in):
    with pytest.raises(ValueError, match="no finding of respstart"):
        model.Finding.from_dict(as_json(make_finding()) | {"late_in": late_in})
