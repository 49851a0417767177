"""Scores so far apart that probabilities vanish: no legal path may be lost on the way, however unlikely it looked."""
import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from spacy_bio_crf.crf import reference

from . import oracle
from .strategies import bio_batch, random_batch, uniform


def assert_like_enumeration(crf, scores, allowed=None):
    (one, mask), = oracle.sequences(scores, allowed)
    paths = oracle.legal_paths(one, mask)
    log_z, gradient = crf.marginals(scores, allowed)
    assert_allclose(log_z, [oracle.log_z(paths)], rtol=1e-9, atol=1e-12)
    got_all = gradient.emissions, gradient.start, gradient.step, gradient.end
    for got, expected in zip(got_all, oracle.expectations(one, paths)):
        assert_allclose(got, expected, rtol=1e-6, atol=1e-9)


def tracks(lengths, gap):
    """Two tracks that never meet; each step on the second is worse by `gap`."""
    scores = uniform(2, lengths)
    scores.constraints.step[:] = numpy.eye(2, dtype=bool)
    scores.emissions[:, 1] = -gap
    return scores


@pytest.mark.parametrize("gap", [1.0, 50.0, 150.0, 165.0, 300.0, 1e3, 1e6])
@pytest.mark.parametrize("length", [1, 2, 6])
def test_the_leading_track_dies_at_the_end(crf, gap, length):
    scores = tracks([length], gap)
    scores.constraints.end[0] = False
    assert_like_enumeration(crf, scores)


@pytest.mark.parametrize("gap", [1.0, 50.0, 150.0, 300.0, 1e6])
@pytest.mark.parametrize("token", [6, 8])
def test_the_leading_track_is_cut_off(crf, gap, token):
    """By token 6 the other one has vanished altogether, so that the whole row is zero, unless this was noticed in time."""
    scores, allowed = tracks([9], gap), numpy.ones((9, 2), dtype=bool)
    allowed[token, 0] = False
    assert_like_enumeration(crf, scores, allowed)


@pytest.mark.parametrize("gap", [1.0, 50.0, 150.0, 300.0, 1e6])
def test_the_leading_track_may_not_start(crf, gap):
    """Seen from the end it leads, so this is the backward recursion's turn."""
    scores = tracks([6], gap)
    scores.constraints.start[0] = False
    assert_like_enumeration(crf, scores)


def test_a_track_fades_slowly(fast):
    """No single step is out of range, but their product is: after 4 tokens, or 7, or 300."""
    for gap in (1.0, 25.0, 40.0):
        scores = tracks([400], gap)
        scores.constraints.end[0] = False
        log_z, gradient = fast.marginals(scores)
        assert_allclose(log_z, [-gap * 400], rtol=1e-12)
        assert_array_equal(gradient.emissions, numpy.tile([0, 1], (400, 1)))
        assert_array_equal(gradient.step, [[0, 0], [0, 399]])


def test_a_track_fades_slowly_seen_from_the_end(fast):
    """The way forward has nothing out of range, as the other track may not start."""
    for gap in (1.0, 25.0, 40.0):
        scores = tracks([400], gap)
        scores.constraints.start[0] = False
        log_z, gradient = fast.marginals(scores)
        assert_allclose(log_z, [-gap * 400], rtol=1e-12)
        assert_array_equal(gradient.emissions, numpy.tile([0, 1], (400, 1)))
        assert_array_equal(gradient.step, [[0, 0], [0, 399]])


@pytest.mark.parametrize("field", ["start", "step", "end"])
@pytest.mark.parametrize("size", [100.0, 170.0, 1e3, 1e6])
def test_a_shared_score_out_of_range(crf, field, size):
    """The favoured start, step or end leads nowhere, as its track is not allowed elsewhere."""
    scores, allowed = tracks([4], 0.0), numpy.ones((4, 2), dtype=bool)
    getattr(scores, field)[(0,) * getattr(scores, field).ndim] = size
    allowed[1, 0] = False
    assert_like_enumeration(crf, scores, allowed)


@pytest.mark.parametrize("scale", [1.0, 50.0, 200.0, 1e3, 1e4, 1e6])
@pytest.mark.parametrize("n_tags, length", [(3, 7), (21, 40), (9, 120)])
def test_any_scale_like_the_reference(fast, scale, n_tags, length):
    for seed in range(3):
        scores = random_batch([length], n_tags, scale, seed, legal=0.3)
        rng = numpy.random.default_rng(seed)
        allowed = rng.random(scores.emissions.shape) < 0.7
        allowed[:, 0] = True
        gold = allowed & (rng.random(allowed.shape) < 0.5)
        gold[:, 0] = True
        for got, expected in (
            (fast.marginals(scores, allowed), reference.marginals(scores, allowed)),
            (fast.loss(scores, gold, allowed), reference.loss(scores, gold, allowed)),
        ):
            assert_allclose(got[0], expected[0], rtol=1e-7, atol=1e-6)
            for name in ("emissions", "start", "step", "end"):
                assert_allclose(getattr(got[1], name), getattr(expected[1], name), rtol=1e-5, atol=1e-7, err_msg=name)


@pytest.mark.parametrize("size", [1e4, 2.5e4, 1e6])
def test_an_inside_tag_without_its_beginning_is_never_taken(crf, size):
    """What a score of -10000 for forbidden steps lets through: an I that scores higher than that."""
    scores = bio_batch([1, 2, 5], n_labels=2)
    scores.emissions[:, 4] += numpy.float32(size)  # I-1 everywhere, so also first and after O
    tags, _ = crf.best_path(scores)
    assert_array_equal(tags[1:3], [3, 4])
    assert tags[0] != 4 and tags[3] == 3
    assert numpy.isfinite(crf.path_score(scores, tags)).all()
    _, gradient = crf.marginals(scores)
    assert (gradient.start[[2, 4]] == 0).all()
    assert (gradient.step[~scores.constraints.step] == 0).all()
    assert_allclose(gradient.emissions.sum(axis=1), 1.0, rtol=1e-6)
