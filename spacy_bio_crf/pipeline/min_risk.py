"""Decoding that minimises a risk over the probabilities of spans, in place of taking the best path."""
from bisect import bisect_left, bisect_right
from operator import itemgetter
from typing import AbstractSet, List, Optional, Sequence, Tuple

import numpy

from .. import crf
from ..tags import States
from ..types import Bools1d, Bools2d, ChainScores, Floats1d, Ints2d

FLOOR = 0.01  # what is less likely is not worth choosing, and there is too much of it

Candidate = Tuple[int, int, int, float]  # start, end, label, probability
Place = Tuple[int, int]  # start, end


def certain_places(allowed: Optional[Bools2d], states: States) -> Ints2d:
    """The places of required spans and of preset entities: every analysis has a span there, with one label or another.

    RETURNS (Ints2d): Rows of start and end, in order. Shape: P, 2
    """
    none = numpy.zeros((0, 2), dtype=int)
    if allowed is None:
        return none
    inside = ~allowed[:, states.label_ids < 0].any(axis=1)
    if not inside.any():
        return none
    going_on = inside & ~allowed[:, ~states.continues].any(axis=1)
    starts = numpy.flatnonzero(inside & ~allowed[:, states.continues].any(axis=1))
    stops = numpy.append(numpy.flatnonzero(~going_on), len(allowed))
    ends = stops[numpy.searchsorted(stops, starts, side="right")]
    closed = [end == len(allowed) or not allowed[end, states.continues].any() for end in ends.tolist()]
    return numpy.stack((starts, ends), axis=1)[numpy.array(closed, dtype=bool)]


def are_at(spans: Ints2d, places: Ints2d) -> Bools1d:
    """Whether each span is at one of these places. Shape: S"""
    known = set(map(tuple, places.tolist()))
    return numpy.array([(start, end) in known for start, end in spans[:, :2].tolist()], dtype=bool)


def most_likely_spans(scores: ChainScores, allowed: Optional[Bools2d], states: States) -> Ints2d:
    """The legal set of spans with the fewest expected errors, false and missed spans together: those that are more likely
    than not. No two of them overlap, since only one of two overlapping spans can be true.

    A certain place may have no such span. Its label is chosen together with all the rest then, since the likeliest ones
    need not be legal together.

    RETURNS (Ints2d): Rows of start, end and label id. Shape: S, 3
    """
    spans, probabilities = crf.likely_spans(scores, 0.5, states.label_ids, states.joins, allowed)
    likely = probabilities > 0.5
    spans, probabilities = spans[likely], probabilities[likely]
    places = certain_places(allowed, states)
    elsewhere = ~are_at(spans, places)
    if len(places) == numpy.count_nonzero(~elsewhere):
        return spans
    others, their_probabilities = _spans_at(places, scores, allowed, states)
    spans = numpy.concatenate((spans[elsewhere], others))
    gains = 2 * numpy.concatenate((probabilities[elsewhere], their_probabilities)) - 1
    return _best_legal(spans, gains, scores, allowed, states)


def spans_of_best_expected_f(scores: ChainScores, allowed: Optional[Bools2d], states: States) -> Ints2d:
    """For each document, the legal set of spans with the highest 2 * E[right] / (number chosen + E[number of gold spans]),
    among spans with a probability of at least `FLOOR`, and among sets with a span at each certain place.

    The ratio is maximised exactly by Dinkelbach's method (1967): choose the set with the highest sum of (p - r / 2) for the
    ratio r reached so far, by dynamic programming, until r stays.

    RETURNS (Ints2d): Rows of start, end and label id. Shape: S, 3
    """
    spans, probabilities = crf.likely_spans(scores, FLOOR, states.label_ids, states.joins, allowed)
    places = certain_places(allowed, states)
    if len(places):
        elsewhere = ~are_at(spans, places)
        others, their_probabilities = _spans_at(places, scores, allowed, states)
        spans = numpy.concatenate((spans[elsewhere], others))
        probabilities = numpy.concatenate((probabilities[elsewhere], their_probabilities))
        order = numpy.argsort(spans[:, 0], kind="stable")
        spans, probabilities = spans[order], probabilities[order]
    filled = set(map(tuple, places.tolist()))
    chosen: List[Candidate] = []
    for rows in scores.rows_of_sequences():
        first, last = numpy.searchsorted(spans[:, 0], (rows.start, rows.stop))
        if first == last:
            continue
        candidates = zip(*spans[first:last].T.tolist(), probabilities[first:last].tolist())
        expected = expected_spans(scores.sequence(rows), None if allowed is None else allowed[rows], states)
        chosen += best_ratio(list(candidates), expected, bool(states.tagset.scheme.touches), filled)
    return numpy.array([span[:3] for span in chosen], dtype="i").reshape(-1, 3)


