"""How far to trust predicted probabilities: outcomes on annotated data, calibration, thresholds, uncertainty."""
from .calibration import FITS, Calibration, apply_calibration, fit_isotonic, fit_platt, fit_temperature
from .metrics import (
    average_precision,
    brier_score,
    expected_calibration_error,
    log_loss,
    probability_scores,
    reliability_bins,
)
from .outcomes import Outcomes, collect_outcomes, scored_spans
from .plots import plot_reliability
from .thresholds import Counts, Objective, best_threshold, best_thresholds, kept_counts, of_label, total
from .uncertainty import UNCERTAINTY, least_certain

__all__ = [
    "FITS",
    "UNCERTAINTY",
    "Calibration",
    "Counts",
    "Objective",
    "Outcomes",
    "apply_calibration",
    "average_precision",
    "best_threshold",
    "best_thresholds",
    "brier_score",
    "collect_outcomes",
    "expected_calibration_error",
    "fit_isotonic",
    "fit_platt",
    "fit_temperature",
    "kept_counts",
    "least_certain",
    "log_loss",
    "of_label",
    "plot_reliability",
    "probability_scores",
    "reliability_bins",
    "scored_spans",
    "total",
]
