"""What respstart costs, measured on this machine.

    python -m benchmarks [clean] [servers] [growth] [parts] [--quick] [--callgrind] [--applications flask,django] [--write PAGE]

clean: what it adds to a clean request, beside its peers; servers: the same beneath uvicorn and gunicorn; growth: with frames, middleware,
chunks and headers; parts: memory, a stack, install(), a finding. Without one of them, all. `--callgrind` has valgrind count
instructions, exactly, where the kernel does not (in clean, servers and growth): nothing else that runs on the machine disturbs that.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

from benchmarks import clean, figures
from benchmarks.applications import FRAMEWORKS
from benchmarks.counter import counter
from benchmarks.growth import growth, headers, under_server
from benchmarks.parts import parts
from benchmarks.servers import SERVERS, Servers
from benchmarks.worker import HELLO, Workers


def clean_table(options: argparse.Namespace) -> Iterator[str]:
    """Clean requests in process."""
    counting = "callgrind" if options.callgrind else "process"
    # Of exact counts two rounds are enough, of so many requests that one run of the garbage collector weighs no more than it should.
    rounds, requests = (2, 200) if options.callgrind else (5, 100) if options.quick else (21, 300)
    yield from clean.heading(_unit(options))
    for framework in options.applications:
        with Workers(framework, clean.VARIANTS, counting) as workers:
            yield clean.row(framework, workers.costs(HELLO, rounds, requests))


def servers_table(options: argparse.Namespace) -> Iterator[str]:
    """Clean requests beneath a server."""
    counting = "callgrind" if options.callgrind else "process"
    rounds, requests = (2, 200) if options.callgrind else (7, 300) if options.quick else (15, 1000)
    yield from clean.heading(_unit(options))
    for framework in [each for each in SERVERS if each in options.applications]:
        with Servers(framework, clean.VARIANTS, counting) as servers:
            costs = servers.costs("/", rounds, requests)
            yield clean.row(framework, costs).replace(framework, f"{framework}, {SERVERS[framework]}", 1)


def growth_table(options: argparse.Namespace) -> Iterator[str]:
    """What makes a clean request dearer."""
    counting = "callgrind" if options.callgrind else "process"
    size = (5, 100) if options.quick else (15, 200)
    yield from figures.HEADING
    for framework in options.applications:
        yield from (figure.row() for figure in growth(framework, *((1, 20) if options.callgrind else size), counting))
        yield from (figure.row() for figure in headers(framework, 31, size[1]))  # of little time each, on machines that take turns
        if framework in SERVERS:
            yield from (figure.row() for figure in under_server(framework, *size))


def parts_table(options: argparse.Namespace) -> Iterator[str]:
    """What is no request."""
    yield from figures.HEADING
    yield from (figure.row() for figure in parts(options.applications, 3 if options.quick else 9))


def _unit(options: argparse.Namespace) -> str:
    return "instructions" if options.callgrind else counter()[0]


TABLES: dict[str, Callable[[argparse.Namespace], Iterator[str]]] = {
    "clean": clean_table, "servers": servers_table, "growth": growth_table, "parts": parts_table,
}  # fmt: skip

_INTRODUCTION = """\
# What it costs

Written by `python -m benchmarks {arguments}`; measure it on your machine with the same command. Every ratio is taken within its round, and
the median of the rounds is told. In brackets, or in a column of its own, stands the budget that the figure has to keep; what
does not keep it is **bold**."""

_WORDS = {
    "clean": """\
## A clean request

Nothing comes too late. A hello-world application, in process, without a server, is the dearest case as a share. OpenTelemetry samples every
request and exports nowhere; Sentry makes a transaction of every request and sends nothing; format_stack is a middleware that formats the
stack of every start for a log that is switched off. *Left out* is a request that is not traced (`sample`, `excluded_urls`), *switched off*
respstart after `uninstall()`; A/A is the bare application against itself: what differs there is noise.""",
    "servers": """\
## Beneath a server

The same applications, asked over connections that are kept alive: what people run. The server's process is measured, not requests per
second. Where it is processor time, that is noisy: *switched off* and A/A tell how far to trust a row.""",
    "growth": """\
## What makes it dearer

Outer frames are those of whoever calls the application; *times* compares with a request without them. A chunk is compared with the bare
framework's own: in process its send does nothing, so that only the figure beneath a server tells what a body really costs. One far below zero
is the garbage collector's, which ran in the bare application more often. A figure for headers, and for chunks beneath a server, is processor time: the least of the
rounds is told, because what else goes on only adds to it.""",
    "parts": """\
## The rest

Memory is what a response takes whose first chunk has been sent and that goes on.""",
}


def _versions() -> str:
    packages = ("respstart", "starlette", "fastapi", "flask", "django", "aiohttp", "uvicorn", "gunicorn", "opentelemetry-sdk", "sentry-sdk")
    names = ", ".join(f"{name} {version(name)}" for name in packages)
    return f"Python {platform.python_version()}, {platform.system()} {platform.machine()}; {names}."


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", choices=[*TABLES, []], metavar="table", help=f"{', '.join(TABLES)}; without one, all")
    parser.add_argument("--applications", type=lambda text: text.split(","), default=FRAMEWORKS, help=",".join(FRAMEWORKS))
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--callgrind", action="store_true", help="count instructions with valgrind")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write what is printed to this file, too")
    options = parser.parse_args()
    lines: list[str] = []

    def tell(line: str) -> None:
        print(line, flush=True)
        lines.append(line)

    tell(_INTRODUCTION.format(arguments=" ".join(sys.argv[1:])).replace(" `;", "`;"))
    for name in options.tables or TABLES:
        tell(f"\n{_WORDS[name]}\n")
        for line in TABLES[name](options):
            tell(line)
    tell(f"\n{_versions()}")
    if options.write:
        options.write.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
