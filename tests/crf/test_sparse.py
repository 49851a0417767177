"""Tags that are the states of a product automaton: many, with few legal steps, which lie in blocks."""
import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from spacy_bio_crf.crf import reference
from spacy_bio_crf.types import Constraints

from .strategies import random_batch, scheme_batch

FIELDS = ("emissions", "start", "step", "end")


def at_most_once(n_labels, n_once, lengths, scale):
    """BIO, where each of the first labels comes once at most. States are sorted by the set of those that came, and the tag;
    label_ids and joins are those of the tags."""
    _, tags = scheme_batch("BIO", [1], n_labels)
    n_tags, n_sets = len(tags), 2**n_once
    may = Constraints(
        numpy.zeros((n_sets, n_tags), bool), numpy.zeros((n_sets, n_tags, n_sets, n_tags), bool), tags.constraints.end
    )
    begins = tags.constraints.start & (tags.label_ids >= 0)
    for j in range(n_tags):
        once = begins[j] and tags.label_ids[j] < n_once
        for before in range(n_sets):
            if once and before >> tags.label_ids[j] & 1:
                continue
            after = before | 1 << tags.label_ids[j] if once else before
            may.step[before, :, after, j] = tags.constraints.step[:, j]
            if before == 0:
                may.start[after, j] = tags.constraints.start[j]
    n_states = n_sets * n_tags
    scores = random_batch(lengths, n_states, scale, seed=n_states)
    scores.constraints = Constraints(
        may.start.ravel(), may.step.reshape(n_states, n_states), numpy.tile(may.end, n_sets)
    )
    return scores, numpy.tile(tags.label_ids, n_sets), numpy.tile(tags.joins, (n_sets, n_sets))


def in_blocks(n_tags, lengths, scale, seed):
    """Tiles of any size, in any place, and here and there a step by itself."""
    scores, rng = random_batch(lengths, n_tags, scale, seed), numpy.random.default_rng(seed)
    step = rng.random((n_tags, n_tags)) < 0.3 / n_tags
    for _ in range(6):
        (i, j), (height, width) = rng.integers(n_tags, size=2), rng.integers(1, 30, size=2)
        step[i : i + height, j : j + width] = True
    step[numpy.arange(n_tags), rng.permutation(n_tags)] = True
    scores.constraints = scores.constraints._replace(step=step)
    return scores, rng.integers(-1, 3, size=n_tags), rng.random((n_tags, n_tags)) < 0.4


CASES = {
    "once": lambda scale: at_most_once(4, 3, [6, 0, 1, 9], scale),
    "once, many": lambda scale: at_most_once(25, 2, [4], scale),
    **{f"blocks {n}": lambda scale, n=n: in_blocks(n, [7, 2, 1], scale, n) for n in (30, 41, 64, 103, 150)},
}


@pytest.mark.parametrize("scale", [1.0, 1e3])
@pytest.mark.parametrize("case", CASES)
def test_like_the_reference(fast, case, scale):
    scores, labels, joins = CASES[case](scale)
    allowed = numpy.random.default_rng(0).random(scores.emissions.shape) < 0.9
    for mask in (None, allowed):
        assert_array_equal(fast.best_path(scores, mask)[0], reference.best_path(scores, mask)[0])
        assert_array_equal(fast.sample(scores, 2, 0, mask), reference.sample(scores, 2, 0, mask))
        assert_allclose(fast.entropy(scores, mask), reference.entropy(scores, mask), rtol=1e-7, atol=1e-7)
        got, expected = fast.marginals(scores, mask), reference.marginals(scores, mask)
        assert_allclose(got[0], expected[0], rtol=1e-9)
        for name in FIELDS:
            assert_allclose(getattr(got[1], name), getattr(expected[1], name), rtol=1e-6, atol=1e-9, err_msg=name)
        values = scores.emissions / numpy.float32(scale)
        got, expected = (backend.expected_value(scores, values, mask) for backend in (fast, reference))
        assert_allclose(got[0], expected[0], rtol=1e-7, atol=1e-7)
        for name in FIELDS:
            assert_allclose(getattr(got[1], name), getattr(expected[1], name), rtol=1e-5, atol=1e-6, err_msg=name)
    for got, expected in zip(fast.k_best(scores, 3), reference.k_best(scores, 3)):
        assert_array_equal(got, expected)


@pytest.mark.parametrize("scale", [1.0, 1e3])
@pytest.mark.parametrize("case", CASES)
def test_loss_like_the_reference(fast, case, scale):
    scores, _, _ = CASES[case](scale)
    gold = numpy.eye(len(scores.start), dtype=bool)[reference.best_path(scores)[0]]
    some = gold | (numpy.random.default_rng(0).random(gold.shape) < 0.3)
    for mask in (gold, some):
        got, expected = fast.loss(scores, mask), reference.loss(scores, mask)
        assert_allclose(got[0], expected[0], rtol=1e-9, atol=1e-9)
        for name in FIELDS:
            assert_allclose(getattr(got[1], name), getattr(expected[1], name), rtol=1e-6, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("scale", [1.0, 1e3])
@pytest.mark.parametrize("case", CASES)
def test_spans_like_the_reference(fast, case, scale):
    scores, labels, joins = CASES[case](scale)
    n = scores.lengths[0]
    spans = [
        (s, e, label) for s in range(n) for e in range(s + 1, min(n, s + 3) + 1) for label in range(labels.max() + 1)
    ]
    got = fast.span_probabilities(scores, spans, labels, joins)
    assert_allclose(got, reference.span_probabilities(scores, spans, labels, joins), rtol=1e-7, atol=1e-12)
    found, probabilities = fast.likely_spans(scores, 0.05, labels, joins)
    likely = {span: p for span, p in zip(spans, got) if p >= 0.05}
    kept = found[:, 1] - found[:, 0] <= 3
    assert likely == {tuple(span): p for span, p in zip(found[kept], probabilities[kept]) if span[1] <= n}


def test_no_step_at_all(fast):
    scores = random_batch([1, 1, 0], 40)
    scores.constraints.step[:] = False
    for got, expected in zip(fast.best_path(scores), reference.best_path(scores)):
        assert_array_equal(got, expected)
    assert_allclose(fast.log_partition(scores), reference.log_partition(scores), rtol=1e-12)
    assert not fast.marginals(scores)[1].step.any()
    scores.lengths = numpy.array([2])
    assert_array_equal(fast.log_partition(scores), [-numpy.inf])


@pytest.mark.parametrize("n_labels", [6, 14])
def test_spans_that_only_the_last_tags_may_be_followed_by(fast, n_labels):
    """The tiles of the steps into spans, and out of them, begin far below the first row."""
    scores, tags = scheme_batch("BIO", [4, 9, 1], n_labels, seed=n_labels)
    boundaries = ~tags.joins & (tags.label_ids >= 0)
    step = scores.constraints.step.copy()
    step[:-2] &= ~boundaries[:-2]
    scores.constraints = Constraints(scores.constraints.start, step, scores.constraints.end)
    spans = numpy.array(
        [[start, end, label] for label in range(n_labels) for start in range(4) for end in range(start + 1, 5)]
    )
    expected = reference.span_probabilities(scores, spans, tags.label_ids, tags.joins)
    assert_allclose(fast.span_probabilities(scores, spans, tags.label_ids, tags.joins), expected, atol=1e-7)
