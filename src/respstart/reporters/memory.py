"""Findings kept for the caller, in mode `collect` and in tests."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from respstart.model import Evidence, Finding


class Memory:
    """Keeps the latest `limit` findings, oldest first."""

    def __init__(self, limit: int = 1000) -> None:
        self._findings: deque[Finding] = deque(maxlen=limit)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What has been reported, oldest first."""
        return tuple(self._findings.copy())

    def report(self, finding: Finding, evidence: Evidence) -> None:  # noqa: ARG002 the signature of a reporter
        """Keep the finding, and nothing of the evidence."""
        self._findings.append(finding)

    def clear(self) -> None:
        """Forget every finding."""
        self._findings.clear()

    def close(self) -> None:
        """The findings stay readable."""
