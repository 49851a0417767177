"""Four ways to match predicted spans with gold spans, after MUC-5 and SemEval-2013 task 9, as `nervaluate` counts them.

    strict   the same boundaries and the same label
    exact    the same boundaries
    partial  the same boundaries, or half for an overlap
    type     an overlap, and the same label

Each span is matched once. The pairs that are most alike come first, and then the order of the text decides, so the result
does not depend on the order in which spans are listed. For spans that do not overlap one another, the counts are those of
`nervaluate` for sorted lists.

Chinchor and Sundheim (1993), MUC-5 evaluation metrics; Segura-Bedmar, Martínez and Herrero-Zazo (2013), SemEval-2013 task 9.
"""
from collections import defaultdict
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from ..tags import TokenSpan
from .judged import JudgedDoc

CORRECT, INCORRECT, PARTIAL = "correct", "incorrect", "partial"
Pair = Tuple[Optional[TokenSpan], Optional[TokenSpan]]  # gold and predicted; None where one has no partner


class MatchCounts(NamedTuple):
    """What became of gold and predicted spans: pairs that are correct, incorrect or correct in part, and gold and predicted
    spans without a partner."""

    correct: int = 0
    incorrect: int = 0
    partial: int = 0
    missed: int = 0
    spurious: int = 0

    @property
    def precision(self) -> float:
        return self._share(self.spurious)

    @property
    def recall(self) -> float:
        return self._share(self.missed)

    @property
    def f_score(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def to_dict(self) -> Dict[str, float]:
        """RETURNS (Dict[str, float]): The counts, and precision, recall and F1, as plain JSON data."""
        return {"p": self.precision, "r": self.recall, "f": self.f_score, **self._asdict()}

    def _share(self, alone: int) -> float:
        whole = self.correct + self.incorrect + self.partial + alone
        return (self.correct + self.partial / 2) / whole if whole else 0.0


class Matching(NamedTuple):
    """One way to match.

    likeness (Callable): Tells of a gold and a predicted span how near to a perfect match they are, the nearest first.
    outcome (Callable): Tells of a gold span and the predicted span matched with it what the pair counts as.
    """

    likeness: Callable[[TokenSpan, TokenSpan], Tuple[Any, ...]]
    outcome: Callable[[TokenSpan, TokenSpan], str]


def _moved(gold: TokenSpan, predicted: TokenSpan) -> bool:
    return (gold.start, gold.end) != (predicted.start, predicted.end)


def _distance(gold: TokenSpan, predicted: TokenSpan) -> int:
    """How many tokens their boundaries are apart."""
    return abs(gold.start - predicted.start) + abs(gold.end - predicted.end)


def _nearest_of_label(gold: TokenSpan, predicted: TokenSpan) -> Tuple[Any, ...]:
    same = gold.label == predicted.label
    return gold != predicted, predicted, not same, _distance(gold, predicted) if same else 0


MATCHINGS: Dict[str, Matching] = {
    "strict": Matching(
        lambda gold, predicted: (gold != predicted, predicted),
        lambda gold, predicted: CORRECT if gold == predicted else INCORRECT,
    ),
    "exact": Matching(
        lambda gold, predicted: (_moved(gold, predicted), predicted),
        lambda gold, predicted: INCORRECT if _moved(gold, predicted) else CORRECT,
    ),
    "partial": Matching(
        lambda gold, predicted: (_moved(gold, predicted), predicted),
        lambda gold, predicted: PARTIAL if _moved(gold, predicted) else CORRECT,
    ),
    "type": Matching(
        _nearest_of_label,
        lambda gold, predicted: CORRECT if gold.label == predicted.label else INCORRECT,
    ),
}


def most_alike(gold: TokenSpan, predicted: TokenSpan) -> Tuple[Any, ...]:
    """The likeness by which a mistake is told: boundaries, then the label, then how far the boundaries are apart."""
    return _moved(gold, predicted), gold.label != predicted.label, _distance(gold, predicted)


def pair_spans(
    gold: Iterable[TokenSpan],
    predicted: Iterable[TokenSpan],
    likeness: Callable[[TokenSpan, TokenSpan], Tuple[Any, ...]] = most_alike,
    min_overlap: float = 0.0,
) -> List[Pair]:
    """Pair gold and predicted spans that overlap, the most alike first, each span once.

    gold (Iterable[TokenSpan]): Gold spans, all different, in any order.
    predicted (Iterable[TokenSpan]): Predicted spans, likewise.
    likeness (Callable): See `Matching`.
    min_overlap (float): Share of the tokens of the gold span that the predicted one must cover; 0 for any overlap.
    RETURNS (List[Pair]): The pairs, and None beside a span that has no partner, in the order of the text.
    """
    gold, predicted = sorted(gold), sorted(predicted)
    possible = sorted((likeness(one, other), one, other) for one, other in _overlaps(gold, predicted, min_overlap))
    partner: Dict[TokenSpan, TokenSpan] = {}
    taken: Dict[TokenSpan, TokenSpan] = {}
    for _, one, other in possible:
        if one not in partner and other not in taken:
            partner[one], taken[other] = other, one
    pairs: List[Pair] = [(one, partner.get(one)) for one in gold]
    pairs += [(None, other) for other in predicted if other not in taken]
    return sorted(pairs, key=lambda pair: pair[0] or pair[1])


def match_counts(docs: Iterable[JudgedDoc], how: str, min_overlap: float = 0.0) -> MatchCounts:
    """Count what becomes of the spans of all documents.

    docs (Iterable[JudgedDoc]): The documents.
    how (str): Key of one of `MATCHINGS`.
    min_overlap (float): See `pair_spans`.
    RETURNS (MatchCounts): The counts.
    """
    likeness, outcome = MATCHINGS[how]
    counts: Dict[str, int] = defaultdict(int)
    for doc in docs:
        for gold, predicted in pair_spans(doc.gold, doc.predicted, likeness, min_overlap):
            kind = "spurious" if gold is None else "missed" if predicted is None else outcome(gold, predicted)
            counts[kind] += 1
    return MatchCounts(**counts)


def _overlaps(
    gold: Sequence[TokenSpan], predicted: Sequence[TokenSpan], min_overlap: float
) -> Iterable[Tuple[TokenSpan, TokenSpan]]:
    of_token = defaultdict(list)
    for one in gold:
        for token in range(one.start, one.end):
            of_token[token].append(one)
    for other in predicted:
        for one in {one for token in range(other.start, other.end) for one in of_token[token]}:
            shared = min(one.end, other.end) - max(one.start, other.start)
            if shared >= min_overlap * (one.end - one.start):
                yield one, other
