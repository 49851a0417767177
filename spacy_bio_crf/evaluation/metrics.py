"""How good are probabilities? The usual figures, over the outcomes of S predicted spans."""
from typing import Dict, NamedTuple, Optional

import numpy

from ..types import Bools1d, Floats1d, Ints1d
from .outcomes import Outcomes

N_BINS = 10
CLIP = 1e-12  # a probability of 0 or 1 counts as this far from it, so that its logarithm is finite


class Bins(NamedTuple):
    """Spans in bins of equal width over [0, 1], M of them.

    edges (Floats1d): Where the bins begin and end. Shape: M + 1
    count (Ints1d): Spans in each bin. Shape: M
    probability (Floats1d): Their mean probability, 0 for an empty bin. Shape: M
    accuracy (Floats1d): The share of them that is correct, 0 for an empty bin. Shape: M
    """

    edges: Floats1d
    count: Ints1d
    probability: Floats1d
    accuracy: Floats1d


def reliability_bins(probability: Floats1d, correct: Bools1d, n_bins: int = N_BINS) -> Bins:
    """Group spans by their probability. A bin holds its lower edge, and the last one 1.

    probability (Floats1d): Probabilities. Shape: S
    correct (Bools1d): Which spans are correct. Shape: S
    n_bins (int): Number of bins.
    RETURNS (Bins): The bins.
    """
    edges = numpy.arange(n_bins + 1) / n_bins
    count, _ = numpy.histogram(probability, edges)
    total, _ = numpy.histogram(probability, edges, weights=probability)
    right, _ = numpy.histogram(probability, edges, weights=numpy.asarray(correct, dtype="float64"))
    size = numpy.maximum(count, 1)
    return Bins(edges, count, total / size, right / size)


def expected_calibration_error(probability: Floats1d, correct: Bools1d, n_bins: int = N_BINS) -> float:
    """How far probabilities are from the share of correct spans: the sum over bins b of
    count[b] / S * |accuracy[b] - mean probability[b]|. Naeini, Cooper and Hauskrecht (2015); Guo et al. (2017).

    probability (Floats1d): Probabilities. Shape: S
    correct (Bools1d): Which spans are correct. Shape: S
    n_bins (int): Number of bins of equal width.
    RETURNS (float): 0 is perfect, 1 is the worst.
    """
    bins = reliability_bins(probability, correct, n_bins)
    return float(bins.count @ numpy.abs(bins.accuracy - bins.probability) / len(probability))


def brier_score(probability: Floats1d, correct: Bools1d) -> float:
    """Mean squared distance of the probabilities from 1 for a correct span, else 0. Brier (1950).

    RETURNS (float): 0 is perfect, 1 is the worst.
    """
    return float(numpy.mean((probability - numpy.asarray(correct, dtype="float64")) ** 2))


def log_loss(probability: Floats1d, correct: Bools1d) -> float:
    """Mean negative log probability of what happened, with probabilities clipped to [1e-12, 1 - 1e-12].

    RETURNS (float): In nats. 0 is perfect.
    """
    clipped = numpy.clip(probability, CLIP, 1 - CLIP)
    return float(-numpy.mean(numpy.where(correct, numpy.log(clipped), numpy.log1p(-clipped))))


def average_precision(probability: Floats1d, correct: Bools1d, n_gold: int) -> float:
    """How well probabilities rank spans: precision at each rank, averaged over all gold spans. A gold span that was never
    predicted counts as 0. Equal to scikit-learn's `average_precision_score` times the share of gold spans found.

    probability (Floats1d): Probabilities. Spans of one probability share a rank. Shape: S
    correct (Bools1d): Which spans are correct. Shape: S
    n_gold (int): Number of gold spans, at least 1.
    RETURNS (float): 1 is perfect.
    """
    order = numpy.argsort(-probability, kind="stable")
    ranked = probability[order]
    last = numpy.append(ranked[1:] != ranked[:-1], True)[: len(ranked)]
    found = numpy.cumsum(correct[order])[last]
    precision = found / (numpy.flatnonzero(last) + 1)
    return float(numpy.diff(found, prepend=0) @ precision / n_gold)


def probability_scores(outcomes: Outcomes) -> Dict[str, Optional[float]]:
    """All of the above.

    outcomes (Outcomes): The outcomes of predicted spans.
    RETURNS (Dict[str, Optional[float]]): "ece", "brier", "log_loss" and "ap"; None where there is nothing to average.
    """
    probability, correct = outcomes.probability, outcomes.correct
    return {
        "ece": expected_calibration_error(probability, correct) if len(outcomes) else None,
        "brier": brier_score(probability, correct) if len(outcomes) else None,
        "log_loss": log_loss(probability, correct) if len(outcomes) else None,
        "ap": average_precision(probability, correct, outcomes.n_gold) if outcomes.n_gold else None,
    }
