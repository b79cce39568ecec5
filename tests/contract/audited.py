"""What the ASGI applications share: an outermost audit that refuses responses after they are complete, which shows who started them."""

from __future__ import annotations

from dataclasses import replace

from harness import Scenario, Visited, judge_response, marked

REFUSE = {"X-Audit": "refuse"}


def audited(name: str, path: str = "", **facts) -> Scenario:
    """A request whose response the audit refuses; `marks` names the markers of its first writer, the name if there is none."""
    facts["headers"] = {**REFUSE, **facts.get("headers", {})}
    return Scenario(f"audited-{name}", path=path or f"/{name}", marks=facts.pop("marks", name), **facts)


def judge_any(visited: Visited, scenario: Scenario) -> None:
    """Judge a scenario of either kind."""
    if scenario.headers.get("X-Audit"):
        judge_audited(visited, scenario)
    else:
        visited.judge(scenario)


def without_refusal(scenarios: list[Scenario]) -> list[Scenario]:
    """The same for a server that takes what comes after the end without a word."""
    return [
        each.but(findings=tuple(replace(one, outcome="lost") if one.outcome == "raised" else one for one in each.findings))
        for each in scenarios
    ]


def judge_audited(visited: Visited, scenario: Scenario) -> None:
    """Assert that the audit is told as RS404, and the marked line as the one that started; without a marker, nobody."""
    judge_response(scenario, visited.responses[scenario.name])
    found = visited.running.findings(scenario.name)
    assert [(each["rule"], each["outcome"], each["response"]["complete"]) for each in found] == [("RS404", "dropped", True)]
    first, late = ((each["file"], each["line"]) for each in (found[0]["first_writer"], found[0]["late_writer"]))
    assert late in marked(visited.running.application.module, "audit", "late")
    if scenario.marks:
        assert first in marked(visited.running.application.module, scenario.marks, "first"), found[0]["first_writer"]
    else:
        assert first == (None, None), found[0]["first_writer"]
