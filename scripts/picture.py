"""The picture of the README: `respstart demo`, run in a terminal of 110 columns, as an SVG that loads nothing."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "picture.svg"
COLUMNS = 110
# Dark, with colours that stand out from it (WCAG 2.2: more than 4.5 to 1), so that it reads on light pages and on dark ones.
THEME = TerminalTheme(
    (24, 28, 33), (220, 224, 229),
    [(24, 28, 33), (255, 120, 112), (79, 207, 139), (230, 180, 80), (110, 170, 255), (210, 140, 230), (90, 200, 220), (220, 224, 229)],
)  # fmt: skip
# That of rich without its fonts, which lie elsewhere.
FORMAT = """\
<svg viewBox="0 0 {width:.0f} {height:.0f}" xmlns="http://www.w3.org/2000/svg" role="img" aria-label="A finding of respstart in a terminal">
<style>
.{unique_id}-matrix {{ font: {char_height}px/{line_height}px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }}
.{unique_id}-title {{ font: bold 18px system-ui, sans-serif; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def shown() -> str:
    """What the demo writes to a terminal, with its colours; the part that respstart has found."""
    names = ("CI", "NO_COLOR", "FORCE_COLOR")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "respstart", "demo"], stdin=theirs, stdout=theirs, stderr=theirs,
        env={**environment, "TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    os.close(theirs)
    told = b""
    with contextlib.suppress(OSError):  # Linux ends a pseudo-terminal with EIO
        while part := os.read(ours, 65536):
            told += part
    os.close(ours)
    process.wait()
    return told.decode().replace("\r\n", "\n").partition("What respstart found:\n\n")[2]


def svg(text: str) -> str:
    """The text as a picture."""
    console = Console(record=True, width=COLUMNS + 2, file=io.StringIO(), force_terminal=True, _environ={})
    console.print(Text.from_ansi(text))
    return console.export_svg(title="respstart demo", theme=THEME, code_format=FORMAT, unique_id="r")


if __name__ == "__main__":
    PICTURE.write_text(svg(shown()), encoding="utf-8")
