"""Bootstrap and approximate randomisation, against what can be worked out by hand."""
from itertools import product

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_bio_crf.evaluation import bootstrap, compare, interval
from spacy_bio_crf.evaluation import resampling
from spacy_bio_crf.evaluation.resampling import f_scores, precisions, recalls

ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=6)


def counts(rows):
    """Right, predicted and gold spans, from right, spurious and missed ones."""
    return numpy.array([[right, right + spurious, right + missed] for right, spurious, missed in rows])


def test_figures():
    assert f_scores(numpy.array([[1, 2, 3], [0, 0, 0]])).tolist() == [2 / 5, 0]
    assert precisions(numpy.array([1, 2, 3])) == 1 / 2 and recalls(numpy.array([1, 2, 3])) == 1 / 3


def test_draws_without_a_span_have_no_figure():
    """A label that is always right, in one document of twenty: no draw says that it is ever wrong."""
    found = counts([(1, 0, 0)] + [(0, 0, 0)] * 19)
    drawn = bootstrap(found, samples=400, seed=0)
    assert not drawn.sum(axis=1).all()
    for figure in (f_scores, precisions, recalls):
        assert interval(figure(drawn, numpy.nan)) == {"low": 1.0, "high": 1.0}
    assert interval(numpy.array([numpy.nan])) is None


@given(ROWS)
@settings(deadline=None)
def test_draws_are_sums_of_as_many_documents(rows):
    found = bootstrap(counts(rows), samples=50, seed=1)
    sums = {tuple(sum(choice)) for choice in product(counts(rows), repeat=len(rows))} if len(rows) < 5 else None
    assert found.shape == (50, 3)
    if sums is not None:
        assert {tuple(row) for row in found} <= sums


def test_draws_have_the_right_mean_and_spread():
    """Of n documents with values x, the sum of a draw has the mean sum(x) and the variance n var(x)."""
    values = numpy.arange(40).reshape(-1, 1) % 7
    drawn = bootstrap(values, samples=20000, seed=0)[:, 0]
    assert drawn.mean() == pytest.approx(values.sum(), rel=0.005)
    assert drawn.var() == pytest.approx(40 * values.var(), rel=0.03)


def test_blocks_change_nothing_but_memory(monkeypatch):
    monkeypatch.setattr(resampling, "MOST_CELLS", 50)
    drawn = bootstrap(numpy.arange(20).reshape(-1, 1), samples=21, seed=0)
    assert drawn.shape == (21, 1) and len(set(drawn[:, 0])) > 10


def test_interval_covers_its_share():
    assert interval(numpy.arange(1001.0)) == pytest.approx({"low": 25.0, "high": 975.0})
    assert interval(numpy.arange(1001.0), level=0.5) == pytest.approx({"low": 250.0, "high": 750.0})


@given(ROWS, ROWS)
@settings(deadline=None, max_examples=30)
def test_p_is_that_of_all_swaps(rows, others):
    """With few documents all ways to swap can be tried."""
    size = min(len(rows), len(others), 5)
    one, other = counts(rows[:size]), counts(others[:size])
    other[:, 2] = one[:, 2]
    found = compare(one, other, samples=4000, seed=0)
    exact = f_scores(one.sum(axis=0)) - f_scores(other.sum(axis=0))
    swaps = numpy.array(list(product([0, 1], repeat=size)))
    differences = f_scores(one.sum(axis=0) + swaps @ (other - one)) - f_scores(other.sum(axis=0) - swaps @ (other - one))
    assert found.difference == pytest.approx(exact)
    assert found.p == pytest.approx((numpy.abs(differences) >= abs(exact) - 1e-12).mean(), abs=0.05)
    assert found.low - 1e-9 <= found.high


def test_the_same_pipeline_does_not_differ_from_itself():
    one = counts([(2, 1, 0), (0, 1, 3), (1, 1, 1)])
    assert compare(one, one) == (0.0, 0.0, 0.0, 1.0)


def test_a_clear_difference_is_one():
    generator = numpy.random.default_rng(0)
    gold = generator.integers(1, 5, size=200)
    one, other = (numpy.stack([generator.binomial(gold, share), gold, gold], axis=1) for share in (0.9, 0.7))
    found = compare(one, other)
    assert found.p == pytest.approx(1 / 1001) and 0 < found.low < found.difference < found.high
    turned = compare(other, one)
    assert turned.difference == -found.difference and turned.p == pytest.approx(found.p)
