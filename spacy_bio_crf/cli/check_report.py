"""What was found in a corpus, as tables on a terminal."""
from itertools import groupby
from typing import Any, Dict, List

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

Report = Dict[str, Any]
STYLES = {"error": "red", "warning": "yellow", "note": "cyan"}
COUNTS = {
    "documents": "docs",
    "without_spans": "docs without spans",
    "tokens": "tokens",
    "missing_tokens": "tokens without annotation",
    "longest_document": "tokens of the longest doc",
    "spans": "spans",
}


def print_report(report: Report) -> None:
    """Print what was found.

    report (Report): What `spacy bio-crf check --json` prints.
    """
    console = Console(highlight=False, soft_wrap=True)
    console.print(_parts(report["parts"]))
    console.print(_labels(report["parts"]))
    for kind, findings in groupby(report["findings"], key=lambda finding: finding["kind"]):
        _print_kind(console, kind, list(findings))
    if report["fail_on"] == "never":
        return  # nothing counts as a problem, but "no problems" below a list of leaks would mislead
    told = f" (of severity {report['fail_on']} or worse)"
    if report["problems"]:
        console.print(f"✘ {report['problems']:,} problem(s){told}", style="red", markup=False)
    else:
        console.print(f"✔ No problems{told}", style="green", markup=False)


def _parts(parts: Dict[str, Report]) -> Table:
    table = Table("", *map(escape, parts), title="Parts", title_justify="left")
    for key, name in COUNTS.items():
        table.add_row(name, *(f"{part[key]:,}" for part in parts.values()))
    return _right(table)


def _labels(parts: Dict[str, Report]) -> Table:
    """Spans of each label and part; the number of strings, and the lengths, are those of the part with most of them."""
    table = Table("", *map(escape, parts), "strings", "mean length", "longest", title="Labels", title_justify="left")
    labels = list(dict.fromkeys(label for part in parts.values() for label in part["labels"]))
    for label in labels:
        rows = [part["labels"].get(label, {"spans": 0}) for part in parts.values()]
        most = max(rows, key=lambda row: row["spans"])
        counts = [f"{row['spans']:,}" for row in rows]
        table.add_row(Text(label), *counts, f"{most['forms']:,}", f"{most['mean_length']:.1f}", str(most["longest"]))
    return _right(table)


def _right(table: Table) -> Table:
    for column in table.columns[1:]:
        column.justify, column.overflow = "right", "fold"
    return table


def _print_kind(console: Console, kind: str, findings: List[Report]) -> None:
    first = findings[0]
    style = STYLES[first["severity"]]
    console.print(Text.assemble((f"\n{first['severity']}: ", style), (first["what"], "bold"), f" ({kind})"))
    for finding in findings:
        console.print(f"  {finding['part']}: {finding['count']:,}", markup=False)
        for example in finding["examples"]:
            console.print(f"    {example}", style="dim", markup=False)
    console.print(f"  → {first['advice']}", markup=False)
