"""A function of the caller's (`on_finding`) as a reporter."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from respstart.model import Evidence, Finding


class Callback:
    """Calls `function(finding)`."""

    def __init__(self, function: Callable[[Finding], None]) -> None:
        self._function = function

    def report(self, finding: Finding, evidence: Evidence) -> None:  # noqa: ARG002 the signature of a reporter
        """Call the function."""
        self._function(finding)

    def close(self) -> None:
        """Nothing is held."""
