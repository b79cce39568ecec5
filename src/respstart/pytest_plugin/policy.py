"""What a finding means for a test: it fails it, or is only told, was expected, is known from the baseline, or does not count."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest

from respstart import rules
from respstart.model import Finding


class Verdict(enum.StrEnum):
    """What became of a finding in a test run."""

    FAILS = "fails"
    TOLD = "told"
    EXPECTED = "expected"
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class Marks:
    """What the markers of one test say: beginnings of rule codes."""

    expect: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    @classmethod
    def of(cls, item: pytest.Item) -> Marks:
        """The markers of a test and of what it is in, together.

        Raises:
            pytest.UsageError: a marker has an argument that does not exist, or a rule that is none.
        """
        found: dict[str, tuple[str, ...]] = {"expect": (), "ignore": ()}
        for marker in item.iter_markers("respstart"):
            where = f"{item.nodeid}: @pytest.mark.respstart"
            wrong = [*map(repr, marker.args), *sorted(marker.kwargs.keys() - found.keys())]
            if wrong:
                raise pytest.UsageError(f"{where} has no argument {', '.join(wrong)}; it has expect=... and ignore=...")
            for name, value in marker.kwargs.items():
                found[name] += rules_of(value, f"{where}({name}=...)")
        return cls(**found)

    def missing(self, findings: Iterable[Finding]) -> list[str]:
        """What was expected and did not come."""
        codes = [finding.rule for finding in findings]
        return [expected for expected in dict.fromkeys(self.expect) if not any(code.startswith(expected) for code in codes)]


@dataclass(frozen=True, slots=True)
class Policy:
    """What the options say. `fail_on` are beginnings of rule codes, None for every finding of level error; `known` are fingerprints."""

    fail_on: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    known: frozenset[str] = frozenset()
    forgives: bool = False  # a baseline is being written

    def verdict(self, finding: Finding, marks: Marks) -> Verdict | None:
        """What a finding means for a test with these markers; None when it does not count."""
        rule = finding.rule
        if rule.startswith((*self.ignore, *marks.ignore)):
            return None
        if rule.startswith(marks.expect):
            return Verdict.EXPECTED
        if self.forgives or finding.fingerprint in self.known:
            return Verdict.KNOWN
        fails = finding.level == "error" if self.fail_on is None else rule.startswith(self.fail_on)
        return Verdict.FAILS if fails else Verdict.TOLD

    def __str__(self) -> str:
        if self.fail_on == ():
            return "no finding fails a test"
        return f"findings of {'level error' if self.fail_on is None else ', '.join(self.fail_on)} fail a test"


def rules_of(value: Any, where: str) -> tuple[str, ...]:
    """Beginnings of rule codes, from text with commas or from a list of such.

    Raises:
        pytest.UsageError: one of them is no rule; names the nearest.
    """
    parts = [value] if isinstance(value, str) else value
    if not isinstance(parts, list | tuple | set | frozenset) or not all(isinstance(part, str) for part in parts):
        raise pytest.UsageError(f"{where}: {value!r} is neither a rule nor a list of rules, such as 'RS103' or ['RS1', 'late-session']")
    try:
        return tuple(rules.prefix(word) for part in parts for word in part.split(",") if word.strip())
    except ValueError as error:
        raise pytest.UsageError(f"{where}: {error}") from None


def fail_on_of(value: str | list[str], where: str) -> tuple[str, ...] | None:
    """What fails a test: rules, all or none; None for the default.

    Raises:
        pytest.UsageError: it is none of these.
    """
    words = ",".join([value] if isinstance(value, str) else value).lower()
    if words in ("none", "all"):
        return () if words == "none" else ("RS",)
    return rules_of(words, where) or None
