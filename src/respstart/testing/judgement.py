"""Did the client see what it should, and were exactly the expected findings made, with both lines?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from respstart.testing.client import Response
from respstart.testing.scenarios import Application, Expected, Line, Scenario

Finding = Mapping[str, Any]


def judge(scenario: Scenario, response: Response, findings: Sequence[Finding], application: Application) -> None:
    """Raise AssertionError with all that is wrong, on the wire and in the findings."""
    _complain(scenario, chain(_about_response(scenario, response), _about_findings(scenario, findings, application)))


def judge_response(scenario: Scenario, response: Response) -> None:
    """Raise AssertionError unless the facts of the wire hold, without which a finding means nothing."""
    _complain(scenario, _about_response(scenario, response))


def judge_findings(scenario: Scenario, findings: Sequence[Finding], application: Application) -> None:
    """Raise AssertionError unless rules, outcomes, subjects and both lines of all findings about one request are the expected ones."""
    _complain(scenario, _about_findings(scenario, findings, application))


def _complain(scenario: Scenario, complaints: Iterable[str]) -> None:
    told = list(complaints)
    if told:
        raise AssertionError("\n  ".join([f"{scenario.method} {scenario.url}", *told]))


def _about_response(scenario: Scenario, response: Response) -> Iterable[str]:
    seen = [response.status, "truncated" if response.truncated else "complete"]
    wanted = [scenario.status, "truncated" if scenario.truncated else "complete"]
    if seen != wanted:
        yield f"the response should be {wanted}, and is {seen}: {response.raw[:400]!r}"
    yield from (f"the header {name} should be there" for name in scenario.sees if name not in response.headers)
    yield from (f"the header {name} should not be there" for name in scenario.misses if name in response.headers)
    if scenario.body not in response.body:
        yield f"the body should contain {scenario.body!r}, and is {response.body[:400]!r}"


def _about_findings(scenario: Scenario, findings: Sequence[Finding], application: Application) -> Iterable[str]:
    left = list(findings)
    for expected in scenario.findings:
        writers = _lines(expected.first, scenario, application), _lines(expected.late, scenario, application)
        match = next((each for each in left if _is(each, expected, *writers)), None)
        if match is None:
            yield f"expected {_sentence((expected.rule, expected.outcome, expected.subject), *writers)}"
        else:
            left.remove(match)
    for each in left:
        writers = _named(each["first_writer"]), _named(each["late_writer"])
        yield f"found    {_sentence((each['rule'], each['outcome'], each['subject']), *writers)}: {each['message']}"


def _is(finding: Finding, expected: Expected, first: frozenset[Line], late: frozenset[Line]) -> bool:
    return (
        (finding["rule"], finding["outcome"], finding["subject"]) == (expected.rule, expected.outcome, expected.subject)
        and _fits(finding["first_writer"], first)
        and _fits(finding["late_writer"], late)
    )


def _fits(writer: Mapping[str, Any] | None, lines: frozenset[Line]) -> bool:
    """Whether one of the lines is named; nobody where there is none."""
    named = _named(writer)
    return named <= lines and bool(named) == bool(lines)


def _named(writer: Mapping[str, Any] | None) -> frozenset[Line]:
    return frozenset([(writer["file"], writer["line"])] if writer and writer["file"] else [])


def _lines(role: str | None, scenario: Scenario, application: Application) -> frozenset[Line]:
    return frozenset() if role is None else application.marked(scenario.marker(role))


def _sentence(what: tuple[str, str, str | None], first: frozenset[Line], late: frozenset[Line]) -> str:
    return f"{' '.join(filter(None, what))}, started by {_places(first)}, late: {_places(late)}"


def _places(lines: frozenset[Line]) -> str:
    return " or ".join(f"{Path(file).name}:{line}" for file, line in sorted(lines)) or "nobody"
