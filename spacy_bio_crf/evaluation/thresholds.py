"""Which predicted spans to keep: the best thresholds for a chosen measure, from one prediction pass.

A span is kept where its probability is at least the threshold. All cuts between two distinct probabilities are tried.
"""
from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

import numpy

from ..types import Floats1d, Ints1d
from .counts import Counts
from .outcomes import Outcomes


@dataclass(frozen=True)
class Objective:
    """What to look for. Of equally good thresholds the lowest is taken.

    measure (str): "f" for the best F-beta; "precision" for the best recall at a precision of `at_least`; "recall" for the
        best precision at a recall of `at_least`.
    at_least (float): What precision or recall must reach.
    beta (float): How much more recall counts than precision in F.
    """

    measure: str = "f"
    at_least: float = 0.95
    beta: float = 1.0

    def reached(self, counts: Counts) -> bool:
        """Whether precision or recall is as high as demanded, with something kept."""
        return self.measure == "f" or getattr(counts, self.measure) >= self.at_least

    def rank(self, counts: Counts) -> Tuple[float, ...]:
        """The better the greater. To keep nothing is precise; where a demand cannot be met, the nearest to it is best."""
        if self.measure == "f":
            return (counts.f_score(self.beta),)
        first, second = counts.precision if counts.kept else 1.0, counts.recall
        if self.measure == "recall":
            first, second = second, first
        return (1.0, second) if first >= self.at_least else (0.0, first, second)


def best_threshold(outcomes: Outcomes, objective: Objective = Objective()) -> float:
    """Find the best threshold for all labels.

    outcomes (Outcomes): The outcomes of all predicted spans.
    objective (Objective): What to look for.
    RETURNS (float): The threshold.
    """
    cuts = _Cuts(outcomes)
    ranks = [objective.rank(Counts(int(right), int(kept), outcomes.n_gold)) for right, kept in zip(cuts.right, cuts.kept)]
    return cuts.threshold(ranks.index(max(ranks)))


def best_thresholds(outcomes: Outcomes, objective: Objective = Objective()) -> Dict[str, float]:
    """Find the best threshold of each label. A demanded precision or recall is one for each label; a label that cannot be as
    precise is dropped altogether. F is that of all labels together, which the best F of each label does not give. Its
    exact maximum is found by Dinkelbach's method: F is at least x where right * (1 + beta^2) - x * (kept + beta^2 * gold)
    reaches 0, and this sum is greatest where the part of each label is.
    Dinkelbach (1967), On nonlinear fractional programming.

    outcomes (Outcomes): The outcomes of all predicted spans.
    objective (Objective): What to look for.
    RETURNS (Dict[str, float]): A threshold for each label of a predicted span.
    """
    parts = {label: of_label(outcomes, label) for label in sorted(set(outcomes.labels))}
    if objective.measure != "f":
        return {label: best_threshold(part, objective) for label, part in parts.items()}
    cuts = {label: _Cuts(part) for label, part in parts.items()}
    weight = objective.beta**2
    best, value = {label: 0 for label in cuts}, -1.0
    while True:
        right = sum(int(cut.right[best[label]]) for label, cut in cuts.items())
        kept = sum(int(cut.kept[best[label]]) for label, cut in cuts.items())
        reached = Counts(right, kept, outcomes.n_gold).f_score(objective.beta)
        if reached <= value:
            return {label: cut.threshold(best[label]) for label, cut in cuts.items()}
        value = reached
        best = {label: int(numpy.argmax((1 + weight) * cut.right - value * cut.kept)) for label, cut in cuts.items()}


def kept_counts(outcomes: Outcomes, threshold: float = 0.0, thresholds: Optional[Dict[str, float]] = None) -> Dict[str, Counts]:
    """Count what thresholds keep.

    outcomes (Outcomes): The outcomes of all predicted spans.
    threshold (float): The threshold of all labels but those in `thresholds`.
    thresholds (Optional[Dict[str, float]]): Thresholds of single labels.
    RETURNS (Dict[str, Counts]): The counts of each label, predicted or gold.
    """
    limits = numpy.array([(thresholds or {}).get(label, threshold) for label in outcomes.labels])
    kept = outcomes.probability >= limits
    counts = {}
    for label in sorted({*outcomes.labels, *outcomes.gold}):
        mine = kept & (outcomes.labels == label)
        counts[label] = Counts(int((mine & outcomes.correct).sum()), int(mine.sum()), outcomes.gold.get(label, 0))
    return counts


def of_label(outcomes: Outcomes, label: str) -> Outcomes:
    """The outcomes of the spans of one label."""
    mine = outcomes.labels == label
    gold = {label: outcomes.gold.get(label, 0)}
    return Outcomes(outcomes.probability[mine], outcomes.correct[mine], outcomes.labels[mine], gold)


class _Cuts:
    """The C ways to cut off the least probable spans, from keeping all of them to keeping none.

    right (Ints1d): Spans that each cut keeps and that are right. Shape: C
    kept (Ints1d): Spans that each cut keeps. Shape: C
    """

    def __init__(self, outcomes: Outcomes):
        order = numpy.argsort(outcomes.probability, kind="stable")
        ranked = outcomes.probability[order]
        first = numpy.flatnonzero(numpy.diff(ranked, prepend=-1.0))
        right = numpy.concatenate([numpy.cumsum(outcomes.correct[order][::-1])[::-1], [0]])
        self._edges: Floats1d = ranked[first]
        self.right: Ints1d = numpy.append(right[first], 0)
        self.kept: Ints1d = numpy.append(len(ranked) - first, 0)
        if len(first) and self._edges[-1] >= 1:  # no threshold drops what is certain
            self.right, self.kept = self.right[:-1], self.kept[:-1]

    def threshold(self, index: int) -> float:
        """The shortest decimal number that makes a cut: away from the probabilities themselves, which vary in their last
        digits with the batch."""
        if index == 0:
            return 0.0
        edges: List[float] = [*self._edges.tolist(), 1.0]
        low, high = edges[index - 1], edges[index]
        middle = low + (high - low) / 2
        for digits in range(1, 17):
            short = round(middle, digits)
            if low < short < high:
                return short
        return middle if middle > low else high
