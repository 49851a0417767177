"""An evaluation as one page of HTML."""
from typing import Any, Dict, List

import numpy
from markupsafe import Markup

from ..evaluation import KINDS, Bins, svg_reliability, svg_scores
from .evaluate_report import MATCHINGS, SITUATIONS, interval_percents, percent, percents, summary_lines, worst_rows
from .page import highlight, label_colours, render_page

Report = Dict[str, Any]
ALL = ""  # which no label can be


def render_report(report: Report) -> str:
    """Render a report as a page of HTML that needs nothing else.

    report (Report): What `spacy bio-crf evaluate --json` prints.
    RETURNS (str): The page.
    """
    labels = report["labels"]
    colours = label_colours(labels)
    return render_page(
        "evaluate.html",
        title=f"Evaluation of {report['model']}",
        report=report,
        place=f"span group “{', '.join(report['spans_keys'])}”" if report["spans_keys"] else "entities",
        lines=summary_lines(report),
        matchings=MATCHINGS,
        situations=SITUATIONS,
        kinds=KINDS,
        sections=_sections(report),
        confusion=_confusion(report),
        worst=[
            (title, [_shown(row, colours) for row in rows]) for title, rows in worst_rows(report) if "text" in rows[0]
        ],
        reliability=_reliability(report),
        percent=percent,
        percents=percents,
        interval=interval_percents,
    )


def _sections(report: Report) -> List[Any]:
    """Title, rows and picture of each way to part the spans."""
    labels = {ALL: report["overall"], **report["labels"]}
    sections = [("Labels", "label", labels)]
    if len(report["by_corpus"]) > 1:
        sections.append(("Corpora", "corpus", report["by_corpus"]))
    sections.append(("Length of spans", "tokens", report["by_length"]))
    if report["by_familiarity"]:
        sections.append(("Names in the training part", "name", report["by_familiarity"]))
    return [(title, what, rows, Markup(svg_scores(rows, what))) for title, what, rows in sections if rows]


def _confusion(report: Report) -> Report:
    """A matrix of gold by predicted labels. A cell holds the count, the count with other boundaries, and a colour."""
    counts = {(row["gold"], row["predicted"]): row for row in report["confusion"]}
    labels = [*report["labels"], None]
    most = max([1, *(_size(row) for (gold, predicted), row in counts.items() if gold != predicted)])
    rows = []
    for gold in labels:
        cells = []
        for predicted in labels:
            row = counts.get((gold, predicted))
            size = _size(row) if row else 0
            shade = min(0.75, 0.1 + 0.65 * size / most) if size else 0
            right = gold == predicted
            cells.append({
                "count": size,
                "moved": row["other_boundaries"] if row else 0,
                "colour": f"rgba({'0, 130, 60, 0.15' if right else f'214, 69, 1, {shade:.2f}'})" if size else "none",
            })  # fmt: skip
        rows.append((gold, cells))
    return {"labels": labels, "rows": rows}


def _size(row: Report) -> int:
    return row["same_boundaries"] + row["other_boundaries"]


def _shown(row: Report, colours: Dict[str, str]) -> Report:
    """A mistake with its text, once as annotated and once as predicted."""
    before, after = "…" * row["cut_before"], "…" * row["cut_after"]
    text, moved = f"{before}{row['text']}{after}", len(before)
    shown = {}
    for side in ("gold", "predicted"):
        spans = [] if row[side] is None else [row[side]]
        spans = [{**span, "start": span["start"] + moved, "end": span["end"] + moved} for span in spans]
        shown[side] = highlight(text, spans, colours)
    return {**row, "shown": shown}


def _reliability(report: Report) -> Any:
    found = report["probabilities"]
    if found is None:
        return None
    columns = [numpy.array([one[key] for one in found["bins"]]) for key in ("from", "count", "probability", "accuracy")]
    return Markup(svg_reliability(Bins(numpy.append(columns[0], 1.0), *columns[1:])))
