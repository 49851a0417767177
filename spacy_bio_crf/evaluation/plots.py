"""Pictures of probabilities."""
from pathlib import Path
from typing import Dict

from ..types import Bools1d, Floats1d
from .extra import import_extra
from .metrics import N_BINS, expected_calibration_error, reliability_bins


def plot_reliability(path: Path, correct: Bools1d, probabilities: Dict[str, Floats1d], n_bins: int = N_BINS) -> None:
    """Draw reliability diagrams side by side: in each bin the share of correct spans, which should meet the diagonal, over
    the count of spans. DeGroot and Fienberg (1983); Niculescu-Mizil and Caruana (2005).

    path (Path): PNG file to write.
    correct (Bools1d): Which spans are correct. Shape: S
    probabilities (Dict[str, Floats1d]): Probabilities of the spans by the title of their diagram. Shape of each: S
    n_bins (int): Number of bins of equal width.
    RAISES (ImportError): matplotlib is not installed.
    """
    figure = import_extra("matplotlib.figure").Figure(figsize=(4.5 * len(probabilities), 5.5), layout="constrained")
    import_extra("matplotlib.backends.backend_agg").FigureCanvasAgg(figure)
    axes = figure.subplots(2, len(probabilities), sharex=True, sharey="row", squeeze=False, height_ratios=[3, 1])
    for (title, probability), upper, lower in zip(probabilities.items(), *axes):
        bins = reliability_bins(probability, correct, n_bins)
        filled = bins.count > 0
        left, width = bins.edges[:-1], 1 / n_bins
        error = expected_calibration_error(probability, correct, n_bins)
        upper.bar(left[filled], bins.accuracy[filled], width, align="edge", color="#9ecae1", edgecolor="white")
        upper.plot([0, 1], [0, 1], color="grey", linestyle="--", linewidth=1, label="perfect")
        upper.plot(bins.probability[filled], bins.accuracy[filled], "o-", color="#08519c", label="correct")
        upper.set(title=f"{title}: calibration error {error:.3f}", xlim=(0, 1), ylim=(0, 1.02))
        upper.set_ylabel("share of correct spans")
        upper.legend(loc="best", frameon=False)
        bars = lower.bar(left, bins.count, width, align="edge", color="#c6dbef", edgecolor="white")
        lower.bar_label(bars, [f"{count:,}" if count else "" for count in bins.count], fontsize=7)
        lower.set(xlabel="probability", ylabel="spans")
        lower.margins(y=0.25)
    figure.savefig(path, format="png", dpi=150)
