"""Spans known to be wrong, against all paths that do without them."""
import re
from unittest.mock import patch

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from spacy_bio_crf import crf
from spacy_bio_crf.learning import ANY_LABEL, negative, negative_loss
from spacy_bio_crf.types import ChainScores, Constraints

from ..crf import oracle
from ..crf.strategies import bio_batch, scheme_batch
from .cases import TOLD_BY_LETTERS, assert_losses, assert_one_by_one, cases, no_slope, some_examples

BIO_CONTINUES = numpy.array([False, False, True])


def continues(tags):
    return numpy.array([name != "O" and tags.scheme.continues(name[0]) for name in tags.names])


def spans_of(case, count):
    """Spans of any sequence, in any order, some twice, some of any label."""
    firsts = numpy.cumsum(case.scores.lengths) - case.scores.lengths
    spans = []
    for b in numpy.flatnonzero(case.scores.lengths):
        for _ in range(count):
            start, end = sorted(case.rng.choice(case.scores.lengths[b] + 1, size=2, replace=False))
            label = case.rng.integers(-1, max(1, len(case.tags.labels)))
            spans.append((firsts[b] + start, firsts[b] + end, label))
    return case.rng.permutation(numpy.array(spans, dtype="int64").reshape(-1, 3))


def holds(path, span, tags):
    start, end, label = span
    found = oracle.spans_of(path, tags.label_ids, tags.joins)
    return any((start, end) == other[:2] and label in (ANY_LABEL, other[2]) for other in found)


def enumerated(one, paths, spans, weights, tags):
    """Loss and gradient of one sequence, or None for a span that is in every path."""
    loss, slope = 0.0, no_slope(one)
    for span, weight in zip(spans, weights):
        if not weight:
            continue
        others = [(score, path) for score, path in paths if not holds(path, span, tags)]
        if not others:
            return None
        loss += weight * (oracle.log_z(paths) - oracle.log_z(others))
        slope = slope.plus(weight, oracle.expectations(one, paths)).plus(-weight, oracle.expectations(one, others))
    return loss, slope


def of_sequences(case, spans, weights):
    """Each sequence's spans, counted from its own first token, and their weights."""
    stops = numpy.cumsum(case.scores.lengths)
    for length, stop in zip(case.scores.lengths, stops):
        mine = (spans[:, 0] >= stop - length) & (spans[:, 0] < stop)
        yield spans[mine] - [stop - length, stop - length, 0], weights[mine]


@some_examples
@given(
    case=cases(schemes=TOLD_BY_LETTERS),
    count=st.integers(0, 3),
    values=st.sampled_from([None, [2.5], [0.0, 1.0], [0.25, 3.0, 1.0]]),
    cells=st.sampled_from([1, 50, 2**20]),
)
def test_like_enumeration(case, count, values, cells):
    """However few copies of sequences are held at once."""
    spans = spans_of(case, count)
    weights = case.rng.choice(values or [1.0], size=len(spans))
    parts = [enumerated(*part, *own, case.tags) for part, own in zip(case.parts(), of_sequences(case, spans, weights))]
    args = case.scores, spans, case.tags.label_ids, continues(case.tags), case.allowed, weights if values else None
    with patch.object(negative, "MAX_CELLS", cells):
        if None in parts:
            with pytest.raises(ValueError, match="E703"):
                negative_loss(*args)
            return
        got = negative_loss(*args)
    assert_losses(got, [loss for loss, _ in parts], [slope for _, slope in parts], case)


@some_examples
@given(case=cases(schemes=TOLD_BY_LETTERS))
def test_one_by_one(case):
    spans, rules = spans_of(case, 2), (case.tags.label_ids, continues(case.tags))
    weights = case.rng.choice([0.5, 1.0], size=len(spans))
    try:
        got = negative_loss(case.scores, spans, *rules, case.allowed, weights)
    except ValueError:
        return
    pairs = zip(case.sequences(), of_sequences(case, spans, weights))
    assert_one_by_one(got, [negative_loss(one, own, *rules, mask, weight) for (one, mask), (own, weight) in pairs])


@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=4), seed=st.integers(0, 99), cells=st.integers(1, 400))
def test_memory_is_bounded(lengths, seed, cells):
    """No more cells at once than there may be, unless they are of one span; and no span is left out."""
    scores = bio_batch(lengths, 1)
    rng, stops = numpy.random.default_rng(seed), numpy.cumsum(lengths)
    rows = rng.integers(stops[-1], size=20)
    spans = numpy.stack((rows, rows + 1, numpy.zeros(20, dtype=int)), axis=1)
    held, loss = [], crf.loss

    def watched(chain, *masks):
        held.append(chain)
        return loss(chain, *masks)

    with patch.object(negative, "MAX_CELLS", cells), patch.object(crf, "loss", watched):
        negative_loss(scores, spans, numpy.array([-1, 0, 0]), BIO_CONTINUES, weights=rng.choice([1.0, 2.0], size=20))
    assert all(chain.emissions.size <= cells or len(chain.lengths) == 1 for chain in held)
    assert sum(len(chain.lengths) for chain in held) == 20


