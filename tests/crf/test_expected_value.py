"""The expected value and its gradient, against all paths written down, and what must hold of them."""
import re

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from spacy_bio_crf.crf import reference
from spacy_bio_crf.tags.schemes import SCHEMES

from . import oracle
from .strategies import many_examples, masked_batches, random_batch, scheme_batch, uniform

FIELDS = ("emissions", "start", "step", "end")


def assert_like_enumeration(crf, scores, values, allowed=None):
    """Within the precision that the largest value and float32 gradients leave."""
    expected, emissions, shared = [], [numpy.zeros((0, len(scores.start)))], 0.0
    for one, worth, mask in oracle.sequences(scores, values, allowed):
        value, (per_token, *others) = oracle.expected_value(one, oracle.legal_paths(one, mask), worth)
        expected.append(value)
        emissions.append(per_token)
        shared = shared + numpy.concatenate([x.ravel() for x in others])
    got, gradient = crf.expected_value(scores, values, allowed)
    assert got.dtype == "float64" and got.shape == scores.lengths.shape
    close = {"rtol": 1e-6, "atol": 1e-8 * max(1.0, numpy.abs(values).max(initial=0.0))}
    assert_allclose(got, expected, **close)
    assert_allclose(gradient.emissions, numpy.concatenate(emissions), **close)
    got_shared = numpy.concatenate([gradient.start, gradient.step.ravel(), gradient.end])
    assert_allclose(got_shared, shared + numpy.zeros_like(got_shared), **close)
    assert all(getattr(gradient, name).dtype == "float32" for name in FIELDS)
    assert gradient.lengths is scores.lengths and gradient.constraints is scores.constraints


@many_examples
@given(case=masked_batches(), data=st.data())
def test_like_enumeration(crf, case, data):
    scores, allowed = case
    size = data.draw(st.sampled_from([1.0, 1000.0]))
    values = data.draw(arrays("float32", scores.emissions.shape, elements=st.floats(-size, size, width=32)))
    paths = [oracle.legal_paths(*one) for one in oracle.sequences(scores, allowed)]
    if not all(paths):
        with pytest.raises(ValueError, match=f"E204.*equence {[not p for p in paths].index(True)} "):
            crf.expected_value(scores, values, allowed)
        return
    assert_like_enumeration(crf, scores, values, allowed)


@pytest.mark.parametrize("scale", [0.5, 1e3])
@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_every_scheme(crf, scheme, scale):
    scores, _ = scheme_batch(scheme, range(6), 1, scale)
    rng = numpy.random.default_rng(0)
    values = rng.normal(size=scores.emissions.shape).astype("float32")
    allowed = rng.random(values.shape) < 0.8
    allowed[:, 0] = True
    for mask in (None, allowed):
        assert_like_enumeration(crf, scores, values, mask)


def test_the_gradient_is_the_slope(crf):
    scores, rng = random_batch([4, 2], 3, legal=0.9), numpy.random.default_rng(3)
    worth = rng.normal(size=scores.emissions.shape).astype("float32")
    _, gradient = crf.expected_value(scores, worth)
    for name in FIELDS:
        numbers, slopes = getattr(scores, name), getattr(gradient, name)
        for index in numpy.ndindex(numbers.shape):
            before, sides = numbers[index], []
            for h in (0.002, -0.002):
                numbers[index] = before + numpy.float32(h)
                sides.append((numbers[index], crf.expected_value(scores, worth)[0].sum()))
            numbers[index] = before
            (x1, y1), (x0, y0) = sides
            assert_allclose(slopes[index], (y1 - y0) / (float(x1) - float(x0)), atol=1e-5, err_msg=f"{name}{index}")


def test_what_every_path_is_worth_does_not_vary(crf):
    scores = random_batch([7, 1, 0], 4)
    values = numpy.arange(8, dtype="float32")[:, None].repeat(4, axis=1)
    expected, gradient = crf.expected_value(scores, values)
    assert_allclose(expected, [21, 7, 0])
    for name in FIELDS:
        assert_allclose(getattr(gradient, name), 0.0, atol=1e-7)


@pytest.mark.parametrize("gap", [1.0, 300.0, 1e6])
def test_a_leading_track_that_dies(crf, gap):
    """Tag 0 leads by far and cannot end; of the two others, equally likely, the last one is worth 1 a token."""
    scores = uniform(3, [6])
    scores.emissions[:, 0] = gap
    scores.constraints.step[:] = numpy.eye(3, dtype=bool)
    scores.constraints.end[0] = False
    expected, gradient = crf.expected_value(scores, numpy.tile(numpy.float32([50, 0, 1]), (6, 1)))
    assert_allclose(expected, [3.0], rtol=1e-9)
    assert_allclose(gradient.emissions, numpy.tile([0.0, -1.5, 1.5], (6, 1)), rtol=1e-6)
    assert_allclose(gradient.step, 5 * numpy.diag([0.0, -1.5, 1.5]), rtol=1e-6)


