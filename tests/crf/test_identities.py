"""What must hold of any exact chain, as published suites state it (pytorch-crf, AllenNLP, torch-struct, TensorFlow Addons,
pytorch-partial-tagger), with our own numbers."""
from itertools import product

import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from spacy_bio_crf.types import ChainScores

from .strategies import random_batch, uniform


@pytest.mark.parametrize("n_tags, length", [(1, 1), (1, 5), (3, 1), (3, 4), (20, 50)])
def test_zero_scores_count_the_paths(crf, n_tags, length):
    scores = uniform(n_tags, [length])
    assert_allclose(crf.log_partition(scores), [length * numpy.log(n_tags)], rtol=1e-12, atol=1e-12)
    _, gradient = crf.marginals(scores)
    assert_allclose(gradient.emissions, 1 / n_tags, rtol=1e-6)
    assert_allclose(gradient.step, (length - 1) / n_tags**2, rtol=1e-6)


def test_the_probabilities_of_all_sequences_sum_to_one(crf):
    scores = random_batch([4], 3, scale=2.0)
    log_z = crf.log_partition(scores)
    assert_allclose(sum(numpy.exp(crf.path_score(scores, tags) - log_z) for tags in product(range(3), repeat=4)), 1.0)


def test_marginals_sum_to_one_and_agree_with_each_other(crf):
    scores = random_batch([6, 1, 9], 4, scale=3.0)
    _, gradient = crf.marginals(scores)
    assert_allclose(gradient.emissions.sum(axis=1), 1.0, rtol=1e-6)
    assert_allclose(gradient.start, gradient.emissions[[0, 6, 7]].sum(axis=0), rtol=1e-6)
    assert_allclose(gradient.end, gradient.emissions[[5, 6, 15]].sum(axis=0), rtol=1e-6)
    not_first = numpy.delete(gradient.emissions, [0, 6, 7], axis=0)
    assert_allclose(gradient.step.sum(axis=0), not_first.sum(axis=0), rtol=1e-6)


def test_one_gold_path_is_the_ordinary_likelihood(crf):
    scores, tags = random_batch([5, 3], 4, legal=1.0), numpy.array([0, 3, 1, 1, 2, 2, 0, 3])
    losses, gradient = crf.loss(scores, numpy.eye(4, dtype=bool)[tags])
    assert_allclose(losses, crf.log_partition(scores) - crf.path_score(scores, tags))
    expected = crf.marginals(scores)[1].step - numpy.bincount(
        numpy.delete(tags[:-1] * 4 + tags[1:], 4), minlength=16
    ).reshape(4, 4)
    assert_allclose(gradient.step, expected, atol=1e-6)


@pytest.mark.parametrize("scale", [1.0, 1e6])
def test_gold_that_says_nothing_costs_nothing(crf, scale):
    scores = random_batch([5, 3, 0], 4, scale, legal=0.4)
    for allowed in (None, numpy.random.default_rng(0).random((8, 4)) < 0.4):
        losses, gradient = crf.loss(scores, numpy.ones((8, 4), dtype=bool), allowed)
        for zero in (losses, gradient.emissions, gradient.start, gradient.step, gradient.end):
            assert (zero == 0).all()


def test_candidate_sets_add_up(crf):
    """The likelihood of a set of tags is the sum of the likelihoods of its members."""
    scores, gold = random_batch([3], 4, legal=1.0), numpy.zeros((3, 4), dtype=bool)
    gold[0, [0, 2]] = gold[1, 1] = gold[2, [1, 2, 3]] = True
    members = [crf.loss(scores, numpy.eye(4, dtype=bool)[[a, 1, b]])[0] for a in (0, 2) for b in (1, 2, 3)]
    assert_allclose(numpy.exp(-crf.loss(scores, gold)[0]), numpy.exp(-numpy.array(members)).sum())


def test_not_allowed_is_as_good_as_absent(crf):
    """A tag that no row allows, and a chain without that tag, are the same."""
    scores = random_batch([6], 4, legal=1.0)
    allowed, kept = numpy.ones((6, 4), dtype=bool), [0, 1, 3]
    allowed[:, 2] = False
    without = ChainScores(
        scores.emissions[:, kept], scores.lengths, scores.start[kept], scores.step[numpy.ix_(kept, kept)], scores.end[kept],
        uniform(3, [6]).constraints,
    )
    (log_z, gradient), (expected_log_z, expected) = crf.marginals(scores, allowed), crf.marginals(without)
    assert_allclose(log_z, expected_log_z)
    assert_allclose(gradient.emissions[:, kept], expected.emissions, rtol=1e-6)
    assert_allclose(gradient.step[numpy.ix_(kept, kept)], expected.step, rtol=1e-6)


