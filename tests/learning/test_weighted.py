"""Weighted and smoothed likelihood, against all paths written down."""
import re

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from spacy_bio_crf import crf
from spacy_bio_crf.learning import weighted_loss

from ..crf import oracle
from ..crf.strategies import bio_batch, uniform
from .cases import FIELDS, assert_losses, assert_one_by_one, cases, gold_of, no_slope, some_examples, through

WEIGHTS = ([2.5], [0.0, 1.0], [1.0, 2.0, 3.0], [0.25, 0.5, 1.0], [0.1, 0.3, 7.0, 0.0])


def enumerated(one, paths, gold, weights, smoothing):
    """The integral over the bar, piece by piece: loss and gradient of one sequence."""
    weights = weights if weights.ndim == 2 else numpy.repeat(weights[:, None], gold.shape[1], axis=1)
    loss, slope, heights = 0.0, no_slope(one), [0.0, *sorted(set(weights.ravel()))]
    expected, mean = oracle.expectations(one, paths), oracle.expectations(one, [(0.0, path) for _, path in paths])
    for low, high in zip(heights, heights[1:]):
        kept = gold | (weights < (low + high) / 2)
        if kept.all():
            continue
        good = through(paths, kept)
        loss += (high - low) * (1 - smoothing) * (oracle.log_z(paths) - oracle.log_z(good))
        loss += (high - low) * smoothing * (oracle.log_z(paths) - numpy.mean([score for score, _ in paths]))
        slope = slope.plus(high - low, expected)
        slope = slope.plus((low - high) * (1 - smoothing), oracle.expectations(one, good))
        slope = slope.plus((low - high) * smoothing, mean)
    return loss, slope


@some_examples
@given(case=cases(), values=st.sampled_from(WEIGHTS), smoothing=st.sampled_from([0.0, 0.1, 0.9]), per_tag=st.booleans())
def test_like_enumeration(case, values, smoothing, per_tag):
    gold = gold_of(case)
    weights = case.rng.choice(values, size=gold.shape if per_tag else len(gold))
    losses, slopes = [], []
    for part in case.parts(gold, weights):
        loss, slope = enumerated(*part, smoothing)
        losses.append(loss)
        slopes.append(slope)
    got = weighted_loss(case.scores, gold, weights, case.allowed, smoothing)
    assert_losses(got, losses, slopes, case, atol=1e-9 + smoothing * 1e-6 * case.scale)


@some_examples
@given(case=cases(), smoothing=st.sampled_from([0.0, 0.2]))
def test_one_by_one(case, smoothing):
    gold = gold_of(case)
    weights = case.rng.choice([0.0, 0.5, 2.0], size=len(gold))
    parts = [weighted_loss(one, rows, w, mask, smoothing) for one, mask, rows, w in case.sequences(gold, weights)]
    assert_one_by_one(weighted_loss(case.scores, gold, weights, case.allowed, smoothing), parts)


@some_examples
@given(case=cases())
def test_weights_of_one_are_the_likelihood_itself(case):
    gold = gold_of(case)
    losses, gradient = crf.loss(case.scores, gold, case.allowed)
    for weights in (None, numpy.ones(len(gold))):
        got, got_gradient = weighted_loss(case.scores, gold, weights, case.allowed)
        assert_array_equal(got, losses)
        for name in FIELDS:
            assert_array_equal(getattr(got_gradient, name), getattr(gradient, name))


@some_examples
@given(case=cases())
def test_twice_the_weight_is_twice_the_loss(case):
    gold = gold_of(case)
    weights = case.rng.choice([0.0, 0.3, 1.0], size=len(gold))
    (once, once_gradient), (twice, twice_gradient) = (
        weighted_loss(case.scores, gold, factor * weights, case.allowed, smoothing=0.1) for factor in (1, 2)
    )
    assert_allclose(twice, 2 * once, rtol=1e-12)
    for name in FIELDS:
        assert_allclose(getattr(twice_gradient, name), 2 * getattr(once_gradient, name), rtol=1e-5, atol=1e-7)


