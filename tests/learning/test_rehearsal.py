"""The divergence of a chain from what it was, against all paths."""
from dataclasses import replace

import numpy
import pytest
from hypothesis import given
from numpy.testing import assert_allclose, assert_array_equal

from spacy_bio_crf.learning import divergence
from spacy_bio_crf.tags import TagSet

from ..crf import oracle
from ..crf.strategies import bio_batch, scheme_batch
from .cases import FIELDS, Slope, assert_losses, assert_one_by_one, cases, no_slope, some_examples


def moved(case, size=1.0):
    """The chain with other scores, as far away as they are large, or near by."""
    change = lambda x: (x + size * case.rng.normal(size=x.shape)).astype("float32")
    return replace(case.scores, **{name: change(getattr(case.scores, name)) for name in FIELDS})


def enumerated(old, old_paths, new, new_paths):
    """Both sums run over the old paths; the new ones may be more."""
    new_score = {path: score for score, path in new_paths}
    loss = 0.0
    for score, path in old_paths:
        log_p = score - oracle.log_z(old_paths)
        loss += numpy.exp(log_p) * (log_p - new_score[path] + oracle.log_z(new_paths))
    slope = no_slope(new).plus(1, Slope(*oracle.expectations(new, new_paths)))
    return loss, slope.plus(-1, oracle.expectations(old, old_paths))


def pairs(case, old):
    for (new, mask), (one,) in zip(case.sequences(), oracle.sequences(old)):
        yield one, new, mask


@pytest.mark.parametrize("size", [0.01, 1.0, 1e3])
def test_like_enumeration(size):
    @some_examples
    @given(case=cases())
    def check(case):
        old = moved(case, size)
        parts = [
            enumerated(one, oracle.legal_paths(one, mask), new, oracle.legal_paths(new, mask))
            for one, new, mask in pairs(case, old)
        ]
        got = divergence(old, case.scores, case.allowed)
        assert (got[0] >= 0).all()
        assert_losses(got, [loss for loss, _ in parts], [slope for _, slope in parts], case, atol=1e-6 * size)

    check()


@some_examples
@given(case=cases())
def test_one_by_one(case):
    old = moved(case)
    parts = [divergence(one, new, mask) for one, new, mask in pairs(case, old)]
    assert_one_by_one(divergence(old, case.scores, case.allowed), parts)


@some_examples
@given(case=cases())
def test_a_chain_has_not_moved_from_itself(case):
    losses, gradient = divergence(case.scores, case.scores, case.allowed)
    assert_array_equal(losses, numpy.zeros(len(losses)))
    for name in FIELDS:
        assert_allclose(getattr(gradient, name), 0.0, atol=1e-6)


def test_the_same_paths_with_other_scores():
    """What is added to every tag of a token changes nothing."""
    old = bio_batch([4], 1)
    new = replace(old, emissions=old.emissions + numpy.float32(8.0))
    losses, gradient = divergence(old, new)
    assert_allclose(losses, [0.0], atol=1e-5)
    assert_allclose(gradient.emissions, 0.0, atol=1e-6)


def test_a_label_that_has_been_opened():
    """The new chain has more paths: what they take away from the old ones is the divergence."""
    new, tags = scheme_batch("BIO", [3], 2)
    old = replace(new, constraints=TagSet("BIO", tags.labels, disabled=["L1"]).constraints)
    paths, old_paths = oracle.legal_paths(new), oracle.legal_paths(old)
    assert_allclose(divergence(old, new)[0], [oracle.log_z(paths) - oracle.log_z(old_paths)], rtol=1e-9)
    with pytest.raises(ValueError, match="E704.*only the old one may take"):
        divergence(new, old)


def test_chains_that_do_not_fit():
    chain = bio_batch([2, 3], 1)
    for other in (bio_batch([3, 2], 1), bio_batch([2, 3], 2), bio_batch([2, 2], 1)):
        with pytest.raises(ValueError, match="E704"):
            divergence(chain, other)


def test_no_legal_path():
    chain, allowed = bio_batch([2, 3], 1), numpy.ones((5, 3), dtype=bool)
    allowed[3] = False
    with pytest.raises(ValueError, match="E204] Sequence 1 has no legal path.* at its token 1"):
        divergence(chain, chain, allowed)
