"""Who started it, for every kind of response: an outermost audit refuses each of them after it is complete."""

from __future__ import annotations

from harness import Scenario, Visited, judge_response, marked

REFUSE = {"X-Audit": "refuse"}


def audited(name: str, path: str = "", **facts) -> Scenario:
    """A request whose response the audit refuses; `marks` names the markers of its first writer, the name if there is none."""
    facts["headers"] = {**REFUSE, **facts.get("headers", {})}
    return Scenario(f"audited-{name}", path=path or f"/{name}", marks=facts.pop("marks", name), **facts)


def judge_audited(visited: Visited, scenario: Scenario) -> None:
    """Assert that the audit is told as RS404, and the marked line as the one that started; without a marker, nobody."""
    judge_response(scenario, visited.responses[scenario.name])
    found = visited.running.findings(scenario.name)
    assert [(each["rule"], each["outcome"], each["response"]["complete"]) for each in found] == [("RS404", "dropped", True)]
    first, late = ((each["file"], each["line"]) for each in (found[0]["first_writer"], found[0]["late_writer"]))
    assert late in marked(visited.running.module, "audit", "late")
    if scenario.marks:
        assert first in marked(visited.running.module, scenario.marks, "first"), found[0]["first_writer"]
    else:
        assert first == (None, None), found[0]["first_writer"]
