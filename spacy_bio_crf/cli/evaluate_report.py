"""An evaluation as tables on a terminal."""
from typing import Any, Dict, Iterable, List, Optional, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..evaluation import KINDS

Report = Dict[str, Any]
SITUATIONS = ("correct", "incorrect", "partial", "missed", "spurious")
COUNTS = ("right", "predicted", "gold")
MATCHINGS = {
    "strict": "boundaries and label",
    "exact": "boundaries",
    "partial": "boundaries, or half for an overlap",
    "type": "an overlap and the label",
}
MOST_CONFUSIONS = 12


def print_report(report: Report) -> None:
    """Print a report as tables.

    report (Report): What `spacy bio-crf evaluate --json` prints.
    """
    console = Console(highlight=False, soft_wrap=True)
    overall = report["overall"]
    console.print(
        f"{report['documents']:,} docs, {report['tokens']:,} tokens, {overall['gold']:,} gold spans, "
        f"{overall['predicted']:,} predicted"
    )
    for table in _tables(report):
        console.print(table)
    for line in summary_lines(report):
        console.print(line, markup=False)
    for title, rows in worst_rows(report):
        console.print(f"\n{title}", style="bold", markup=False)
        for row in rows:
            console.print(mistake_text(row))
    for path in report["written"]:
        console.print(f"✔ {path}", style="green", markup=False)


def _tables(report: Report) -> Iterable[Table]:
    rows = [[how, *percents(one), *(f"{one[key]:,}" for key in SITUATIONS)] for how, one in report["matching"].items()]
    yield _table("What counts as right", ["", "P", "R", "F", "correct", "wrong", "partial", "missed", "spurious"], rows)
    yield _scores("Labels", report["labels"], with_all=report["overall"])
    if len(report["by_corpus"]) > 1:
        yield _scores("Corpora", report["by_corpus"])
    yield _scores("Length of spans in tokens", report["by_length"])
    if report["by_familiarity"]:
        yield _scores("Names in the training part", report["by_familiarity"])
    count = max(report["mistakes"]["count"], 1)
    kinds = [
        [kind, KINDS[kind], f"{n:,}", f"{100 * n / count:.0f} %"] for kind, n in report["mistakes"]["kinds"].items()
    ]
    yield _table(f"{report['mistakes']['count']:,} mistakes", ["", "", "count", "share"], kinds, 2)
    confused = confusions(report)
    if confused:
        rows = [[*map(str, row)] for row in confused[:MOST_CONFUSIONS]]
        yield _table("Labels taken for others", ["gold", "predicted", "same boundaries", "others"], rows, 2)
    if report["comparison"]:
        yield _comparison(report)


def _scores(title: str, rows: Dict[str, Report], with_all: Optional[Report] = None) -> Table:
    named = [*rows.items(), *([("all", with_all)] if with_all else [])]
    has_ends = any(row.get("interval") for _, row in named)
    ends = [interval_percents(row) if has_ends else [] for _, row in named]
    cells = [
        [name, *percents(row), *of_row, *(f"{row[key]:,}" for key in COUNTS)] for (name, row), of_row in zip(named, ends)
    ]
    table = _table(title, ["", "P", "R", "F", *(["from", "to"] if has_ends else []), *COUNTS], cells)
    if with_all and rows:
        table.rows[len(rows) - 1].end_section = True
    return table


def _comparison(report: Report) -> Table:
    found, own = report["comparison"], report["labels"]
    empty = {"f": 0.0}
    rows = [[name, *_compared(own.get(name, empty), row, row)] for name, row in found["labels"].items()]
    rows.append(["all", *_compared(report["overall"], found["overall"], found)])
    title = f"F1 against {found['model']}"
    return _table(title, ["", "F", "F of the other", "difference", "from", "to", "p"], rows)


def _compared(own: Report, other: Report, difference: Report) -> List[str]:
    ends = [f"{100 * difference[key]:+.1f}" for key in ("difference", "low", "high")]
    return [percent(own["f"]), percent(other["f"]), *ends, f"{difference['p']:.3f}"]


def _table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]], n_left: int = 1) -> Table:
    table = Table(*headings, title=Text(title), title_justify="left")
    for i, column in enumerate(table.columns):
        column.justify, column.overflow = ("left" if i < n_left else "right"), "fold"
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def summary_lines(report: Report) -> List[str]:
    """What is said in words: averages, accuracy, and how good probabilities are."""
    means = report["averages"]
    lines = []
    if report["overall"]["interval"]:
        lines.append("95 % (from, to): where F1 lies in 95 of 100 draws of as many documents.")
    lines.append(
        f"F1: micro {percent(means['micro']['f'])}, macro {percent(means['macro']['f'])}, weighted {percent(means['weighted']['f'])}"
    )
    if report["token_accuracy"] is not None:
        lines.append(f"Tokens with the right tag: {percent(report['token_accuracy'])}")
    found = report["probabilities"]
    if found is None and report["overall"]["predicted"]:
        lines.append("The pipeline gives no probabilities.")
    elif found:
        figures = {
            "calibration error": "ece",
            "Brier score": "brier",
            "log loss": "log_loss",
            "average precision": "ap",
        }
        told = ", ".join(f"{name} {found[key]:.3f}" for name, key in figures.items() if found[key] is not None)
        lines.append(f"Probabilities of {found['spans']:,} spans: {told}")
    if report["comparison"]:
        lines.append(
            "p: how often two equally good pipelines would differ as much by chance (approximate randomisation)."
        )
    return lines


def confusions(report: Report) -> List[List[Any]]:
    """Pairs of different labels, the most frequent first: gold, predicted, with the same boundaries, with others."""
    rows = [
        [row["gold"], row["predicted"], row["same_boundaries"], row["other_boundaries"]]
        for row in report["confusion"]
        if row["gold"] and row["predicted"] and row["gold"] != row["predicted"]
    ]
    return sorted(rows, key=lambda row: -row[2] - row[3])


def worst_rows(report: Report) -> Iterable[Any]:
    """YIELDS (Tuple[str, List[Report]]): Title and mistakes of each list that is not empty."""
    titles = {
        "most_confident": "Mistakes with the most probable predictions",
        "least_likely": "Mistakes with the least probable gold",
        "most_frequent": "The most frequent mistakes",
    }
    for key, title in titles.items():
        if report["mistakes"][key]:
            yield title, report["mistakes"][key]


def mistake_text(row: Report) -> Text:
    """One line: what was gold, what was predicted, and the words around."""
    line = Text(f"{row['kind']:<17} ", style="dim")
    for side, style in (("gold", "green"), ("predicted", "red")):
        span = row[side]
        if span is not None:
            told = span.get("probability")
            line.append(f"{side} {span['text']!r} {span['label']}", style)
            line.append(f" ({told:.3f})" if told is not None else "")
            line.append("  ")
    line.append(f"{row['count']} times" if "count" in row else _context(row), "dim" if "text" in row else "")
    return line


def _context(row: Report) -> str:
    text = " ".join(row["text"].split())
    return f"{'…' * row['cut_before']}{text}{'…' * row['cut_after']}"


def percents(row: Report) -> List[str]:
    """Precision, recall and F1 in percent."""
    return [percent(row[key]) for key in "prf"]


def interval_percents(row: Report) -> List[str]:
    """Both ends of the interval of F1, empty where there is none."""
    ends = (row.get("interval") or {}).get("f")
    return [percent(ends[key]) for key in ("low", "high")] if ends else ["", ""]


def percent(share: float) -> str:
    return f"{100 * share:.1f}"
