"""The least certain of a stream, in bounded memory."""
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_bio_crf.evaluation import UNCERTAINTY, least_certain


@given(st.lists(st.integers(0, 5)), st.integers(0, 8))
def test_the_least_certain_first_and_equals_in_order(scores, limit):
    stream = list(zip(scores, range(len(scores))))
    expected = sorted(stream, key=lambda pair: (-pair[0], pair[1]))
    assert least_certain(iter(stream), limit) == (expected[:limit] if limit else expected)


def test_no_more_than_the_limit_are_held():
    class Item:
        pass

    alive = weakref.WeakSet()

    def stream():
        for score in range(50):
            item = Item()
            alive.add(item)
            yield score, item
            del item
            assert len(alive) <= 5

    assert [score for score, _ in least_certain(stream(), 3)] == [49, 48, 47]


class Posterior:
    def entropy(self):
        return 1.5

    def margin(self):
        return 0.25

    def best_probability(self):
        return 0.6


@pytest.mark.parametrize("measure, expected", [("entropy", 1.5), ("margin", 0.75), ("confidence", 0.4)])
def test_the_greater_the_less_certain(measure, expected):
    assert UNCERTAINTY[measure](Posterior()) == pytest.approx(expected)