def test_weights_in_equal_steps():
    """Each step is one more loss, with less gold."""
    scores = bio_batch([3], 1)
    gold, free = numpy.eye(3, dtype=bool)[[1, 2, 0]], numpy.ones(3, dtype=bool)
    parts = [crf.loss(scores, numpy.array(rows)) for rows in (gold, [gold[0], free, gold[2]], [free, free, gold[2]])]
    losses, gradient = weighted_loss(scores, gold, [2.0, 1.0, 3.0])
    assert_allclose(losses, sum(loss for loss, _ in parts), rtol=1e-12)
    for name in FIELDS:
        assert_allclose(getattr(gradient, name), sum(getattr(slope, name) for _, slope in parts), atol=1e-6)


def test_a_weight_of_zero_is_a_missing_token():
    scores = bio_batch([4, 2], 2)
    gold = numpy.eye(5, dtype=bool)[[0, 1, 2, 0, 3, 0]]
    missing = gold.copy()
    missing[[1, 2, 5]] = True
    weights = numpy.array([1.0, 0, 0, 1, 1, 0])
    assert_array_equal(weighted_loss(scores, gold, weights)[0], crf.loss(scores, missing)[0])


@pytest.mark.parametrize("smoothing", [0.0, 0.5])
def test_nothing_annotated_costs_nothing(smoothing):
    """Neither free tokens of any weight, nor gold tags of weight 0, whatever stands beside them in the batch."""
    scores = bio_batch([2, 2, 2], 1)
    gold = numpy.eye(3, dtype=bool)[[0, 1, 0, 0, 0, 0]]
    gold[2:4] = True
    weights = numpy.array([1.0, 1, 5, 2, 0, 0])
    losses, gradient = weighted_loss(scores, gold, weights, smoothing=smoothing)
    assert losses[0] > 0 and (losses[1:] == 0).all() and (gradient.emissions[2:] == 0).all()


def test_smoothing_pulls_a_certain_chain_back():
    """At the gold's own probability of (nearly) 1, the slope of the smoothed loss still points to the other paths."""
    scores = uniform(2, [1])
    scores.emissions[0, 0] = 50.0
    gold = numpy.array([[True, False]])
    losses, gradient = weighted_loss(scores, gold, smoothing=0.1)
    assert_allclose(losses, [0.1 * 25], rtol=1e-6)
    assert_allclose(gradient.emissions, [[0.05, -0.05]], rtol=1e-6)


@pytest.mark.parametrize("weights", [[1.0, 0, 1, 1, 1], [1.0, 0, 2, 2, 2]])
def test_gold_without_a_path_is_named_by_its_place_in_the_batch(weights):
    scores = bio_batch([2, 3], 1)
    gold = numpy.eye(3, dtype=bool)[[0, 2, 0, 0, 2]]  # an I- after O, twice; the first one has no weight
    with pytest.raises(ValueError, match="E205] The gold of sequence 1 .* at its token 2"):
        weighted_loss(scores, gold, weights)
    with pytest.raises(ValueError, match="E205] The gold of sequence 0 .* at its token 1"):
        weighted_loss(scores, gold)
    assert numpy.isfinite(weighted_loss(scores, gold, [1.0, 0, 1, 1, 0])[0]).all()


@pytest.mark.parametrize("value", [-0.5, numpy.nan, numpy.inf])
def test_weights_out_of_range(value):
    scores = bio_batch([2], 1)
    message = f"E701] Expected weights that are finite and not negative, but weights[1] is {value}"
    with pytest.raises(ValueError, match=re.escape(message)):
        weighted_loss(scores, numpy.ones((2, 3), dtype=bool), [1.0, value])
    with pytest.raises(ValueError, match=re.escape(message.replace("[1]", "[1, 0]"))):
        weighted_loss(scores, numpy.ones((2, 3), dtype=bool), [[1.0] * 3, [value] * 3])
    with pytest.raises(ValueError, match=re.escape("E201] Expected weights of dtype float64 and shape (2,)")):
        weighted_loss(scores, numpy.ones((2, 3), dtype=bool), [1.0])


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, numpy.nan])
def test_smoothing_out_of_range(smoothing):
    with pytest.raises(ValueError, match=f"E702.*but got {smoothing}"):
        weighted_loss(bio_batch([2], 1), numpy.ones((2, 3), dtype=bool), smoothing=smoothing)
