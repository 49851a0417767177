"""What must hold of the entropy of the paths; see also test_enumeration.py."""
import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from spacy_bio_crf.crf import reference

from . import oracle
from .strategies import bio_batch, random_batch, uniform


@pytest.mark.parametrize("n_tags, length", [(1, 1), (1, 5), (3, 1), (3, 4), (20, 50)])
def test_equal_paths_are_as_uncertain_as_can_be(crf, n_tags, length):
    assert_allclose(crf.entropy(uniform(n_tags, [length])), [length * numpy.log(n_tags)], rtol=1e-12)


@pytest.mark.parametrize("scale", [0.0, 0.1, 1.0, 1e3, 1e6])
def test_at_most_the_log_of_the_number_of_paths(crf, scale):
    scores, counted = (random_batch([5, 1, 9], 4, x, seed=2, legal=0.5) for x in (scale, 0.0))
    log_count, got = crf.log_partition(counted), crf.entropy(scores)
    assert (got >= 0).all()
    if scale == 0:
        assert_allclose(got, log_count, rtol=1e-12)
    else:
        assert (got < log_count).all()


@pytest.mark.parametrize("scale", [1.0, 30.0, 1e3, 1e6])
def test_one_path_is_certain(crf, scale):
    scores = random_batch([4, 1, 0, 7], 4, scale, legal=1.0)
    allowed = numpy.eye(4, dtype=bool)[numpy.arange(12) % 4]
    assert_array_equal(crf.entropy(scores, allowed), 0.0)
    scores.constraints.step[:] = numpy.eye(4, k=1, dtype=bool)  # 0 1 2 3, and all of its parts
    scores.lengths = numpy.array([4, 4, 4])
    assert_array_equal(crf.entropy(scores), 0.0)


@pytest.mark.parametrize("scale", [1.0, 1e6])
def test_two_equal_paths_are_one_bit(crf, scale):
    """However large log Z and the expected score are, whose difference this is."""
    scores = random_batch([20], 3, scale, legal=1.0)
    allowed = numpy.eye(3, dtype=bool)[numpy.arange(20) % 3]
    allowed[7] = [True, False, True]
    scores.emissions[7, [0, 2]] = 0.0
    scores.step[0] = scores.step[2] = scores.step[:, 2] = scores.step[:, 0] = numpy.float32(scale)
    assert_allclose(crf.entropy(scores, allowed), [numpy.log(2)], rtol=1e-8)


def test_log_z_less_the_expected_score(crf):
    scores = random_batch([6, 1, 9], 4, scale=2.0)
    (log_z, gradient), fields = crf.marginals(scores), ("emissions", "start", "step", "end")
    expected = sum((getattr(gradient, name) * getattr(scores, name)).sum() for name in fields)
    assert_allclose(crf.entropy(scores).sum(), log_z.sum() - expected, rtol=1e-5)


@pytest.mark.parametrize("gap", [1.0, 100.0, 300.0, 1e6])
def test_a_leading_track_that_dies(crf, gap):
    """Tag 0 leads by far and cannot end; what is left are the others, all equal."""
    scores = uniform(4, [6])
    scores.emissions[:, 0] = gap
    scores.constraints.step[0, 1:] = scores.constraints.step[1:, 0] = scores.constraints.end[0] = False
    assert_allclose(crf.entropy(scores), [6 * numpy.log(3)], rtol=1e-9)


@pytest.mark.parametrize("scale", [1.0, 50.0, 1e3, 1e6])
@pytest.mark.parametrize("n_tags, lengths", [(1, [3, 70]), (7, [64, 3]), (8, [9]), (9, [40, 0]), (17, [33]), (50, [10])])
def test_like_the_reference(fast, n_tags, lengths, scale):
    scores = random_batch(lengths, n_tags, scale, seed=n_tags, legal=0.5)
    allowed = numpy.random.default_rng(n_tags).random(scores.emissions.shape) < 0.8
    allowed[:, 0] = True
    for mask in (None, allowed):
        assert_allclose(fast.entropy(scores, mask), reference.entropy(scores, mask), rtol=1e-7, atol=1e-7)


def test_one_by_one(crf):
    scores = random_batch([3, 0, 1, 17, 2], 5, seed=1)
    alone = [crf.entropy(one) for one, in oracle.sequences(scores)]
    assert_array_equal(crf.entropy(scores), numpy.concatenate(alone))
    assert crf.entropy(uniform(3, [])).shape == (0,)


def test_a_hundred_thousand_tokens(compiled):
    n = 100_000
    assert_allclose(compiled.entropy(uniform(6, [n])), [n * numpy.log(6)], rtol=1e-10)
    small, large = (compiled.entropy(bio_batch([n], 2, scale))[0] for scale in (1.0, 1e6))
    assert 0.5 * n < small < n * numpy.log(5) and 0 <= large < 0.001 * n