def test_large_values_over_long_sequences(crf):
    """Two tracks that never meet: each step has the whole sequence's covariance."""
    n, scores = 300, uniform(2, [300])
    scores.constraints.step[:] = numpy.eye(2, dtype=bool)
    expected, gradient = crf.expected_value(scores, numpy.tile(numpy.float32([0, 1e7]), (n, 1)))
    assert_allclose(expected, [n * 1e7 / 2])
    assert_allclose(gradient.step, (n - 1) * n * 1e7 / 4 * numpy.diag([-1, 1]), rtol=1e-6)


@pytest.mark.parametrize("scale", [1.0, 50.0, 1e3, 1e6])
@pytest.mark.parametrize("n_tags, lengths", [(1, [3, 70]), (7, [64, 3]), (8, [9]), (9, [40, 0]), (17, [133]), (50, [10])])
def test_like_the_reference(fast, n_tags, lengths, scale):
    scores, rng = random_batch(lengths, n_tags, scale, seed=n_tags, legal=0.5), numpy.random.default_rng(n_tags)
    values = rng.normal(size=scores.emissions.shape).astype("float32")
    allowed = rng.random(values.shape) < 0.8
    allowed[:, 0] = True
    for mask in (None, allowed):
        got, expected = (backend.expected_value(scores, values, mask) for backend in (fast, reference))
        assert_allclose(got[0], expected[0], rtol=1e-7, atol=1e-7)
        for name in FIELDS:
            assert_allclose(getattr(got[1], name), getattr(expected[1], name), rtol=1e-5, atol=1e-6, err_msg=name)


def test_a_hundred_thousand_tokens(compiled):
    """Of tokens that are independent, each has its own variance."""
    n, scores = 100_000, uniform(2, [100_000])
    expected, gradient = compiled.expected_value(scores, numpy.tile(numpy.float32([0, 1]), (n, 1)))
    assert_allclose(expected, [n / 2], rtol=1e-12)
    assert_allclose(gradient.emissions, numpy.tile([-0.25, 0.25], (n, 1)), rtol=1e-6)
    assert_allclose(gradient.step, (n - 1) / 4 * numpy.array([[-1, 0], [0, 1]]), rtol=1e-6, atol=1e-6)


def test_in_any_order(crf):
    scores = random_batch([3, 0, 1, 17, 2], 5, seed=1)
    values = numpy.random.default_rng(0).normal(size=scores.emissions.shape).astype("float32")
    expected, gradient = crf.expected_value(scores, values)
    alone = [crf.expected_value(*one) for one in oracle.sequences(scores, values)]
    assert_array_equal(expected, numpy.concatenate([value for value, _ in alone]))
    assert_array_equal(gradient.emissions, numpy.concatenate([part.emissions for _, part in alone]))
    swapped = random_batch([3, 0, 1, 17, 2], 5, seed=1)
    rows = [*range(4, 23), *range(4)]
    swapped.emissions, swapped.lengths = scores.emissions[rows], numpy.array([17, 2, 3, 0, 1])
    got, other = crf.expected_value(swapped, values[rows])
    assert_array_equal(got, expected[[3, 4, 0, 1, 2]])
    for name in ("start", "step", "end"):
        assert_array_equal(getattr(other, name), getattr(gradient, name))


@pytest.mark.parametrize("lengths", [[], [0], [0, 0]])
def test_nothing_at_all(crf, lengths):
    expected, gradient = crf.expected_value(uniform(3, lengths), numpy.zeros((0, 3), "float32"))
    assert_array_equal(expected, numpy.zeros(len(lengths)))
    assert gradient.emissions.shape == (0, 3)
    assert not gradient.step.any() and not gradient.start.any() and not gradient.end.any()


def test_refusals(crf):
    scores, values = random_batch([2, 3], 4, legal=1.0), numpy.zeros((5, 4), "float32")
    with pytest.raises(ValueError, match=re.escape("E201] Expected values of dtype float32 and shape (5, 4)")):
        crf.expected_value(scores, values.astype("float64"))
    values[3, 1] = numpy.nan
    with pytest.raises(ValueError, match=re.escape("E203] values must be finite, but values[3, 1] is nan")):
        crf.expected_value(scores, values)
    allowed = numpy.ones((5, 4), dtype=bool)
    allowed[3] = False
    with pytest.raises(ValueError, match="E204.*equence 1 has no legal path.* at its token 1"):
        crf.expected_value(scores, numpy.zeros((5, 4), "float32"), allowed)
