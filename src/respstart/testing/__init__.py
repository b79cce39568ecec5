"""For tests: `capture_findings` for those of applications, and what those of integrations are made of.

    from respstart.testing import capture_findings
    from respstart.testing import Expected, IntegrationContract, Scenario

A contract, scenarios, real servers, a client on a raw socket, and a judgement.

Everything here loads lazily: only the contract needs pytest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from respstart.testing.capture import capture_findings
    from respstart.testing.client import Response
    from respstart.testing.contract import IntegrationContract, Visited
    from respstart.testing.judgement import judge, judge_findings, judge_response
    from respstart.testing.scenarios import Application, Expected, Scenario
    from respstart.testing.servers import SERVERS, Running, Server, serve

__all__ = [
    "SERVERS", "Application", "Expected", "IntegrationContract", "Response", "Running", "Scenario", "Server", "Visited",
    "capture_findings", "judge", "judge_findings", "judge_response", "serve",
]  # fmt: skip

_HOME = {
    "capture": ("capture_findings",),
    "client": ("Response",),
    "contract": ("IntegrationContract", "Visited"),
    "judgement": ("judge", "judge_findings", "judge_response"),
    "scenarios": ("Application", "Expected", "Scenario"),
    "servers": ("SERVERS", "Running", "Server", "serve"),
}
_MODULES = {name: f"{__name__}.{module}" for module, names in _HOME.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
