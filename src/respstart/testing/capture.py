"""Findings of a block of code, for tests of any kind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import respstart
from respstart.errors import SettingsError

if TYPE_CHECKING:
    from respstart.model import Finding


@contextmanager
def capture_findings(**settings: Any) -> Iterator[list[Finding]]:
    """Trace the responses of a block; gives the list of its findings, oldest first, which grows while the block runs::

        with capture_findings() as findings:
            client.get("/export")
        assert findings == []

    Where respstart is on already, it stays as it is and the others are told as well; otherwise it is on for the block, silently, with
    `settings` (as for `respstart.install`). Findings of every thread of the process count.

    Raises:
        SettingsError: a setting does not exist or has a value that is not allowed.
    """
    found: list[Finding] = []
    with respstart.tracing(mode="collect", **settings) as installation:
        if installation.problem:
            raise SettingsError(installation.problem)
        forget = respstart.on_finding(found.append)
        try:
            yield found
        finally:
            forget()
