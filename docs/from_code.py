"""The pages of the reference that are made of the code, so that they cannot tell another story than it."""

from __future__ import annotations

import argparse
import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from respstart import cli, schema, settings
from respstart.rules import RULES, page


def pages() -> dict[str, str]:
    """Every page as Markdown, by its path below this folder."""
    return {
        "reference/rules.md": "\n".join(_rules()),
        **{f"reference/rules/{rule.code}.md": page(rule) for rule in RULES.values()},
        "reference/settings.md": "\n".join(_settings()),
        "reference/finding.md": "\n".join(_finding(schema.load())),
        "reference/command-line.md": "\n".join(_command_line(cli.parser())),
    }


def write(folder: Path) -> None:
    """Write every page below the folder; a page that is the same already is left alone, so that it is not built again."""
    for name, text in pages().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def _rules() -> Iterator[str]:
    yield "# Rules"
    yield ""
    yield "The number and the name of a rule are stable for ever. `respstart explain RS103` prints the same page."
    yield ""
    yield from _table(
        ("rule", "level", "what happened"),
        ((f"[{rule.code} {rule.slug}](rules/{rule.code}.md)", rule.level, rule.summary) for rule in RULES.values()),
    )
    yield from ("", "```{toctree}", ":hidden:", "", *(f"rules/{code}" for code in RULES), "```", "")


def _settings() -> Iterator[str]:
    yield "# Settings"
    yield ""
    yield 'The same names everywhere: `respstart.install(output="json")`, `RESPSTART_OUTPUT=json`, `respstart run --output json`, and'
    yield '`output = "json"` in `[tool.respstart]` of `pyproject.toml`. A call wins over the environment, the environment over the file.'
    yield "`respstart doctor` lists the value of each and where it came from."
    for row in settings.help_rows():
        yield from ("", f"## {row.name}", "", row.help, "")
        default = f"`{row.default}`" if row.default else "nothing"
        yield from (f"- variable: `{row.variable}`", f"- allowed: {row.allowed}", f"- default: {default}")
    yield from ("", "## RESPSTART", "", "The switch: `1`, `true`, `yes` or `on` switches respstart on when Python starts.", "")


def _finding(whole: Mapping[str, Any]) -> Iterator[str]:
    yield from ("# The finding", "")
    yield f"{whole['description']} The setting `file` writes one such JSON object a line, `respstart report` reads them, and"
    yield "`respstart schema` prints the JSON Schema (2020-12) that this page is made of."
    yield from ("", *_keys(whole, whole["$defs"]))
    for name, part in whole["$defs"].items():
        yield from ("", f"## {name}", "", part["description"], "", *_keys(part, whole["$defs"]))
    yield ""


def _keys(part: Mapping[str, Any], parts: Mapping[str, Any]) -> Iterator[str]:
    told = {key: value.get("description") or parts[_name(value)]["description"] for key, value in part["properties"].items()}
    rows = ((f"`{key}`", _type(value), told[key]) for key, value in part["properties"].items())
    yield from _table(("key", "type", "what it tells"), rows)


def _type(value: Mapping[str, Any]) -> str:
    """A JSON Schema in a few words."""
    if "$ref" in value:
        return f"[{_name(value)}](#{_name(value)})"
    if "anyOf" in value:
        return " or ".join(_type(one) for one in value["anyOf"])
    if "enum" in value or "const" in value:
        return ", ".join(f"`{json.dumps(one)}`" for one in value.get("enum", [value.get("const")]))
    kinds = [value["type"]] if isinstance(value["type"], str) else value["type"]
    return " or ".join(f"list of {_type(value['items'])}" if kind == "array" else kind for kind in kinds)


def _name(reference: Mapping[str, Any]) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _command_line(parser: argparse.ArgumentParser) -> Iterator[str]:
    yield from ("# Command line", "", "`python -m respstart` is the same as `respstart`.", "", *_help(parser))
    (commands,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    for name, command in commands.choices.items():
        yield from ("", f"## respstart {name}", "", *_help(command))
    yield from ("", "## Exit codes", "")
    yield from _table(
        ("code", "meaning"),
        [("0", "clean"), ("1", "there are findings"), ("2", "wrong usage, or an error at run time"), ("130", "interrupted")],
    )
    yield from ("", "`respstart run` ends with the code of the command that it ran.", "")


def _help(parser: argparse.ArgumentParser) -> Iterator[str]:
    parser.formatter_class = functools.partial(argparse.HelpFormatter, width=84)
    yield from ("```text", parser.format_help().rstrip(), "```")


def _table(header: tuple[str, ...], rows: Any) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield "|---" * len(header) + "|"
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
