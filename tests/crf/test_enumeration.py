"""Every function against all paths written down, for any mask, any scale, any length."""
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from . import oracle
from .strategies import batches, many_examples, masked_batches, masks

CLOSE = {"rtol": 1e-6, "atol": 1e-8}
FIELDS = ("start", "step", "end")


def add_up(parts, scores):
    """The sequences' expectations, laid end to end or summed."""
    emissions = numpy.concatenate([part[0] for part in parts] or [numpy.zeros(scores.emissions.shape)])
    shared = [sum((part[i] for part in parts), numpy.zeros(getattr(scores, name).shape)) for i, name in enumerate(FIELDS, 1)]
    return emissions, *shared


def assert_gradient(gradient, parts, scores):
    for name, expected in zip(("emissions",) + FIELDS, add_up(parts, scores)):
        got = getattr(gradient, name)
        assert got.dtype == "float32"
        assert_allclose(got, expected, err_msg=name, **CLOSE)
    assert gradient.lengths is scores.lengths and gradient.constraints is scores.constraints


@many_examples
@given(case=masked_batches())
def test_log_partition_and_marginals(crf, case):
    scores, allowed = case
    paths = [oracle.legal_paths(*one) for one in oracle.sequences(scores, allowed)]
    log_z, gradient = crf.marginals(scores, allowed)
    assert log_z.dtype == "float64" and log_z.shape == scores.lengths.shape
    assert_allclose(log_z, [oracle.log_z(p) for p in paths], **CLOSE)
    assert_array_equal(crf.log_partition(scores, allowed), log_z)
    parts = [oracle.expectations(one, p) for (one,), p in zip(oracle.sequences(scores), paths)]
    assert_gradient(gradient, parts, scores)


@many_examples
@given(case=masked_batches(), data=st.data())
def test_loss(crf, case, data):
    scores, allowed = case
    one_hot = st.sampled_from(range(len(scores.start))).map(lambda j: numpy.arange(len(scores.start)) == j)
    rows = data.draw(st.sampled_from([masks(len(scores.start)), one_hot, st.just(numpy.ones(len(scores.start), "bool"))]))
    gold = numpy.array([data.draw(rows) for _ in scores.emissions], dtype="bool").reshape(scores.emissions.shape)
    losses, parts, broken = [], [], []
    for b, (one, one_gold, one_allowed) in enumerate(oracle.sequences(scores, gold, allowed)):
        all_paths = oracle.legal_paths(one, one_allowed)
        gold_paths = all_paths if one_gold.all() else oracle.legal_paths(one, one_allowed, one_gold)
        if not gold_paths and not one_gold.all():
            broken.append(b)
            continue
        losses.append(oracle.log_z(all_paths) - oracle.log_z(gold_paths) if gold_paths else 0.0)
        pairs = zip(oracle.expectations(one, all_paths), oracle.expectations(one, gold_paths))
        parts.append([every - good for every, good in pairs])
    if broken:
        with pytest.raises(ValueError, match=f"E205.* sequence {broken[0]} "):
            crf.loss(scores, gold, allowed)
        return
    got, gradient = crf.loss(scores, gold, allowed)
    assert got.dtype == "float64"
    assert_allclose(got, losses, **CLOSE)
    assert_gradient(gradient, parts, scores)


@many_examples
@given(case=masked_batches())
def test_entropy(crf, case):
    scores, allowed = case
    paths = [oracle.legal_paths(*one) for one in oracle.sequences(scores, allowed)]
    if not all(paths):
        with pytest.raises(ValueError, match=f"E204.*equence {[not p for p in paths].index(True)} "):
            crf.entropy(scores, allowed)
        return
    got = crf.entropy(scores, allowed)
    assert got.dtype == "float64" and got.shape == scores.lengths.shape
    assert (got >= 0).all()
    assert_allclose(got, [oracle.entropy(p) for p in paths], **CLOSE)


@many_examples
@given(case=masked_batches(), seed=st.integers(0, 100))
def test_sample(crf, case, seed):
    scores, allowed = case
    paths = [oracle.legal_paths(*one) for one in oracle.sequences(scores, allowed)]
    if not all(paths):
        with pytest.raises(ValueError, match=f"E204.*equence {[not p for p in paths].index(True)} "):
            crf.sample(scores, 3, seed, allowed)
        return
    got = crf.sample(scores, 3, seed, allowed)
    assert got.dtype == "int32" and got.shape == (3, len(scores.emissions))
    numbers = numpy.random.Generator(numpy.random.PCG64(seed)).random(got.shape)
    stop = 0
    for length, legal in zip(scores.lengths, paths):
        rows = slice(stop, stop := stop + length)
        for path, points in zip(got[:, rows], numbers[:, rows]):
            assert tuple(path) == oracle.sample(legal, points)


