"""`respstart report FILE ...`: findings of files, grouped by fingerprint, in the format of your choice."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from respstart import formats
from respstart.formats.reading import read


def add(commands: Any) -> None:
    """Add the command to the subparsers of `respstart`."""
    parser = commands.add_parser(
        "report", help="show the findings of a file as text, a page, SARIF, ...", allow_abbrev=False,
        description="Reads findings, one JSON object a line, and shows them grouped by fingerprint. Exit code 1 when there are any.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a file that the setting `file` has written")
    parser.add_argument("--format", choices=formats.FORMATS, help="default: what the name of --output tells, else text")
    parser.add_argument("--output", metavar="OUT", help="write to this file, not to stdout")
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Render the findings of all files together; 1 when there are any, else 0.

    Raises:
        UsageError: the name of the output tells no format, or a package is missing that the format needs.
        RespstartError: a file cannot be read or written.
    """
    by_name = arguments.format or not arguments.output
    render = formats.for_name(arguments.format or "text") if by_name else formats.for_path(arguments.output)
    reading = read(arguments.files)
    for remark in reading.remarks:
        print(f"respstart: {remark}", file=sys.stderr)
    text = render(reading.findings)
    if arguments.output:
        formats.save(text, arguments.output)
    else:
        _print(text)
    return int(bool(reading.findings))


def _print(text: str) -> None:
    """As UTF-8, whatever the locale says: that is what the documents say of themselves."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8"))
    sys.stdout.buffer.flush()
