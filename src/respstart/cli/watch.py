"""`respstart watch FILE ...`: findings as they come, in the terminal or on a page that updates itself."""

from __future__ import annotations

import argparse
import importlib.util
import io
import os
import sys
import time
from contextlib import suppress
from typing import Any

from respstart import formats
from respstart.cli.arguments import port_number
from respstart.errors import UsageError
from respstart.formats.following import Following
from respstart.formats.groups import Groups
from respstart.model import Finding
from respstart.reporters import plain
from respstart.reporters.escape import clean
from respstart.reporters.terminal import Terminal, examined

_PAUSE = 0.5  # seconds between two looks at the files


def add(commands: Any) -> None:
    """Add the command to the subparsers of `respstart`."""
    parser = commands.add_parser(
        "watch", help="show findings as they come into a file", allow_abbrev=False,
        description="Follows files of findings: by fingerprint in a terminal, one after the other elsewhere. Ends with q or Ctrl-C.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a file that the setting `file` writes; it may come later")
    parser.add_argument("--web", action="store_true", help="show them on a page of a small server on this machine; needs the extra html")
    parser.add_argument("--port", type=port_number, metavar="N", help="with --web: the loopback port (default: a free one)")
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Show what comes until the user has seen enough; then 0.

    Raises:
        UsageError: a package is missing that the page needs, or the port cannot be used.
    """
    if arguments.port is not None and not arguments.web:
        raise UsageError("--port is for the page: respstart watch --web --port N FILE")
    following = Following(arguments.files)
    with suppress(KeyboardInterrupt):
        if arguments.web:
            _on_a_page(following, arguments)
        elif _draws(examined(sys.stdout, os.environ)):
            from respstart.cli.watch_terminal import Screen

            Screen(following, arguments.files).run()
        else:
            _one_by_one(following)
    return 0


def _draws(terminal: Terminal) -> bool:
    able = terminal.is_terminal and terminal.symbols and os.environ.get("TERM") != "dumb"
    return able and importlib.util.find_spec("rich") is not None


def _on_a_page(following: Following, arguments: argparse.Namespace) -> None:
    formats.for_name("html")  # else there is nothing to serve
    from respstart.cli.watch_web import Server

    with Server(following, arguments.port or 0) as server:
        print(f"Watching {', '.join(map(clean, arguments.files))}: {server.address} (Ctrl-C ends it)", flush=True)
        server.serve_forever()


def _one_by_one(following: Following) -> None:
    """Each defect in full when it is first seen, then as one line for each time that it is seen again."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name that it cannot show must not end it
    groups, known = Groups(), set[str]()
    while True:
        fresh = following.fresh()
        for remark in fresh.remarks:
            print(f"respstart: {remark}", file=sys.stderr)
        for data in fresh.findings:
            groups.add(data)
            last = groups.newest_first()[0].last
            print(_again(last) if last.fingerprint in known else plain.render(last), end="", flush=True)
            known.add(last.fingerprint)
        time.sleep(_PAUSE)


def _again(finding: Finding) -> str:
    return f"{finding.summary} (seen {finding.seen} times)\n"
