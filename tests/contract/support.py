"""The table of what is supported, made of the registry, of the contract tests, and of the versions that they were tried with."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path

from respstart import integrations
from respstart.integrations.versions import pythons, tried
from respstart.testing import IntegrationContract

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "reference" / "support.md"
PROTOCOLS = {"wsgi": "plain WSGI", "asgi": "plain ASGI"}

HEAD = """\
# What is supported

Made by `scripts/support`: the integrations from the registry, servers and rules from the contract tests, versions from
`python -m tests.versions`.
An integration that other packages offer says the same about itself in its own contract test: see
[Add your framework in an hour](../how-to/add-a-framework.md).
"""
NOTE = """\
Versions that are not in a cell were not tried by `python -m tests.versions`; the tests run with those that are installed.
{pythons} A rule is named where a
scenario on a real server expects it. What a framework cannot do wrong has no scenario.
"""


def contracts() -> Iterator[type[IntegrationContract]]:
    """The classes of the contract tests."""
    sys.path.insert(0, str(HERE))
    for path in sorted(HERE.glob("test_*.py")):
        if "IntegrationContract):" in path.read_text(encoding="utf-8"):
            found = vars(import_module(path.stem)).values()
            yield from (each for each in found if isinstance(each, type) and each.__module__ == path.stem and hasattr(each, "servers"))


def page() -> str:
    """The page as Markdown."""
    tables = [integrations.load(name) for name in integrations.NAMES]
    rules, servers, applications = defaultdict(set), defaultdict(dict), defaultdict(dict)
    for contract in contracts():
        for server in contract.servers:
            servers[contract.integration][server] = None
            applications[server.partition("-")[0]][contract.integration] = None
            rules[contract.integration] |= {each.rule for scenario in contract.scenarios(server) for each in scenario.findings}
    for each in tables:  # what a table includes is proven with it, unless it has a contract of its own
        for included in set(each.includes) - servers.keys():
            servers[included], rules[included] = servers[each.name], rules[each.name]

    def versions(distribution: str) -> str:
        return " to ".join(tried(distribution))

    frameworks = [(title, "", name) for name, title in PROTOCOLS.items()]
    frameworks += [(each.name, each.distribution, each.name) for each in tables if each.kind == "framework" and each.distribution]
    lines = [
        HEAD, "## Frameworks", "",
        *_table(("framework", "versions tried", "servers", "rules"), (
            (title, versions(distribution), ", ".join(servers[name]), ", ".join(sorted(rules[name])))
            for title, distribution, name in frameworks
        )),
        "", NOTE.format(pythons=_pythons()), "## Servers", "",
        *_table(("server", "versions tried", "applications"), (
            (each.name, versions(each.distribution), ", ".join(PROTOCOLS.get(name, name) for name in applications[each.name]))
            for each in tables if each.kind == "server"
        )),
        "", "## What cannot be detected", "",
        *(f"- **{each.name}**: {limit}" for each in tables for limit in each.limits),
        "", "What holds everywhere stands in [How the first writer is found](../explanation/attribution.md#limits).", "",
    ]  # fmt: skip
    return "\n".join(lines)


def _pythons() -> str:
    """On what Pythons, in a sentence."""
    return "Lists of versions and their Pythons: " + "; ".join(f"`{name}` on {numbers}" for name, numbers in sorted(pythons().items())) + "."


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield from (f"| {' | '.join(cell or '-' for cell in cells)} |" for cells in (head, ("---",) * len(head), *rows))


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
