"""What must hold of the spans above a threshold; see also test_enumeration.py."""
import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from spacy_bio_crf.crf import reference
from spacy_bio_crf.tags.schemes import SCHEMES

from .strategies import scheme_batch, uniform


def every_span(lengths, n_labels):
    stops = numpy.cumsum(lengths)
    tokens = [(s, e) for n, stop in zip(lengths, stops) for s in range(stop - n, stop) for e in range(s + 1, stop + 1)]
    return numpy.array([(*span, label) for span in tokens for label in range(n_labels)])


@pytest.mark.parametrize("scale", [1.0, 5.0, 200.0, 1e6])
@pytest.mark.parametrize("threshold", [1e-9, 0.02, 0.5, 0.99])
def test_finds_each_span_that_is_likely(compiled, scale, threshold):
    lengths = [25, 0, 1, 12]
    scores, tags = scheme_batch("BIO", lengths, 3, scale)
    spans = every_span(lengths, 3)
    probabilities = compiled.span_probabilities(scores, spans, tags.label_ids, tags.joins)
    got, likelihoods = compiled.likely_spans(scores, threshold, tags.label_ids, tags.joins)
    assert_array_equal(got, spans[probabilities >= threshold])
    assert_array_equal(likelihoods, probabilities[probabilities >= threshold])


@pytest.mark.parametrize("scale", [1.0, 1e3])
@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_like_the_reference(fast, scheme, scale):
    scores, tags = scheme_batch(scheme, [9, 3], 5, scale)
    allowed = numpy.random.default_rng(0).random(scores.emissions.shape) < 0.8
    allowed[:, 0] = True
    for mask in (None, allowed):
        got = fast.likely_spans(scores, 1e-4, tags.label_ids, tags.joins, mask)
        expected = reference.likely_spans(scores, 1e-4, tags.label_ids, tags.joins, mask)
        assert_array_equal(got[0], expected[0])
        assert_allclose(got[1], expected[1], rtol=1e-7)


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_the_expected_number_of_spans(crf, scheme):
    """As many as spans begin: at the first token, or by a step that does not join."""
    scores, tags = scheme_batch(scheme, [8, 0, 5, 1], 2)
    _, gradient = crf.marginals(scores)
    begins = gradient.start[1:].sum() + gradient.step[:, 1:][~tags.joins[:, 1:]].sum()
    spans, probabilities = crf.likely_spans(scores, 1e-300, tags.label_ids, tags.joins)
    assert_allclose(probabilities.sum(), begins, rtol=1e-6)
    assert len(spans) == 2 * (36 + 15 + 1) if scheme != "BIOES" else len(spans) > 0


@pytest.mark.parametrize("emission", [15.0, 1000.0])
def test_one_span_as_long_as_the_document(compiled, emission):
    n = 5000
    scores, joins = uniform(2, [n]), numpy.array([[False, False], [False, True]])
    scores.emissions[:, 1] = emission
    spans, probabilities = compiled.likely_spans(scores, 0.5, [-1, 7], joins)
    assert_array_equal(spans, [(0, n, 7)])
    assert_allclose(probabilities, (1 + numpy.exp(-emission)) ** -n)
    assert_allclose(compiled.span_probabilities(scores, [(0, n, 7)], [-1, 7], joins), probabilities)


@pytest.mark.parametrize("scale", [1.0, 1e6])
def test_a_hundred_thousand_tokens(compiled, scale):
    scores, tags = scheme_batch("BIO", [100_000], 4, scale)
    spans, probabilities = compiled.likely_spans(scores, 0.5, tags.label_ids, tags.joins)
    assert len(spans) > 1000 and (probabilities >= 0.5).all() and (probabilities < 1 + 1e-9).all()
    assert (spans[1:, 0] >= spans[:-1, 1]).all()  # two that overlap cannot both be more likely than not
    if scale > 1:
        best = tags.spans(compiled.best_path(scores)[0])
        common = set(map(tuple, best.tolist())) & set(map(tuple, spans.tolist()))
        assert len(common) > 0.99 * max(len(best), len(spans))


def test_none(crf):
    joins = numpy.zeros((3, 3), dtype=bool)
    for scores, labels in ((uniform(3, []), [-1, 0, 0]), (uniform(3, [0, 0]), [-1, 0, 0]), (uniform(3, [4]), [-1, -1, -1])):
        spans, probabilities = crf.likely_spans(scores, 0.5, labels, joins)
        assert spans.shape == (0, 3) and spans.dtype == "int64" and probabilities.shape == (0,)


def test_a_label_without_tags_has_no_spans(crf):
    assert crf.span_probabilities(uniform(3, [2]), [(0, 1, 5)], [-1, 0, 0], numpy.zeros((3, 3), dtype=bool)) == 0
