"""What the ASGI applications share: an outermost audit that refuses responses after they are complete, which shows who started them."""

from __future__ import annotations

from dataclasses import replace

from respstart.testing import Expected, Scenario

REFUSE = {"X-Audit": "refuse"}


def audited(name: str, path: str = "", **facts) -> Scenario:
    """A request whose response the audit refuses; `marks` names the markers of its first writer, the name if there is none."""
    facts["headers"] = {**REFUSE, **facts.get("headers", {})}
    marks = facts.pop("marks", name)
    refusal = Expected("RS404", "dropped", first="first" if marks else None, late="audit:late")
    return Scenario(f"audited-{name}", (refusal,), path or f"/{name}", marks=marks, **facts)


def without_refusal(scenarios: list[Scenario]) -> list[Scenario]:
    """The same for a server that takes what comes after the end without a word."""
    return [
        each.but(findings=tuple(replace(one, outcome="lost") if one.outcome == "raised" else one for one in each.findings))
        for each in scenarios
    ]
