"""Decoding that minimises a risk over the probabilities of spans, in place of taking the best path."""
from bisect import bisect_left, bisect_right
from operator import itemgetter
from typing import List, Optional, Sequence, Tuple

import numpy

from .. import crf
from ..tags import States
from ..types import Bools2d, ChainScores, Ints2d

FLOOR = 0.01  # what is less likely is not worth choosing, and there is too much of it

Candidate = Tuple[int, int, int, float]  # start, end, label, probability


def most_likely_spans(scores: ChainScores, allowed: Optional[Bools2d], states: States) -> Ints2d:
    """The spans that are more likely than not: the set with the fewest expected errors, false and missed spans together.
    No two of them overlap, since only one of two overlapping spans can be true.

    RETURNS (Ints2d): Rows of start, end and label id. Shape: S, 3
    """
    spans, probabilities = crf.likely_spans(scores, 0.5, states.label_ids, states.joins, allowed)
    return spans[probabilities > 0.5]


def spans_of_best_expected_f(scores: ChainScores, allowed: Optional[Bools2d], states: States) -> Ints2d:
    """For each document, the legal set of spans with the highest 2 * E[right] / (number chosen + E[number of gold spans]),
    among spans with a probability of at least `FLOOR`.

    The ratio is maximised exactly by Dinkelbach's method (1967): choose the set with the highest sum of (p - r / 2) for the
    ratio r reached so far, by dynamic programming, until r stays.

    RETURNS (Ints2d): Rows of start, end and label id. Shape: S, 3
    """
    spans, probabilities = crf.likely_spans(scores, FLOOR, states.label_ids, states.joins, allowed)
    chosen: List[Candidate] = []
    for rows in scores.rows_of_sequences():
        first, last = numpy.searchsorted(spans[:, 0], (rows.start, rows.stop))
        if first == last:
            continue
        candidates = zip(*spans[first:last].T.tolist(), probabilities[first:last].tolist())
        expected = expected_spans(scores.sequence(rows), None if allowed is None else allowed[rows], states)
        chosen += best_ratio(list(candidates), expected, bool(states.tagset.scheme.touches))
    return numpy.array([span[:3] for span in chosen], dtype="i").reshape(-1, 3)


def best_ratio(candidates: Sequence[Candidate], expected: float, may_touch: bool) -> List[Candidate]:
    """The legal subset with the highest 2 * sum of p / (size + expected).

    candidates (Sequence[Candidate]): Spans with their probabilities.
    expected (float): The expected number of gold spans, above 0.
    may_touch (bool): Whether spans of one label may touch.
    RETURNS (List[Candidate]): The subset, in order.
    """
    candidates = sorted(candidates, key=lambda span: (span[1], span[0], span[2]))
    ratio = -1.0
    while True:
        chosen = best_sum(candidates, max(ratio, 0.0) / 2, may_touch)
        reached = 2 * sum(span[3] for span in chosen) / (len(chosen) + expected)
        if reached <= ratio + 1e-12:
            return chosen
        ratio = reached


def best_sum(candidates: Sequence[Candidate], price: float, may_touch: bool) -> List[Candidate]:
    """The legal subset with the highest sum of (p - price): weighted interval scheduling.

    candidates (Sequence[Candidate]): Spans with their probabilities, sorted by their end.
    price (float): What each span costs.
    may_touch (bool): Whether spans of one label may touch.
    RETURNS (List[Candidate]): The subset, in order.
    """
    ends = [span[1] for span in candidates]
    best = [(0.0, None)]  # of the first i candidates: the highest sum, and its spans as (last, (last but one, ...))
    ending: List[Tuple[float, tuple]] = []  # the same with candidate i as the last span
    for candidate in candidates:
        start, _, label, probability = candidate
        apart, touching = bisect_left(ends, start), bisect_right(ends, start)
        if may_touch:
            total, rest = best[touching]
        else:
            others = (ending[i] for i in range(apart, touching) if candidates[i][2] != label)
            total, rest = max([best[apart], *others], key=itemgetter(0))
        ending.append((total + probability - price, (candidate, rest)))
        best.append(max(best[-1], ending[-1], key=itemgetter(0)))
    chosen, link = [], best[-1][1]
    while link is not None:
        chosen.append(link[0])
        link = link[1]
    return chosen[::-1]


def expected_spans(scores: ChainScores, allowed: Optional[Bools2d], states: States) -> float:
    """The expected number of spans of one document: each begins with a state that opens it."""
    _, expected = crf.marginals(scores, allowed)
    opens = (states.label_ids >= 0) & ~states.continues
    return float(expected.start[opens].sum() + expected.step[:, opens].sum())
