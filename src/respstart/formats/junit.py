"""JUnit's XML, which every CI server reads: one test case for each fingerprint, failed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from respstart.formats.groups import Group, group, where
from respstart.reporters import plain

_NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2


def render(findings: Sequence[Mapping[str, Any]]) -> str:
    """One `testsuite`. Without a finding it has one test case that passed: CI servers take an empty suite for a broken one."""
    groups = group(findings)
    counts = {"tests": str(len(groups) or 1), "failures": str(len(groups)), "errors": "0"}
    suites = ET.Element("testsuites", name="respstart", attrib=counts)
    suite = ET.SubElement(suites, "testsuite", name="respstart", attrib=counts)
    if not groups:
        ET.SubElement(suite, "testcase", classname="respstart", name="no findings")
    for each in groups:
        _case(suite, each)
    ET.indent(suites)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{_valid(ET.tostring(suites, encoding="unicode"))}\n'


def _case(suite: ET.Element, group: Group) -> None:
    finding = group.first
    name = f"{where(finding.first_writer)} ({finding.fingerprint})"
    case = ET.SubElement(suite, "testcase", classname=f"respstart.{finding.rule}.{finding.name}", name=name)
    if finding.first_writer.file:
        case.attrib |= {"file": finding.first_writer.file, "line": str(finding.first_writer.line)}
    failure = ET.SubElement(case, "failure", type=group.title, message=finding.message)
    failure.text = plain.render(finding) + "".join(f"in test {test}\n" for test in group.tests)


def _valid(text: str) -> str:
    return _NO_CHARACTER.sub("", text)
