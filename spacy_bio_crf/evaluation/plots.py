"""Pictures of probabilities and of scores."""
import re
from io import StringIO
from pathlib import Path
from typing import Any, Dict
from warnings import catch_warnings, simplefilter

from ..types import Bools1d, Floats1d
from .extra import import_extra
from .metrics import N_BINS, Bins, expected_calibration_error, reliability_bins

DARK, MIDDLE, LIGHT = "#08519c", "#9ecae1", "#c6dbef"
FONTS = ["DejaVu Sans", "sans-serif"]  # the first is what matplotlib measures


def plot_reliability(path: Path, correct: Bools1d, probabilities: Dict[str, Floats1d], n_bins: int = N_BINS) -> None:
    """Draw reliability diagrams side by side: in each bin the share of correct spans, which should meet the diagonal, over
    the count of spans. DeGroot and Fienberg (1983); Niculescu-Mizil and Caruana (2005).

    path (Path): PNG file to write.
    correct (Bools1d): Which spans are correct. Shape: S
    probabilities (Dict[str, Floats1d]): Probabilities of the spans by the title of their diagram. Shape of each: S
    n_bins (int): Number of bins of equal width.
    RAISES (ImportError): matplotlib is not installed.
    """
    figure = _figure(4.5 * len(probabilities), 5.5)
    import_extra("matplotlib.backends.backend_agg").FigureCanvasAgg(figure)
    axes = figure.subplots(2, len(probabilities), sharex=True, sharey="row", squeeze=False, height_ratios=[3, 1])
    for (title, probability), upper, lower in zip(probabilities.items(), *axes):
        error = expected_calibration_error(probability, correct, n_bins)
        _draw_reliability(upper, lower, reliability_bins(probability, correct, n_bins))
        upper.set(title=f"{title}: calibration error {error:.3f}")
    figure.savefig(path, format="png", dpi=150)


def svg_reliability(bins: Bins) -> str:
    """Draw one reliability diagram.

    bins (Bins): What `reliability_bins` returned.
    RETURNS (str): An SVG element.
    RAISES (ImportError): matplotlib is not installed.
    """
    figure = _figure(4.5, 4.5)
    _draw_reliability(*figure.subplots(2, 1, sharex=True, height_ratios=[3, 1]), bins)
    return _svg(figure, "reliability")


def svg_scores(rows: Dict[str, Dict[str, Any]], name: str) -> str:
    """Draw F1 as bars, with its interval if there is one, and precision and recall as points.

    rows (Dict[str, Dict[str, Any]]): "p", "r", "f" and perhaps "interval" of each bar, from top to bottom, by name; an empty
        name stands for all.
    name (str): Name of the picture, another one for each of a page.
    RETURNS (str): An SVG element.
    RAISES (ImportError): matplotlib is not installed.
    """
    figure = _figure(5.5, 1.1 + 0.3 * len(rows))
    axes = figure.subplots()
    places = range(len(rows))
    values = list(rows.values())
    axes.barh(places, [row["f"] for row in values], height=0.6, color=MIDDLE, label="F1")
    for place, row in zip(places, values):
        ends = (row.get("interval") or {}).get("f")
        if ends:
            axes.plot([ends["low"], ends["high"]], [place, place], color="#555", linewidth=1.2)
    axes.plot([row["p"] for row in values], places, ">", color=DARK, markersize=5, linestyle="", label="precision")
    axes.plot([row["r"] for row in values], places, "<", color="#d94801", markersize=5, linestyle="", label="recall")
    axes.set_yticks(places, [name or "all" for name in rows], parse_math=False)  # a label may hold a "$"
    axes.set(xlim=(0, 1.02), ylim=(len(rows) - 0.4, -0.6))
    axes.grid(axis="x", color="#eee")
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    figure.legend(loc="outside upper left", ncols=3, frameon=False)
    return _svg(figure, name)


def _draw_reliability(upper: Any, lower: Any, bins: Bins) -> None:
    filled = bins.count > 0
    left, width = bins.edges[:-1], bins.edges[1] - bins.edges[0]
    upper.bar(left[filled], bins.accuracy[filled], width, align="edge", color=MIDDLE, edgecolor="white")
    upper.plot([0, 1], [0, 1], color="grey", linestyle="--", linewidth=1, label="perfect")
    upper.plot(bins.probability[filled], bins.accuracy[filled], "o-", color=DARK, label="correct")
    upper.set(xlim=(0, 1), ylim=(0, 1.02))
    upper.set_ylabel("share of correct spans")
    upper.legend(loc="best", frameon=False)
    bars = lower.bar(left, bins.count, width, align="edge", color=LIGHT, edgecolor="white")
    lower.bar_label(bars, [f"{count:,}" if count else "" for count in bins.count], fontsize=7)
    lower.set(xlabel="probability", ylabel="spans")
    lower.margins(y=0.25)


def _figure(width: float, height: float) -> Any:
    return import_extra("matplotlib.figure").Figure(figsize=(width, height), layout="constrained")


def _svg(figure: Any, name: str) -> str:
    """The element alone, with text as text and ids of its own; the same figure gives the same bytes."""
    matplotlib = import_extra("matplotlib")
    import_extra("matplotlib.backends.backend_svg").FigureCanvasSVG(figure)
    file = StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "font.family": FONTS}), catch_warnings():
        simplefilter("ignore", UserWarning)  # of letters that a font lacks, which is the browser's affair
        figure.savefig(file, format="svg", metadata={"Date": None})
    text, prefix = file.getvalue(), re.sub(r"\W", "-", name)
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}-", text[text.index("<svg") :])
