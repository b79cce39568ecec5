"""A reporter that keeps what it is told."""

from __future__ import annotations


class Kept:
    def __init__(self):
        self.findings = []

    def report(self, finding, evidence):
        self.findings.append(finding)

    def close(self):
        pass
