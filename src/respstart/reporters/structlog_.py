"""Findings as events of the user's own structlog configuration; never one of ours."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from respstart.reporters.event import EVENT, LOGGER, fields

if TYPE_CHECKING:
    from respstart.model import Evidence, Finding


def is_configured() -> bool:
    """Whether the application has configured structlog; asked without importing it."""
    ask = getattr(sys.modules.get("structlog"), "is_configured", None)
    return ask is not None and bool(ask())


class Structlog:
    """Logs each finding with the logger `respstart`, if structlog is configured (else it would print to stdout)."""

    def report(self, finding: Finding, evidence: Evidence) -> None:  # noqa: ARG002 the signature of a reporter
        """Log the finding at its own level."""
        if is_configured():
            getattr(_logger(finding.level), finding.level)(EVENT, **fields(finding))

    def close(self) -> None:
        """Nothing is held."""


def _logger(level: str) -> Any:
    """A logger of the configuration of this moment."""
    import structlog

    own = _takes(structlog.get_config()["wrapper_class"], level)
    return structlog.wrap_logger(None, wrapper_class=None if own else structlog.BoundLogger, logger_factory_args=(LOGGER,))


def _takes(wrapper: Any, level: str) -> bool:
    """Whether the user's kind of logger has a method for the level that can be called here: nobody would await a coroutine."""
    import inspect

    method = getattr(wrapper, level, None) or getattr(wrapper, "__getattr__", None)
    return method is not None and not inspect.iscoroutinefunction(method)
