"""What a model sees in a text, as tables on a terminal and as a page of HTML."""
from typing import Any, Dict, List

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .page import highlight, label_colours, render_page

Report = Dict[str, Any]
CALIBRATED = "Probabilities of spans are calibrated, those of tokens and analyses are the chain's own."
STYLES = ("cyan", "yellow", "green", "magenta", "blue", "red")


def print_report(report: Report) -> None:
    """Print a report as tables.

    report (Report): What `spacy bio-crf show --json` prints.
    """
    console = Console(highlight=False, soft_wrap=True)
    if not report["written"]:
        styles = {label: STYLES[i % len(STYLES)] for i, label in enumerate(_labels(report))}
        console.print(_highlighted(report["text"], report["spans"], styles))
        console.print(_tokens(report["tokens"]))
        table = Table("", "label", "probability", title=Text("Likely spans"), title_justify="left")
        for span in sorted(report["likely"], key=lambda span: -span["probability"]):
            table.add_row(Text(span["text"]), Text(span["label"], styles[span["label"]]), f"{span['probability']:.3f}")
        console.print(table)
        console.print("Analyses", style="italic")
        for one in report["analyses"]:
            console.print(Text(f"{one['probability']:.3f}  ") + _highlighted(report["text"], one["spans"], styles))
        console.print(f"Entropy of all analyses: {report['entropy']:.2f} nats", markup=False)
        if report["calibrated"]:
            console.print(CALIBRATED, markup=False)
    for path in report["written"]:
        console.print(f"✔ {path}", style="green", markup=False)


def render_report(report: Report) -> str:
    """Render a report as a page of HTML that needs nothing else.

    report (Report): What `spacy bio-crf show --json` prints.
    RETURNS (str): The page.
    """
    colours = label_colours(_labels(report))

    def shown(spans: List[Report]) -> str:
        return highlight(report["text"], spans, colours)

    return render_page(
        "show.html",
        title=f"What {report['component']} sees",
        report=report,
        shown=shown,
        colours=colours,
        decided=decided,
        calibrated=CALIBRATED if report["calibrated"] else "",
    )


def decided(row: Report) -> str:
    """What decided the tag of a token, in words."""
    if row["transition"] is None:
        return ""
    score = f"forbids {row['alone']}" if row["forbidden"] else f"{row['score']:+.2f} over {row['alone']}"
    return f"{row['transition']} ({score})"


def _labels(report: Report) -> List[str]:
    spans = [*report["spans"], *report["likely"], *(span for one in report["analyses"] for span in one["spans"])]
    return sorted({span["label"] for span in spans})


def _tokens(rows: List[Report]) -> Table:
    table = Table("", "tag", "p", "runner-up", "p", "decided by", title=Text("Tokens"), title_justify="left")
    for column in table.columns:
        column.overflow = "fold"
    for row in rows:
        told = (row["text"], row["tag"], f"{row['probability']:.3f}", row["runner_up"])
        table.add_row(*map(Text, (*told, f"{row['runner_up_probability']:.3f}", decided(row))))
    return table


def _highlighted(text: str, spans: List[Report], styles: Dict[str, str]) -> Text:
    shown, offset = Text(), 0
    for span in sorted(spans, key=lambda span: span["start"]):
        shown.append(text[offset : span["start"]])
        told = f" {span['probability']:.3f}" if "probability" in span else ""
        shown.append(f"[{text[span['start'] : span['end']]} {span['label']}{told}]", styles[span["label"]])
        offset = span["end"]
    return shown.append(text[offset:])
