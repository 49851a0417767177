"""Batches under every scheme, and the judge of what is learned from them: all of their paths."""
from typing import NamedTuple, Optional

import numpy
from hypothesis import settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from spacy_bio_crf.tags import SCHEMES, TagSet
from spacy_bio_crf.types import ChainScores

from ..crf import oracle
from ..crf.strategies import scheme_batch

FIELDS = ("emissions", "start", "step", "end")
TOLD_BY_LETTERS = ("BIO", "BIOES", "BILUO", "BMES")  # schemes in which a tag tells whether it continues a span
SCALES = (0.5, 30.0, 1e3)

some_examples = settings(max_examples=100, deadline=None)


class Case(NamedTuple):
    scores: ChainScores
    tags: TagSet
    allowed: Optional[numpy.ndarray]
    scale: float
    rng: numpy.random.Generator

    def parts(self, *masks):
        """Of each sequence: itself, all its legal paths, and its rows of the masks."""
        for one, allowed, *rest in oracle.sequences(self.scores, self.allowed, *masks):
            yield (one, oracle.legal_paths(one, allowed), *rest)

    def sequences(self, *arrays):
        """Each sequence as a batch of its own, with its `allowed` and rows of the arrays."""
        return oracle.sequences(self.scores, self.allowed, *arrays)


@st.composite
def cases(draw, schemes=tuple(sorted(SCHEMES)), max_labels=2):
    """A batch of 0 to 3 sequences of 0 to 5 tokens, and `allowed` or None. There is always a legal path."""
    scheme, n_labels = draw(st.sampled_from(schemes)), draw(st.integers(0, max_labels))
    lengths = draw(st.lists(st.integers(0, 5 if n_labels < 2 else 3), max_size=3))
    scale, seed = draw(st.sampled_from(SCALES)), draw(st.integers(0, 10**6))
    scores, tags = scheme_batch(scheme, numpy.array(lengths, dtype="int64"), n_labels, scale, seed)
    rng = numpy.random.default_rng(seed)
    allowed = None
    if draw(st.booleans()):
        allowed = rng.random(scores.emissions.shape) < draw(st.sampled_from([0.5, 0.8]))
        allowed[:, 0] = True
    return Case(scores, tags, allowed, scale, rng)


def gold_of(case, spread=0.2, free=0.2):
    """Gold rows around one legal path of each sequence: more tags for some tokens, all of them for free ones."""
    rng, gold = case.rng, [numpy.zeros((0, len(case.tags)), dtype=bool)]
    for one, paths in case.parts():
        path = list(paths[rng.integers(len(paths))][1])
        rows = rng.random(one.emissions.shape) < spread
        rows[rng.random(len(path)) < free] = True
        rows[numpy.arange(len(path)), path] = True
        gold.append(rows)
    return numpy.concatenate(gold)


def through(paths, gold):
    """The paths that the gold rows hold."""
    return [(score, path) for score, path in paths if all(gold[t, tag] for t, tag in enumerate(path))]


class Slope(NamedTuple):
    """A gradient in the making: emissions of one sequence, start, step, end."""

    emissions: numpy.ndarray
    start: numpy.ndarray
    step: numpy.ndarray
    end: numpy.ndarray

    def plus(self, weight, other):
        return Slope(*(x + weight * y for x, y in zip(self, other)))


def no_slope(one):
    return Slope(*(numpy.zeros(getattr(one, name).shape) for name in FIELDS))


def assert_losses(got, expected, slopes, case, atol=1e-9):
    """Losses and their gradient. expected: loss of each sequence; slopes: its gradient; atol: of the losses."""
    losses, gradient = got
    assert losses.dtype == "float64" and losses.shape == case.scores.lengths.shape
    assert_allclose(losses, expected, rtol=1e-6, atol=atol)
    assert_gradient(gradient, slopes, case.scores)


def assert_gradient(gradient, slopes, scores, atol=2e-6):
    emissions = numpy.concatenate([numpy.zeros((0, scores.emissions.shape[1])), *(slope.emissions for slope in slopes)])
    assert_allclose(gradient.emissions, emissions, rtol=1e-5, atol=atol)
    for name in FIELDS[1:]:
        expected = sum((getattr(slope, name) for slope in slopes), numpy.zeros(getattr(scores, name).shape))
        assert_allclose(getattr(gradient, name), expected, rtol=1e-5, atol=atol, err_msg=name)
    for name in FIELDS:
        assert getattr(gradient, name).dtype == "float32"
    assert_array_equal(gradient.lengths, scores.lengths)


def assert_one_by_one(got, parts):
    """A batch is its sequences one by one: losses and rows bit for bit, shared scores by their sum."""
    losses, gradient = got
    assert_array_equal(losses, numpy.concatenate([numpy.zeros(0), *(part[0] for part in parts)]))
    emissions = numpy.concatenate([gradient.emissions[:0], *(part[1].emissions for part in parts)])
    assert_array_equal(gradient.emissions, emissions)
    for name in FIELDS[1:]:
        total = sum((getattr(part[1], name) for part in parts), numpy.zeros(getattr(gradient, name).shape))
        assert_allclose(getattr(gradient, name), total, rtol=1e-5, atol=1e-6, err_msg=name)
