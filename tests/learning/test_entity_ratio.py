"""The expected entity ratio of a batch, against all paths."""
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from spacy_bio_crf.learning import entity_ratio_loss

from ..crf import oracle
from ..crf.strategies import bio_batch, uniform
from .cases import FIELDS, assert_gradient, cases, no_slope, some_examples


def enumerated(one, paths, inside):
    """The expected number of tokens inside, and its slope: the covariance with each feature, path by path."""
    expected, slope, total = 0.0, no_slope(one), oracle.log_z(paths)
    for score, path in paths:
        expected += numpy.exp(score - total) * sum(inside[k] for k in path)
    for score, path in paths:
        weight = numpy.exp(score - total) * (sum(inside[k] for k in path) - expected)
        slope = slope.plus(weight, oracle.expectations(one, [(0.0, path)]))
    return expected, slope


@some_examples
@given(case=cases(), ratio=st.sampled_from([0.0, 0.15, 0.9]), margin=st.sampled_from([0.0, 0.05]))
def test_like_enumeration(case, ratio, margin):
    inside, n_tokens = case.tags.label_ids >= 0, len(case.scores.emissions)
    parts = [enumerated(one, paths, inside) for one, paths in case.parts()]
    difference = sum(count for count, _ in parts) / max(1, n_tokens) - ratio
    loss = 3.0 * max(0.0, abs(difference) - margin) if n_tokens else 0.0
    got, gradient = entity_ratio_loss(case.scores, inside, ratio, margin, 3.0, case.allowed)
    assert isinstance(got, float)
    assert_allclose(got, loss, rtol=1e-5, atol=1e-6)
    if loss == 0 or abs(abs(difference) - margin) > 1e-6:  # at the very bend, either slope is right
        factor = 3.0 * numpy.sign(difference) / max(1, n_tokens) if loss else 0.0
        slopes = [no_slope(one).plus(factor, slope) for (one, *_), (_, slope) in zip(case.sequences(), parts)]
        assert_gradient(gradient, slopes, case.scores)


def test_a_step_against_the_gradient_brings_the_ratio_nearer():
    for ratio in (0.0, 1.0):
        scores = bio_batch([5, 3], 1)
        inside = numpy.array([False, True, True])
        before, gradient = entity_ratio_loss(scores, inside, ratio)
        for name in FIELDS:
            setattr(scores, name, getattr(scores, name) - 0.05 * getattr(gradient, name))
        assert 0 < entity_ratio_loss(scores, inside, ratio)[0] < before


def test_within_the_margin():
    scores, inside = uniform(2, [2, 2]), numpy.array([False, True])
    loss, gradient = entity_ratio_loss(scores, inside, ratio=0.52, margin=0.05)
    assert loss == 0 and (gradient.emissions == 0).all()
    assert entity_ratio_loss(scores, inside, ratio=0.6, margin=0.05, weight=10.0)[0] == pytest.approx(0.5)


def test_the_ratio_is_one_of_the_batch():
    """One text full of spans and one without any have the right ratio together."""
    scores, inside = uniform(2, [3, 3]), numpy.array([False, True])
    scores.emissions[:3, 1] = scores.emissions[3:, 0] = 100.0
    assert entity_ratio_loss(scores, inside, ratio=0.5, margin=0.0)[0] == pytest.approx(0.0, abs=1e-6)


def test_no_tokens():
    for lengths in ([], [0, 0]):
        with numpy.errstate(all="raise"):
            loss, gradient = entity_ratio_loss(uniform(2, lengths), numpy.array([False, True]))
        assert loss == 0 and gradient.emissions.shape == (0, 2)


@pytest.mark.parametrize("name, value", [("ratio", 1.1), ("ratio", -0.1), ("margin", -1.0), ("weight", numpy.nan)])
def test_out_of_range(name, value):
    with pytest.raises(ValueError, match=f"E705] Expected {name} .* but got {value}"):
        entity_ratio_loss(bio_batch([2], 1), numpy.array([False, True, True]), **{name: value})
