"""Many tags and long sequences: the compiled backend and torch against the reference."""
import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from spacy_bio_crf.crf import reference

from .strategies import bio_batch, random_batch, uniform


@pytest.mark.parametrize(
    "n_tags, lengths",
    [(1, [3, 0, 70]), (2, [1, 130]), (7, [64, 65, 66]), (8, [300]), (9, [2, 129]), (15, [40]), (16, [40]), (17, [0, 33]),
     (24, [31]), (25, [31]), (33, [20]), (50, [1, 2, 30]), (200, [9]), (1000, [5])],
)  # fmt: skip
def test_like_the_reference(fast, n_tags, lengths):
    scores = random_batch(lengths, n_tags, scale=2.0, seed=n_tags)
    rng = numpy.random.default_rng(n_tags)
    allowed = rng.random(scores.emissions.shape) < 0.8
    allowed[:, 0] = True
    tags, best = fast.best_path(scores, allowed)
    expected_tags, expected_best = reference.best_path(scores, allowed)
    assert_array_equal(tags, expected_tags)
    assert_array_equal(best, expected_best)
    if n_tags < 100:
        for got, expected in zip(fast.k_best(scores, 3, allowed), reference.k_best(scores, 3, allowed)):
            assert_array_equal(got, expected)
    gold = numpy.eye(n_tags, dtype=bool)[tags]
    some = gold | (rng.random(gold.shape) < 0.3)
    for got, expected in (
        (fast.marginals(scores), reference.marginals(scores)),
        (fast.loss(scores, gold), reference.loss(scores, gold)),
        (fast.loss(scores, some, allowed), reference.loss(scores, some, allowed)),
    ):
        assert_allclose(got[0], expected[0], rtol=1e-9, atol=1e-9)
        for name in ("emissions", "start", "step", "end"):
            assert_allclose(getattr(got[1], name), getattr(expected[1], name), rtol=1e-6, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("scale", [1.0, 1e3])
def test_span_probabilities_like_the_reference(fast, scale):
    scores = bio_batch([40, 0, 25], n_labels=3, scale=scale)
    labels, joins = numpy.array([-1, 0, 0, 1, 1, 2, 2]), numpy.zeros((7, 7), dtype=bool)
    for inside in (2, 4, 6):
        joins[inside - 1 : inside + 1, inside] = True
    tokens = [(start, end) for start in (0, 7, 39, 40, 60) for end in (start + 1, start + 3) if not start < 40 < end]
    spans = [(*span, label) for span in tokens for label in range(3)]
    got = fast.span_probabilities(scores, spans, labels, joins)
    assert_allclose(got, reference.span_probabilities(scores, spans, labels, joins), rtol=1e-7, atol=1e-12)
    assert got.max() > 0.01


@pytest.mark.parametrize("scale", [1.0, 1e6])
def test_a_hundred_thousand_tokens(compiled, scale):
    n = 100_000
    scores = bio_batch([n], n_labels=4, scale=scale)
    tags, best = compiled.best_path(scores)
    assert_allclose(compiled.path_score(scores, tags), best)
    assert scores.constraints.step[tags[:-1], tags[1:]].all()
    losses, gradient = compiled.loss(scores, numpy.eye(9, dtype=bool)[tags])
    assert numpy.isfinite(losses).all() and losses[0] >= -1e-4
    assert_allclose(gradient.emissions.sum(axis=1), 0.0, atol=1e-6)
    assert_allclose(gradient.step.sum(), 0.0, atol=1e-2)
    log_z, gradient = compiled.marginals(scores)
    assert log_z >= best
    assert_allclose(gradient.step.sum(), n - 1, rtol=1e-6)


def test_a_hundred_thousand_tokens_count_their_paths(compiled):
    assert_allclose(compiled.log_partition(uniform(6, [100_000])), [100_000 * numpy.log(6)], rtol=1e-12)
