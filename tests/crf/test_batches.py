"""A batch is its sequences one by one, bit for bit, whatever their order and company."""
from dataclasses import replace

import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from spacy_bio_crf.types import ChainScores

from . import oracle
from .strategies import random_batch

LENGTHS = [3, 0, 1, 17, 2, 0, 9, 70, 5, 1]


def case(scale):
    scores = random_batch(LENGTHS, 5, scale, seed=1)
    rng = numpy.random.default_rng(2)
    allowed = rng.random(scores.emissions.shape) < 0.8
    gold = allowed & (rng.random(allowed.shape) < 0.6)
    allowed[:, 0] = gold[:, 0] = True
    return scores, gold, allowed


def reordered(order, scores, *masks):
    stops = numpy.cumsum(scores.lengths)
    rows = numpy.concatenate([numpy.arange(stops[b] - scores.lengths[b], stops[b]) for b in order])
    changed = replace(scores, emissions=scores.emissions[rows], lengths=scores.lengths[order])
    return rows, changed, [mask[rows] for mask in masks]


@pytest.mark.parametrize("scale", [1.0, 1e3])
def test_one_by_one(crf, scale):
    scores, gold, allowed = case(scale)
    ones = list(oracle.sequences(scores, gold, allowed))
    losses, gradient = crf.loss(scores, gold, allowed)
    alone = [crf.loss(*one) for one in ones]
    assert_array_equal(losses, numpy.concatenate([part[0] for part in alone]))
    assert_array_equal(gradient.emissions, numpy.concatenate([part[1].emissions for part in alone]))
    for name in ("start", "step", "end"):
        added = sum(getattr(part[1], name).astype("float64") for part in alone)
        assert_allclose(getattr(gradient, name), added, rtol=1e-6, atol=1e-6)
    assert_array_equal(crf.log_partition(scores), numpy.concatenate([crf.log_partition(one) for one, _, _ in ones]))
    for got, parts in zip(crf.best_path(scores), zip(*(crf.best_path(one) for one, _, _ in ones))):
        assert_array_equal(got, numpy.concatenate(parts))
    for got, parts in zip(crf.k_best(scores, 4), zip(*(crf.k_best(one, 4) for one, _, _ in ones))):
        assert_array_equal(got, numpy.concatenate(parts, axis=1))


@pytest.mark.parametrize("scale", [1.0, 1e3])
def test_any_order(crf, scale):
    scores, gold, allowed = case(scale)
    expected, expected_gradient = crf.loss(scores, gold, allowed)
    _, expected_marginals = crf.marginals(scores)
    for seed in range(20):
        order = numpy.random.default_rng(seed).permutation(len(LENGTHS))
        rows, changed, masks = reordered(order, scores, gold, allowed)
        got, gradient = crf.loss(changed, *masks)
        assert_array_equal(got, expected[order])
        for found, wanted in ((gradient, expected_gradient), (crf.marginals(changed)[1], expected_marginals)):
            assert_array_equal(found.emissions, wanted.emissions[rows])
            for name in ("start", "step", "end"):
                assert_array_equal(getattr(found, name), getattr(wanted, name))


def test_what_is_given_is_not_changed(crf):
    scores, gold, allowed = case(1.0)
    before = [x.copy() for x in (scores.emissions, scores.start, scores.step, scores.end, gold, allowed)]
    crf.loss(scores, gold, allowed), crf.marginals(scores, allowed), crf.best_path(scores, allowed), crf.k_best(scores, 2)
    for now, then in zip((scores.emissions, scores.start, scores.step, scores.end, gold, allowed), before):
        assert_array_equal(now, then)


def test_any_memory_layout(crf):
    scores, gold, allowed = case(1.0)
    expected = crf.loss(scores, gold, allowed)
    fortran = ChainScores(
        numpy.asfortranarray(scores.emissions), numpy.array(scores.lengths, "int32"), scores.start,
        numpy.asfortranarray(scores.step), scores.end, scores.constraints,
    )
    got = crf.loss(fortran, numpy.asfortranarray(gold), numpy.asfortranarray(allowed))
    assert_array_equal(got[0], expected[0])
    assert_array_equal(got[1].emissions, expected[1].emissions)
    assert_array_equal(got[1].step, expected[1].step)
