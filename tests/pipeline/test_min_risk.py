"""Minimum-risk decoding, against every legal set of spans."""
from itertools import combinations

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_bio_crf.pipeline.min_risk import best_ratio, best_sum

spans = st.tuples(st.integers(0, 5), st.integers(1, 3), st.integers(0, 1), st.floats(0.01, 1.0)).map(
    lambda s: (s[0], s[0] + s[1], s[2], s[3])
)
candidate_lists = st.lists(spans, max_size=6, unique_by=lambda span: span[:3])


def legal(subset, may_touch):
    ordered = sorted(subset)
    for one, other in zip(ordered, ordered[1:]):
        if one[1] > other[0] or (not may_touch and one[1] == other[0] and one[2] == other[2]):
            return False
    return True


def subsets(candidates, may_touch):
    for size in range(len(candidates) + 1):
        yield from (subset for subset in combinations(candidates, size) if legal(subset, may_touch))


@pytest.mark.parametrize("may_touch", [True, False])
@given(candidates=candidate_lists, price=st.floats(0, 1))
def test_best_sum_is_the_best_of_all(may_touch, candidates, price):
    def value(subset):
        return sum(span[3] - price for span in subset)

    chosen = best_sum(sorted(candidates, key=lambda span: span[1]), price, may_touch)
    assert legal(chosen, may_touch) and chosen == sorted(chosen)
    assert value(chosen) == pytest.approx(max(map(value, subsets(candidates, may_touch))))


@pytest.mark.parametrize("may_touch", [True, False])
@given(candidates=candidate_lists, more=st.floats(0.001, 5))
def test_best_ratio_is_the_best_of_all(may_touch, candidates, more):
    expected = sum(span[3] for span in candidates) + more

    def value(subset):
        return 2 * sum(span[3] for span in subset) / (len(subset) + expected)

    chosen = best_ratio(candidates, expected, may_touch)
    assert legal(chosen, may_touch)
    assert value(chosen) == pytest.approx(max(map(value, subsets(candidates, may_touch))))


def test_nothing_from_nothing():
    assert best_sum([], 0.5, True) == [] and best_ratio([], 1.0, True) == []
    assert numpy.array_equal(best_sum([(0, 1, 0, 0.4)], 0.5, True), [])
