"""An explanation as tables on a terminal, and as a page of HTML."""
from textwrap import shorten
from typing import Any, Dict, List, Optional, Tuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .page import render_page

LONGEST_TITLE = 100  # characters

Report = Dict[str, Any]
Row = Tuple[str, str, Optional[float]]  # a part, what is said of it, and its score


def print_report(report: Report) -> None:
    """Print a report as tables.

    report (Report): What `spacy bio-crf explain --json` prints.
    """
    console = Console(highlight=False, soft_wrap=True)
    if not report["written"]:
        for title, rows, total in _tables(report):
            table = Table("", "nats", title=Text(title), title_justify="left", show_footer=bool(total))
            table.columns[1].justify = "right"
            for part, said, score in rows:
                table.add_row(Text(part), Text(said, style=_style(score)))
            if total:
                table.columns[0].footer, table.columns[1].footer = "total", total
            console.print(table)
    for line in _lines(report):
        console.print(line, style="yellow", markup=False)
    for path in report["written"]:
        console.print(f"✔ {path}", style="green", markup=False)


def render_report(report: Report) -> str:
    """Render a report as a page of HTML that needs nothing else.

    report (Report): What `spacy bio-crf explain --json` prints.
    RETURNS (str): The page.
    """
    strongest = max([1.0, *(abs(score) for _, rows, _ in _tables(report) for _, _, score in rows if score is not None)])

    def colour(score: Optional[float]) -> str:
        if score is None:
            return "none"
        return f"rgba({'0, 140, 60' if score > 0 else '210, 40, 40'}, {min(0.6 * abs(score) / strongest, 0.6):.2f})"

    title = shorten(report.get("text") or "", LONGEST_TITLE, placeholder=" …") or f"What {report['component']} has learned"
    data = {"lines": _lines(report), "tables": _tables(report), "matrix": _matrix(report)}
    return render_page("explain.html", title=title, colour=colour, **data)


def _tables(report: Report) -> List[Tuple[str, List[Row], Optional[str]]]:
    """Title, rows, and what is said of the total, if there is one."""
    if "tokens" not in report:
        transitions = ("Transitions", _rows(report["transitions"]), None)
        return [transitions, *((f"Features of {table['tag']}", _rows(table), None) for table in report["tables"])]
    tables = []
    for token in report["tokens"]:
        for table in token["tables"]:
            title = f"{token['token']} {token['text']}: {table['tag']} ({table['probability']:.3f})"
            if "rival" in table:
                title += f" against {table['rival']} ({table['rival_probability']:.3f})"
            total = "forbidden" if table["total"] is None else _nats(table["total"])
            tables.append((title, _rows(table), total))
    return tables


def _rows(table: Report) -> List[Row]:
    rows = []
    for row in table["parts"]:
        said = _nats(row["score"]) if row["score"] is not None else f"forbids {row['forbids']}"
        rows.append((row["part"], said, row["score"]))
    count, score = table["others"]["count"], table["others"]["score"]
    if count:
        rows.append((f"({count:,} more)", "" if score is None else _nats(score), score))
    return rows


def _lines(report: Report) -> List[str]:
    lines = list(report["notes"])
    if "unnamed" in report:
        counts = f"{report['named']:,}. Without, since they occur in no text: {report['unnamed']:,}."
        lines.append(f"Features with a name: {counts}")
    return lines


def _matrix(report: Report) -> Optional[Tuple[List[str], List[Tuple[str, List[Optional[float]]]]]]:
    if "step" not in report:
        return None
    tags = list(report["step"])
    rows = [("(start)", [*(report["start"].get(tag) for tag in tags), None])]
    rows += [(tag, [*(report["step"][tag].get(to) for to in tags), report["end"].get(tag)]) for tag in tags]
    return [*tags, "(end)"], rows


def _nats(score: float) -> str:
    return f"{score:+.2f}"


def _style(score: Optional[float]) -> str:
    return "" if score is None else "green" if score > 0 else "red"
