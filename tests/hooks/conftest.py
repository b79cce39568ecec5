"""What tests of the hooks have in common."""

import pytest

import respstart


@pytest.fixture
def found():
    """What was found."""
    findings = []
    with respstart.tracing(output="off", otel="off"):
        remove = respstart.on_finding(findings.append)
        yield findings
        remove()
