"""What must hold of sampled paths; see also test_enumeration.py, which foretells each of them."""
from collections import Counter

import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from spacy_bio_crf.crf import reference

from . import oracle
from .strategies import bio_batch, random_batch, uniform


@pytest.mark.parametrize("with_allowed", [False, True])
def test_as_often_as_probable(crf, with_allowed):
    n, scores = 4000, random_batch([3, 4], 3, seed=4, legal=0.7)
    allowed = numpy.ones((7, 3), dtype=bool)
    if with_allowed:
        allowed[[1, 4], [0, 2]] = False
    stop, got = 0, crf.sample(scores, n, 1, allowed)
    for one in oracle.sequences(scores, allowed):
        paths = oracle.legal_paths(*one)
        rows = slice(stop, stop := stop + one[0].lengths[0])
        counts = Counter(map(tuple, got[:, rows].tolist()))
        expected = n * numpy.exp([score - oracle.log_z(paths) for score, _ in paths])
        assert set(counts) <= {path for _, path in paths}
        chi_squared = sum((counts[path] - e) ** 2 / e for (_, path), e in zip(paths, expected))
        degrees = len(paths) - 1
        assert chi_squared < degrees + 4 * numpy.sqrt(2 * degrees)  # four standard deviations


def test_samples_are_independent(crf):
    """The tags of two samples meet as often as chance has it, and so do those of two sequences."""
    got = crf.sample(uniform(2, [1, 1]), 4000, 3)
    assert_allclose(got.mean(axis=0), 0.5, atol=0.03)
    assert_allclose((got[:, 0] == got[:, 1]).mean(), 0.5, atol=0.03)
    assert_allclose((got[::2] == got[1::2]).mean(), 0.5, atol=0.03)


@pytest.mark.parametrize("scale", [1.0, 30.0, 1e3, 1e6])
def test_all_are_legal(crf, scale):
    scores = bio_batch([1, 0, 12, 30], 3, scale)
    got, stops = crf.sample(scores, 20, 0), numpy.cumsum(scores.lengths)
    for path in got:
        assert (crf.path_score(scores, path) > -numpy.inf).all()
    assert scores.constraints.start[got[:, stops[:-1]]].all()


def test_the_seed_says_it_all(crf):
    scores = random_batch([5, 0, 8], 4)
    got = crf.sample(scores, 10, 42)
    assert_array_equal(crf.sample(scores, 10, numpy.int64(42)), got)
    assert_array_equal(crf.sample(scores, 4, 42), got[:4])
    assert (crf.sample(scores, 10, 43) != got).any()


def test_the_other_sequences_do_not_matter(crf):
    scores = random_batch([5, 8], 4)
    before = crf.sample(scores, 10, 42)
    scores.emissions[:5] *= 1000
    after = crf.sample(scores, 10, 42)
    assert (after[:, :5] != before[:, :5]).any()
    assert_array_equal(after[:, 5:], before[:, 5:])


@pytest.mark.parametrize("gap", [1.0, 100.0, 300.0, 1e6])
def test_a_leading_track_that_dies_is_not_taken(crf, gap):
    scores = uniform(2, [9])
    scores.emissions[:, 0] = gap
    scores.constraints.step[:] = numpy.eye(2, dtype=bool)
    scores.constraints.end[0] = False
    assert_array_equal(crf.sample(scores, 5, 0), 1)


@pytest.mark.parametrize("scale", [1.0, 50.0, 1e3, 1e6])
@pytest.mark.parametrize("n_tags, lengths", [(1, [3, 70]), (7, [64, 3]), (8, [9]), (9, [40, 0]), (17, [33]), (50, [10])])
def test_like_the_reference(fast, n_tags, lengths, scale):
    scores = random_batch(lengths, n_tags, scale, seed=n_tags, legal=0.5)
    assert_array_equal(fast.sample(scores, 3, 0), reference.sample(scores, 3, 0))


@pytest.mark.parametrize("scale", [1.0, 1e6])
def test_a_hundred_thousand_tokens(compiled, scale):
    scores = bio_batch([100_000], n_labels=4, scale=scale)
    got = compiled.sample(scores, 2, 0)
    assert all(scores.constraints.step[path[:-1], path[1:]].all() for path in got)
    _, gradient = compiled.marginals(scores)
    frequencies = numpy.bincount(got.ravel(), minlength=9) / got.size
    assert_allclose(frequencies, gradient.emissions.mean(axis=0), atol=0.01)


def test_nothing_at_all(crf):
    assert crf.sample(uniform(3, []), 2, 0).shape == (2, 0)
    assert crf.sample(uniform(3, [0, 0]), 2, 0).shape == (2, 0)
