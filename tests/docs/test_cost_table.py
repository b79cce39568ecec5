"""What the README says of the cost is what the page of the measurements says."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def cells(file, heading):
    """The rows of the first table beneath a heading, by their first cell: each cell a number, or its text."""
    text = (ROOT / file).read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2]
    table = re.search(r"(?m)^\|.*\n\|-.*\n((?:\|.*\n)+)", text)
    rows = ([cell.strip() for cell in line.strip("| ").split("|")] for line in table[1].splitlines())
    return {first.lower(): [float(re.search(r"-?[\d.]+", cell.replace(",", ""))[0]) for cell in rest] for first, *rest in rows}


def test_the_readme_quotes_the_page():
    measured, quoted = cells("docs/reference/cost.md", "Beneath a server"), cells("README.md", "What it costs")
    assert quoted.keys() == measured.keys()
    for application, told in quoted.items():
        _, _, share, of_opentelemetry, of_sentry, _, left_out, *_ = measured[application]
        assert told == [round(share), round(of_opentelemetry * 100), round(of_sentry * 100), round(left_out)], application
