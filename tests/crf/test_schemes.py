"""What follows from all paths together, over the masks of every scheme, against all paths written down."""
from functools import lru_cache

import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from spacy_bio_crf.tags.schemes import SCHEMES

from . import oracle
from .strategies import scheme_batch
from .test_enumeration import assert_likely_spans

CASES = [([0, 1, 2, 3, 4, 5, 6], 1), ([1, 2, 4, 3, 0], 2)]  # lengths, labels


@lru_cache(maxsize=None)
def case(scheme, number, scale, masked):
    """A batch, its tags, some rows of allowed that leave a path to each sequence, and all of their paths."""
    scores, tags = scheme_batch(scheme, *CASES[number], scale, seed=number)
    allowed = numpy.random.default_rng(5).random(scores.emissions.shape) < 0.7 if masked else None
    if masked:
        allowed[:, 0] = True
    return scores, tags, allowed, [oracle.legal_paths(*one) for one in oracle.sequences(scores, allowed)]


@pytest.fixture(params=[False, True], ids=["all", "masked"])
def masked(request):
    return request.param


@pytest.mark.parametrize("scale", [1.0, 30.0, 1e3, 1e6])
@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("scheme", sorted(SCHEMES))
class TestAgainstAllPaths:
    def test_entropy(self, crf, scheme, number, scale, masked):
        scores, _, allowed, paths = case(scheme, number, scale, masked)
        assert_allclose(crf.entropy(scores, allowed), [oracle.entropy(p) for p in paths], rtol=1e-5, atol=1e-6)

    def test_samples(self, crf, scheme, number, scale, masked):
        scores, _, allowed, paths = case(scheme, number, scale, masked)
        got = crf.sample(scores, 2, 7, allowed)
        numbers = numpy.random.Generator(numpy.random.PCG64(7)).random(got.shape)
        stops = numpy.cumsum(scores.lengths)[:-1]
        for path, points in zip(got, numbers):
            expected = [oracle.sample(*of_one) for of_one in zip(paths, numpy.split(points, stops))]
            assert_array_equal(path, numpy.concatenate(expected))

    @pytest.mark.parametrize("threshold", [1e-100, 0.01, 0.5])
    def test_likely_spans(self, crf, scheme, number, scale, masked, threshold):
        scores, tags, allowed, paths = case(scheme, number, scale, masked)
        assert_likely_spans(crf, scores, threshold, tags.label_ids, tags.joins, allowed, paths)
