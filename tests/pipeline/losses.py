"""The losses of an annotation over all analyses: values, and slopes for the score of each."""
from typing import List, Mapping

import numpy

from .analyses import LABELS, Reading, score_of


class Loss:
    """A loss as a function of the scores of all analyses: its value, and its slope for each of them."""

    def __init__(self, reading: Reading, scores, names: List[str], learning: Mapping):
        self.reading = reading
        ids = {name: i for i, name in enumerate(names)}
        self.paths = [[ids[role.tag] for role in roles] for _, roles in reading.analyses]
        self.score = numpy.array([score_of(path, scores) for path in self.paths])
        self.value, self.slope = 0.0, numpy.zeros(len(self.paths))
        self._add_gold(learning)
        for span in sorted(set(reading.annotation.wrong)):
            self._add_wrong(span)

    def expect(self, values):
        """The expected value, and its slope."""
        p = _softmax(self.score)
        mean = p @ values
        return mean, p * (values - mean)

    def add(self, weight, score, keep):
        """weight * -log P(keep)"""
        if weight:
            kept = numpy.where(keep, score, -numpy.inf)
            self.value += weight * (numpy.logaddexp.reduce(score) - numpy.logaddexp.reduce(kept))
            self.slope += weight * (_softmax(score) - _softmax(kept))

    def _add_gold(self, learning):
        reading, smoothing = self.reading, learning["label_smoothing"]
        rows, heights, own_rows = reading.rows(), reading.heights(), reading.rows(boundaries=False)
        roles = [[reading.role(role) for role in roles] for _, roles in reading.analyses]
        levels = {height for of_token in heights for height in of_token.values()}
        most = max(levels, default=0.0)
        score = self.score + [
            sum(w / most * _cost(role, row, learning) for role, row, w in zip(of_path, own_rows, reading.weights) if most)
            for of_path in roles
        ]
        bar = 0.0
        for height in sorted(levels - {0.0}):
            keep = [all(of_token[role] < height for role, of_token in zip(of_path, heights)) for of_path in roles]
            if bar == 0.0 and all({role for role, h in one.items() if not h} == row for row, one in zip(rows, heights)):
                assert keep == [reading.agrees(spans) for spans, _ in reading.analyses]  # the two ways to say it
            self.add((1 - smoothing) * (height - bar), score, keep)
            bar = height
        if smoothing and most:
            share = smoothing * most
            self.value += share * (numpy.logaddexp.reduce(score) - score.mean())
            self.slope += share * (_softmax(score) - 1 / len(score))

    def _add_wrong(self, span):
        place = self.reading.place(span)
        if place is None or not self.reading.is_whole(span):
            return
        start, end, label = place
        found = [any(s[:2] == (start, end) and label in ("", s[2]) for s in spans) for spans, _ in self.reading.analyses]
        self.add(min(self.reading.weights[start:end]), self.score, ~numpy.array(found, dtype=bool))


def _cost(role, row, learning):
    """The softmax-margin cost of a role, nothing where the gold allows it."""
    if role in row:
        return 0.0
    factors = {label: learning["label_weights"].get(label, 1.0) for label in LABELS}
    gold = {role.label for role in row}
    missed = min((0.0 if label is None else factors[label] * learning["missed_cost"] for label in gold), default=0.0)
    spurious = 0.0 if role.label in gold or role.label is None else factors[role.label] * learning["spurious_cost"]
    return missed + spurious


def _softmax(score):
    top = score.max()
    weights = numpy.exp(score - top)
    return weights / weights.sum()