@pytest.mark.parametrize("scheme", TOLD_BY_LETTERS)
def test_like_the_probabilities_of_spans(scheme):
    scores, tags = scheme_batch(scheme, [12, 0, 7], 3)
    spans = numpy.array([(0, 1, 2), (3, 6, 0), (0, 12, 1), (12, 14, 1), (18, 19, 2)])
    probabilities = crf.span_probabilities(scores, spans, tags.label_ids, tags.joins)
    losses, _ = negative_loss(scores, spans, tags.label_ids, continues(tags))
    assert_allclose(losses, [-numpy.log1p(-probabilities[:3]).sum(), 0, -numpy.log1p(-probabilities[3:]).sum()], rtol=1e-6)


@pytest.mark.parametrize("gap", [1.0, 40.0, 1e3, 1e6])
def test_a_span_that_is_almost_certain(gap):
    """Its probability is 1 in float64, but what is left of it is exp(-gap); and all of the gradient flows to that."""
    scores, tags = scheme_batch("BIO", [3], 1, scale=0.0)
    scores.emissions[[0, 1, 2], [0, 1, 2]] = numpy.float32(gap)
    losses, gradient = negative_loss(scores, [(1, 3, 0)], tags.label_ids, BIO_CONTINUES)
    paths = oracle.legal_paths(scores)
    others = [(score, path) for score, path in paths if not holds(path, (1, 3, 0), tags)]
    assert_allclose(losses, [oracle.log_z(paths) - oracle.log_z(others)], rtol=1e-9)
    expected = oracle.expectations(scores, paths)[0] - oracle.expectations(scores, others)[0]
    assert_allclose(gradient.emissions, expected, rtol=1e-5, atol=1e-7)


def test_a_span_that_cannot_be_costs_nothing():
    """Forbidden by `allowed`, by a label without tags, or by the constraints."""
    scores, allowed = bio_batch([3], 1), numpy.ones((3, 3), dtype=bool)
    allowed[1, 1] = False
    label_ids = numpy.array([-1, 0, 0])
    closed = bio_batch([3], 1)
    closed.constraints.step[:, 1] = closed.constraints.start[1] = False
    for chain, span, mask in ((scores, (1, 2, 0), allowed), (scores, (0, 2, 5), None), (closed, (0, 1, 0), None)):
        losses, gradient = negative_loss(chain, [span], label_ids, BIO_CONTINUES, mask)
        assert_allclose(losses, [0.0], atol=1e-12)
        assert_allclose(gradient.emissions, 0.0, atol=1e-7)


def test_any_label_is_each_label():
    """The losses of two labels are not their sum, but their probabilities are."""
    scores, tags = scheme_batch("BIO", [4], 2)
    of = lambda label: numpy.exp(-negative_loss(scores, [(1, 3, label)], tags.label_ids, continues(tags))[0])
    assert_allclose(1 - of(ANY_LABEL), (1 - of(0)) + (1 - of(1)), rtol=1e-9)


def test_tags_with_a_memory():
    """States (tag, whether a span was seen) of an automaton: the span is wrong in either state."""
    plain = bio_batch([4], 1)
    seen_by = numpy.array([[0, 1, 1], [1, 1, 1]])  # memory before, tag -> memory after
    memory, tag = numpy.divmod(numpy.arange(6), 3)
    follows = memory[None, :] == seen_by[memory[:, None], tag[None, :]]
    may, steps = plain.constraints, numpy.ix_(tag, tag)
    constraints = Constraints(may.start[tag] & (memory == seen_by[0, tag]), may.step[steps] & follows, may.end[tag])
    product = ChainScores(
        plain.emissions[:, tag], plain.lengths, plain.start[tag], plain.step[steps], plain.end[tag], constraints
    )
    label_ids, spans = numpy.array([-1, 0, 0]), [(0, 2, 0), (2, 3, 0)]
    losses, gradient = negative_loss(plain, spans, label_ids, BIO_CONTINUES)
    got, got_gradient = negative_loss(product, spans, label_ids[tag], BIO_CONTINUES[tag])
    assert_allclose(got, losses, rtol=1e-12)
    assert_allclose(got_gradient.emissions.reshape(4, 2, 3).sum(axis=1), gradient.emissions, atol=1e-6)


def test_no_spans():
    scores = bio_batch([2, 0], 1)
    losses, gradient = negative_loss(scores, [], numpy.array([-1, 0, 0]), BIO_CONTINUES)
    assert_array_equal(losses, [0.0, 0.0])
    assert (gradient.emissions == 0).all() and (gradient.step == 0).all()


def test_a_span_that_must_be():
    scores, allowed = bio_batch([2, 3], 1), numpy.ones((5, 3), dtype=bool)
    allowed[2:5] = numpy.eye(3, dtype=bool)[[1, 2, 0]]
    spans = [(0, 1, 0), (2, 4, 0), (3, 5, 0)]
    with pytest.raises(ValueError, match=re.escape("E703] Every legal tag sequence holds the span (2, 4, 0)")):
        negative_loss(scores, spans, numpy.array([-1, 0, 0]), BIO_CONTINUES, allowed)


@pytest.mark.parametrize("span", [(1, 1, 0), (1, 3, 0), (-1, 1, 0), (0, 1, -2)])
def test_spans_out_of_range(span):
    scores = bio_batch([2, 3], 1)
    with pytest.raises(ValueError, match=re.escape(f"E208] Span 1 is {span}")):
        negative_loss(scores, [(0, 1, 0), span], numpy.array([-1, 0, 0]), BIO_CONTINUES)
    with pytest.raises(ValueError, match="E201] Expected continues of dtype bool"):
        negative_loss(scores, [(0, 1, 0)], numpy.array([-1, 0, 0]), [False, False, True])