def test_known_evidence_is_kept(crf):
    scores, allowed = random_batch([6], 4, scale=3.0, legal=1.0), numpy.ones((6, 4), dtype=bool)
    allowed[2] = numpy.arange(4) == 3
    allowed[4] = numpy.arange(4) == 0
    tags, _ = crf.best_path(scores, allowed)
    assert tags[2] == 3 and tags[4] == 0


def test_k_best(crf):
    scores = random_batch([5, 1], 3)
    paths, best = crf.k_best(scores, 30)
    tags, score = crf.best_path(scores)
    assert_array_equal(paths[0], tags)
    assert_array_equal(best[0], score)
    assert (numpy.diff(best[:, 0]) <= 0).all()
    assert len({tuple(path) for path in paths[:, :5]}) == 30
    assert numpy.exp(best[:, 0] - crf.log_partition(scores)[0]).sum() <= 1.0
    assert (paths[3:, 5] == -1).all() and (best[3:, 1] == -numpy.inf).all()
    for path, path_best in zip(paths[:3], best[:3]):
        assert_array_equal(crf.path_score(scores, path), path_best)


def test_every_gradient_is_the_slope_of_the_loss(crf):
    scores, rng = random_batch([4, 2], 3, legal=0.9), numpy.random.default_rng(3)
    gold = rng.random((6, 3)) < 0.5
    gold[:, 0] = True
    _, gradient = crf.loss(scores, gold)
    for name in ("emissions", "start", "step", "end"):
        values, slopes = getattr(scores, name), getattr(gradient, name)
        for index in numpy.ndindex(values.shape):
            before, sides = values[index], []
            for h in (0.002, -0.002):
                values[index] = before + numpy.float32(h)
                sides.append((values[index], crf.loss(scores, gold)[0].sum()))
            values[index] = before
            (x1, y1), (x0, y0) = sides
            assert_allclose(slopes[index], (y1 - y0) / (float(x1) - float(x0)), atol=1e-5, err_msg=f"{name}{index}")


@pytest.mark.parametrize("lengths", [[], [0], [0, 0, 0]])
def test_nothing_at_all(crf, lengths):
    scores = uniform(3, lengths)
    mask = numpy.ones((0, 3), dtype=bool)
    assert_array_equal(crf.log_partition(scores), numpy.zeros(len(lengths)))
    assert_array_equal(crf.loss(scores, mask, mask)[0], numpy.zeros(len(lengths)))
    assert crf.best_path(scores)[0].shape == (0,)
    paths, best = crf.k_best(scores, 2)
    assert paths.shape == (2, 0)
    assert_array_equal(best, numpy.array([[0.0], [-numpy.inf]]).repeat(len(lengths), axis=1))
    assert crf.span_probabilities(scores, [], [-1, 0, 0], numpy.eye(3, dtype=bool)).shape == (0,)


def test_two_tokens_keep_both(crf):
    """A best path of two tags comes back as both of them."""
    scores = uniform(3, [2])
    scores.emissions[0, 1] = scores.emissions[1, 2] = 1.0
    assert_array_equal(crf.best_path(scores)[0], [1, 2])


def test_equals_go_to_the_lowest_tag_from_the_end(crf):
    scores = uniform(3, [3])
    assert_array_equal(crf.best_path(scores)[0], [0, 0, 0])
    scores.step[2, 0] = scores.step[0, 1] = 1.0  # 2 0 1 scores 2; then come many of score 1
    assert_array_equal(crf.k_best(scores, 4)[0], [[2, 0, 1], [2, 0, 0], [0, 1, 0], [0, 2, 0]])


def test_same_label_neighbours_are_two_spans(crf):
    """O, B, I over two tokens, all equally likely: the paths are OO, OB, BO, BB, BI."""
    scores = uniform(3, [2])
    scores.constraints.start[2] = scores.constraints.step[0, 2] = False
    joins = numpy.zeros((3, 3), dtype=bool)
    joins[1:, 2] = True
    spans = [(0, 2, 0), (0, 1, 0), (1, 2, 0)]
    assert_allclose(crf.span_probabilities(scores, spans, [-1, 0, 0], joins), [1 / 5, 2 / 5, 2 / 5])
