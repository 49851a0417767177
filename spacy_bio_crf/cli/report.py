"""A report of a conversion, for people."""
from typing import Dict

from rich.console import Console
from rich.table import Table

from ..corpus import Report


def print_report(report: Report, written: Dict[str, int]) -> None:
    """Print what was read, what was odd about it, and what was written.

    report (Report): The report.
    written (Dict[str, int]): Number of docs of each file.
    """
    console = Console(highlight=False, soft_wrap=True)
    console.print(_counts(report))
    kinds = (report.repairs, report.unaligned, report.dropped, report.notes)
    for title, counts in zip(("Repaired", "Not aligned", "Dropped", "Noted"), kinds):
        for kind, count in counts.items():
            console.print(f"{title}: {kind}, {count:,} time(s)", style="yellow", markup=False)
            for example in report.examples.get(kind, ()):
                console.print(f"    {example}", markup=False)
    for path, documents in written.items():
        console.print(f"✔ {path}: {documents:,} docs", style="green", markup=False)


def _counts(report: Report) -> Table:
    table = Table("", "count", title="Corpus", title_justify="left")
    table.columns[1].justify = "right"
    table.add_row("docs", f"{report.documents:,}")
    table.add_row("tokens", f"{report.tokens:,}")
    if report.missing:
        table.add_row("tokens without annotation", f"{report.missing:,}")
    if report.wrong:
        table.add_row("rejected spans", f"{report.wrong:,}")
    table.add_row("spans", f"{report.spans:,}", end_section=True)
    for label, count in report.labels.most_common():
        table.add_row(label, f"{count:,}")
    return table
