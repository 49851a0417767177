"""How good are predicted spans, and how far to trust their probabilities."""
from .calibration import FITS, Calibration, apply_calibration, fit_isotonic, fit_platt, fit_temperature
from .counts import Counts, averages, by_familiarity, by_label, by_length, count_by, forms_of, token_accuracy, total
from .judged import JudgedDoc, join_groups, judge, judge_doc
from .matching import MATCHINGS, MatchCounts, match_counts, pair_spans
from .metrics import (
    Bins,
    average_precision,
    brier_score,
    expected_calibration_error,
    log_loss,
    probability_scores,
    reliability_bins,
)
from .mistakes import KINDS, Mistake, confusion, find_mistakes
from .outcomes import Outcomes, collect_outcomes, scored_spans
from .plots import plot_reliability, svg_reliability, svg_scores
from .report import comparison_report, span_report
from .resampling import Comparison, bootstrap, compare, interval
from .thresholds import Objective, best_threshold, best_thresholds, kept_counts, of_label
from .uncertainty import UNCERTAINTY, least_certain

__all__ = [
    "FITS",
    "KINDS",
    "MATCHINGS",
    "UNCERTAINTY",
    "Bins",
    "Calibration",
    "Comparison",
    "Counts",
    "JudgedDoc",
    "MatchCounts",
    "Mistake",
    "Objective",
    "Outcomes",
    "apply_calibration",
    "average_precision",
    "averages",
    "best_threshold",
    "best_thresholds",
    "bootstrap",
    "brier_score",
    "by_familiarity",
    "by_label",
    "by_length",
    "collect_outcomes",
    "compare",
    "comparison_report",
    "confusion",
    "count_by",
    "expected_calibration_error",
    "find_mistakes",
    "fit_isotonic",
    "fit_platt",
    "fit_temperature",
    "forms_of",
    "interval",
    "join_groups",
    "judge",
    "judge_doc",
    "kept_counts",
    "least_certain",
    "log_loss",
    "match_counts",
    "of_label",
    "pair_spans",
    "plot_reliability",
    "probability_scores",
    "reliability_bins",
    "scored_spans",
    "span_report",
    "svg_reliability",
    "svg_scores",
    "token_accuracy",
    "total",
]
