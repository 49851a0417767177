"""What the kernels do in their own ways comes to the same: whole vectors or tag by tag, one block of steps or several,
fresh memory or used."""
from dataclasses import replace

import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from spacy_bio_crf.crf import reference

from . import oracle
from .strategies import random_batch

WIDTHS = [1, 2, 7, 8, 9, 10, 15, 16, 17, 21, 23, 24, 25, 32, 33]


def results(crf, scores, gold, allowed=None):
    losses, gradient = crf.loss(scores, gold, allowed)
    marginals, path = crf.marginals(scores, allowed)[1].emissions, crf.best_path(scores, allowed)
    return [losses, gradient.emissions, gradient.start, gradient.step, gradient.end, marginals, *path]


def a_path(scores):
    return numpy.eye(len(scores.start), dtype=bool)[reference.best_path(scores)[0]]


@pytest.mark.parametrize("n_tags", WIDTHS)
def test_all_allowed_is_none(compiled, n_tags):
    """Without a mask, emissions are read by the vector."""
    scores = random_batch([3, 1, 0, 30, 2], n_tags, seed=n_tags)
    gold = a_path(scores)
    got, expected = (results(compiled, scores, gold, mask) for mask in (None, gold | True))
    for one, other in zip(got, expected):
        assert_array_equal(one, other)


@pytest.mark.parametrize("n_tags", WIDTHS)
def test_nothing_is_read_beyond_the_emissions(compiled, n_tags):
    scores = random_batch([2, 9, 1], n_tags, seed=n_tags)
    room = numpy.full(scores.emissions.size + 64, numpy.nan, dtype="float32")
    room[: scores.emissions.size] = scores.emissions.ravel()
    inside = replace(scores, emissions=room[: scores.emissions.size].reshape(scores.emissions.shape))
    gold = a_path(scores)
    for got, expected in zip(results(compiled, inside, gold), results(compiled, scores, gold)):
        assert_array_equal(got, expected)


@pytest.mark.parametrize("n_tags", [2, 9, 21, 30])
@pytest.mark.parametrize("size", [200.0, 1e3, 1e6])
def test_log_space_among_probabilities(compiled, n_tags, size):
    """Sequences of any length, of which every third has scores too far apart for probabilities."""
    lengths = [5, 2, 40, 1, 1, 17, 0, 3, 70]
    scores = random_batch(lengths, n_tags, seed=n_tags)
    sequence = numpy.repeat(numpy.arange(len(lengths)), lengths)
    scores.emissions[sequence % 3 == 2] *= numpy.float32(size)
    gold = a_path(scores)
    losses, gradient = compiled.loss(scores, gold)
    alone = [compiled.loss(*one) for one in oracle.sequences(scores, gold)]
    assert_array_equal(losses, numpy.concatenate([part[0] for part in alone]))
    assert_array_equal(gradient.emissions, numpy.concatenate([part[1].emissions for part in alone]))
    expected_losses, expected = reference.loss(scores, gold)
    assert_allclose(losses, expected_losses, rtol=1e-9, atol=1e-7)
    for name in ("emissions", "start", "step", "end"):
        assert_allclose(getattr(gradient, name), getattr(expected, name), rtol=1e-5, atol=1e-7)


def test_used_memory(compiled):
    """A thread keeps the memory of long sequences, and what is in it."""
    sizes = (21, 900, 1.0), (9, 1500, 300.0), (30, 700, 1.0)
    cases = [random_batch([length], n_tags, scale) for n_tags, length, scale in sizes]
    gold = [a_path(scores) for scores in cases]
    first = [results(compiled, *case) for case in zip(cases, gold)]
    for case in (2, 0, 1, 0, 2, 1):
        for got, expected in zip(results(compiled, cases[case], gold[case]), first[case]):
            assert_array_equal(got, expected)