def best_ratio(
    candidates: Sequence[Candidate], expected: float, may_touch: bool, filled: AbstractSet[Place] = frozenset()
) -> List[Candidate]:
    """The legal subset with the highest 2 * sum of p / (size + expected).

    candidates (Sequence[Candidate]): Spans with their probabilities.
    expected (float): The expected number of gold spans, above 0.
    may_touch (bool): Whether spans of one label may touch.
    filled (AbstractSet[Place]): Where the subset must have a candidate.
    RETURNS (List[Candidate]): The subset, in order.
    """
    candidates = sorted(candidates, key=lambda span: (span[1], span[0], span[2]))
    ratio = -1.0
    while True:
        chosen = best_sum(candidates, max(ratio, 0.0) / 2, may_touch, filled)
        reached = 2 * sum(span[3] for span in chosen) / (len(chosen) + expected)
        if reached <= ratio + 1e-12:
            return chosen
        ratio = reached


def best_sum(
    candidates: Sequence[Candidate], price: float, may_touch: bool, filled: AbstractSet[Place] = frozenset()
) -> List[Candidate]:
    """The legal subset with the highest sum of (p - price): weighted interval scheduling.

    candidates (Sequence[Candidate]): Spans with their probabilities, sorted by their end.
    price (float): What each span costs.
    may_touch (bool): Whether spans of one label may touch.
    filled (AbstractSet[Place]): Where the subset must have a candidate, if a legal one can.
    RETURNS (List[Candidate]): The subset, in order.
    """
    bonus = (1 + price) * (1 + len(candidates))  # of a place that is filled: more than all others together can weigh
    ends = [span[1] for span in candidates]
    best = [(0.0, None)]  # of the first i candidates: the highest sum, and its spans as (last, (last but one, ...))
    ending: List[Tuple[float, tuple]] = []  # the same with candidate i as the last span
    for candidate in candidates:
        start, end, label, probability = candidate
        gain = probability - price + (bonus if (start, end) in filled else 0.0)
        apart, touching = bisect_left(ends, start), bisect_right(ends, start)
        if may_touch:
            total, rest = best[touching]
        else:
            others = (ending[i] for i in range(apart, touching) if candidates[i][2] != label)
            total, rest = max([best[apart], *others], key=itemgetter(0))
        ending.append((total + gain, (candidate, rest)))
        best.append(max(best[-1], ending[-1], key=itemgetter(0)))
    chosen, link = [], best[-1][1]
    while link is not None:
        chosen.append(link[0])
        link = link[1]
    return chosen[::-1]


def _spans_at(
    places: Ints2d, scores: ChainScores, allowed: Bools2d, states: States
) -> Tuple[Ints2d, Floats1d]:
    """All possible spans at certain places, and their probabilities. Shapes: S, 3 and S"""
    opening = numpy.flatnonzero((states.label_ids >= 0) & ~states.continues)
    place, state = numpy.nonzero(allowed[places[:, 0]][:, opening])
    pairs = numpy.unique(numpy.stack((place, states.label_ids[opening[state]]), axis=1), axis=0)
    spans = numpy.column_stack((places[pairs[:, 0]], pairs[:, 1]))
    probabilities = crf.span_probabilities(scores, spans, states.label_ids, states.joins, allowed)
    possible = probabilities > 0
    return spans[possible], probabilities[possible]


def _best_legal(spans: Ints2d, gains: Floats1d, scores: ChainScores, allowed: Bools2d, states: States) -> Ints2d:
    """The legal set of spans with the highest sum of gains: the best path of a lattice in which each token is outside or in
    one of the spans, as far as `allowed` lets it be.

    spans (Ints2d): Rows of start, end and label id. Those at one place are different readings of a certain place; the
        others have gains above 0, and overlap with none. Shape: S, 3
    gains (Floats1d): Shape: S
    RETURNS (Ints2d): Rows of start, end and label id. Shape: S, 3
    """
    rows = numpy.tile(states.label_ids < 0, (len(allowed), 1))
    emissions = numpy.zeros(allowed.shape, dtype="f")
    for (start, end, label), gain in zip(spans.tolist(), gains.tolist()):
        opens, goes_on = (states.label_ids == label) & ~states.continues, (states.label_ids == label) & states.continues
        rows[start] |= opens
        rows[start + 1 : end] |= goes_on
        emissions[start, opens] -= 1  # so that a part of a span is worth less than nothing
        emissions[end - 1, goes_on if end - start > 1 else opens] += 1 + gain
    none = numpy.zeros(len(states), dtype="f")
    step = numpy.zeros((len(states), len(states)), dtype="f")
    lattice = ChainScores(emissions, scores.lengths, none, step, none, states.constraints)
    path, _ = crf.best_path(lattice, rows & allowed)
    return states.spans(path, scores.lengths)


def expected_spans(scores: ChainScores, allowed: Optional[Bools2d], states: States) -> float:
    """The expected number of spans of one document: each begins with a state that opens it."""
    _, expected = crf.marginals(scores, allowed)
    opens = (states.label_ids >= 0) & ~states.continues
    return float(expected.start[opens].sum() + expected.step[:, opens].sum())