@many_examples
@given(case=masked_batches())
def test_best_path(crf, case):
    scores, allowed = case
    paths = [oracle.legal_paths(*one) for one in oracle.sequences(scores, allowed)]
    if not all(paths):
        with pytest.raises(ValueError, match=f"E204.*equence {[not p for p in paths].index(True)} "):
            crf.best_path(scores, allowed)
        return
    tags, best = crf.best_path(scores, allowed)
    assert tags.dtype == "int32" and best.dtype == "float64"
    assert_allclose(best, [max(p)[0] for p in paths], **CLOSE)
    assert_array_equal(crf.path_score(scores, tags), best)
    for path, legal in zip(numpy.split(tags, numpy.cumsum(scores.lengths)[:-1]) if len(paths) else [], paths):
        assert tuple(path) in [p for _, p in legal]


def assert_likely_spans(crf, scores, threshold, labels, joins, allowed, paths):
    spans, probabilities = crf.likely_spans(scores, threshold, labels, joins, allowed)
    assert spans.dtype == "int64" and spans.shape == (len(spans), 3) and probabilities.dtype == "float64"
    got = dict(zip(map(tuple, spans.tolist()), probabilities))
    assert list(got) == sorted(got) and len(got) == len(spans)
    assert (probabilities >= threshold).all()
    assert_array_equal(probabilities, crf.span_probabilities(scores, spans, labels, joins, allowed))
    expected, firsts = {}, numpy.cumsum(scores.lengths) - scores.lengths
    for first, legal in zip(firsts, paths):
        for (start, end, label), probability in oracle.all_spans(legal, labels, joins).items():
            expected[first + start, first + end, label] = probability
    for span in got:
        assert_allclose(got[span], expected[span], **CLOSE)
    missed = {span: p for span, p in expected.items() if span not in got and p > threshold * (1 + 1e-6)}
    assert not missed


WHOLE_NUMBERS = st.integers(-2, 2).map(float)  # sums are exact, and ties are many


@many_examples
@given(case=masked_batches(values=WHOLE_NUMBERS), k=st.integers(1, 9))
def test_k_best_and_ties(crf, case, k):
    scores, allowed = case
    paths = [oracle.legal_paths(*one) for one in oracle.sequences(scores, allowed)]
    if not all(paths):
        with pytest.raises(ValueError, match="E204"):
            crf.k_best(scores, k, allowed)
        return
    tags, best = crf.k_best(scores, k, allowed)
    assert tags.shape == (k, len(scores.emissions)) and best.shape == (k, len(scores.lengths))
    stops = numpy.cumsum(scores.lengths)
    for b, legal in enumerate(paths):
        expected = sorted(legal, key=lambda item: (-item[0], item[1][::-1]))[:k]
        rows = tags[:, stops[b] - scores.lengths[b] : stops[b]]
        assert_array_equal(best[: len(expected), b], [score for score, _ in expected])
        assert_array_equal(rows[: len(expected)], numpy.array([path for _, path in expected]).reshape(len(expected), -1))
        assert (rows[len(expected) :] == -1).all() and (best[len(expected) :, b] == -numpy.inf).all()
    assert_array_equal(crf.best_path(scores, allowed)[0], tags[0])


@many_examples
@given(scores=batches(), data=st.data())
def test_path_score(crf, scores, data):
    n_tags = len(scores.start)
    tags = data.draw(arrays("int64", len(scores.emissions), elements=st.integers(0, n_tags - 1)))
    expected = []
    for one, path in oracle.sequences(scores, tags):
        found = {path: score for score, path in oracle.legal_paths(one)}
        expected.append(found.get(tuple(path), -numpy.inf))
    assert_allclose(crf.path_score(scores, tags), expected, **CLOSE)


@many_examples
@given(case=masked_batches(), data=st.data())
def test_span_probabilities(crf, case, data):
    scores, allowed = case
    n_tags = len(scores.start)
    labels = data.draw(arrays("int64", n_tags, elements=st.integers(-1, 1)))
    joins = data.draw(arrays("bool", (n_tags, n_tags)))
    spans, expected, first = [], [], 0
    for one in oracle.sequences(scores, allowed):
        paths, n = oracle.legal_paths(*one), one[0].lengths[0]
        for span in [(s, e, label) for s in range(n) for e in range(s + 1, n + 1) for label in (0, 1)]:
            spans.append((first + span[0], first + span[1], span[2]))
            expected.append(oracle.span_probability(paths, span, labels, joins))
        first += n
    order = numpy.random.default_rng(0).permutation(len(spans))  # need not be sorted
    spans, expected = numpy.array(spans, dtype="int64").reshape(-1, 3)[order], numpy.array(expected)[order]
    got = crf.span_probabilities(scores, spans, labels, joins, allowed)
    assert got.dtype == "float64"
    assert_allclose(got, expected, **CLOSE)


@many_examples
@given(case=masked_batches(), data=st.data())
def test_likely_spans(crf, case, data):
    scores, allowed = case
    n_tags = len(scores.start)
    labels = data.draw(arrays("int64", n_tags, elements=st.sampled_from([-1, 0, 1, 10**12])))
    joins = data.draw(arrays("bool", (n_tags, n_tags)))
    threshold = data.draw(st.sampled_from([1e-12, 1e-3, 0.1, 0.3, 0.5, 0.9, 1.0]))
    paths = [oracle.legal_paths(*one) for one in oracle.sequences(scores, allowed)]
    assert_likely_spans(crf, scores, threshold, labels, joins, allowed, paths)
