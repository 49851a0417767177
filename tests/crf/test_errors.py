"""Each wrong input has its message: what was expected, what was found, where."""
import re

import numpy
import pytest

from .on_torch import OnTorch
from .strategies import random_batch, uniform


@pytest.fixture
def scores():
    return random_batch([2, 3], 4, legal=1.0)


@pytest.mark.parametrize(
    "name, value, message",
    [
        ("emissions", numpy.zeros((5, 4)), "E201] Expected emissions of dtype float32 and shape ('any', 'any'), but got"),
        ("emissions", numpy.zeros((5, 4)), "but got dtype float64 and shape (5, 4)"),
        ("emissions", numpy.zeros(5, "f"), "but got dtype float32 and shape (5,)"),
        ("emissions", [[0.0] * 4] * 5, "but got dtype list and shape (5, 4)"),
        ("start", numpy.zeros(3, "f"), "Expected start of dtype float32 and shape (4,), but got dtype float32"),
        ("step", numpy.zeros((4, 3), "f"), "Expected step of dtype float32 and shape (4, 4)"),
        ("end", numpy.zeros((4, 1), "f"), "Expected end of dtype float32 and shape (4,)"),
        ("lengths", numpy.array([2, 2]), "E202] Expected lengths that are not negative and sum to the 5 rows of emissions"),
        ("lengths", numpy.array([6, -1]), "but got [ 6 -1]"),
        ("lengths", numpy.array([2.0, 3.0]), "Expected lengths of dtype int64"),
    ],
)  # fmt: skip
def test_shapes_and_lengths(crf, scores, name, value, message):
    if isinstance(crf, OnTorch) and name == "emissions" and getattr(value, "dtype", None) == "float64":
        pytest.skip("torch takes floats of any width")
    setattr(scores, name, value)
    for call in (crf.log_partition, crf.marginals, crf.best_path):
        with pytest.raises(ValueError, match=re.escape(message)):
            call(scores)


@pytest.mark.parametrize("field, shape", [("start", (4,)), ("step", (4, 4)), ("end", (4,))])
def test_constraints(crf, scores, field, shape):
    for wrong in (numpy.ones(shape, dtype="float32"), numpy.ones(5, dtype=bool)):
        scores.constraints = scores.constraints._replace(**{field: wrong})
        with pytest.raises(ValueError, match=re.escape(f"Expected constraints.{field} of dtype bool and shape {shape}")):
            crf.log_partition(scores)


@pytest.mark.parametrize("value", [numpy.nan, numpy.inf, -numpy.inf])
@pytest.mark.parametrize("name, index", [("emissions", [3, 1]), ("start", [2]), ("step", [0, 3]), ("end", [0])])
def test_scores_that_are_not_finite(crf, scores, name, index, value):
    scores.constraints.step[0, 3] = scores.constraints.start[2] = False  # also where forbidden
    getattr(scores, name)[tuple(index)] = value
    with pytest.raises(ValueError, match=re.escape(f"E203] {name} must be finite, but {name}{index} is {value}")):
        crf.marginals(scores)


def test_masks(crf, scores):
    for wrong in (numpy.ones((5, 4), "int64"), numpy.ones((4, 4), bool)):
        with pytest.raises(ValueError, match=re.escape("Expected allowed of dtype bool and shape (5, 4)")):
            crf.log_partition(scores, wrong)
        with pytest.raises(ValueError, match="Expected gold of dtype bool"):
            crf.loss(scores, wrong)


@pytest.mark.parametrize("forbid, token", [("row", 1), ("end", 2), ("start", 0)])
def test_no_legal_path(crf, scores, forbid, token):
    allowed = numpy.ones((5, 4), dtype=bool)
    if forbid == "row":
        allowed[3] = False
    elif forbid == "end":
        scores.constraints.end[1:] = False
        allowed[4, 0] = False
    else:
        scores.constraints.start[1:] = False
        allowed[2, 0] = False
    assert crf.log_partition(scores, allowed)[1] == -numpy.inf
    log_z, gradient = crf.marginals(scores, allowed)
    assert log_z[1] == -numpy.inf and numpy.isfinite(log_z[0])
    assert (gradient.emissions[2:] == 0).all() and gradient.step.sum() == pytest.approx(1.0)
    calls = (
        lambda: crf.best_path(scores, allowed),
        lambda: crf.k_best(scores, 2, allowed),
        lambda: crf.entropy(scores, allowed),
        lambda: crf.sample(scores, 2, 0, allowed),
    )
    for call in calls:
        with pytest.raises(ValueError, match=f"E204.*equence 1 has no legal path.* at its token {token}"):
            call()
    joins = numpy.zeros((4, 4), dtype=bool)
    assert crf.span_probabilities(scores, [(2, 3, 0)], [0, 0, 0, 0], joins, allowed)[0] == 0
    assert crf.likely_spans(scores, 0.1, [0, 0, 0, 0], joins, allowed)[0].tolist() == [[0, 1, 0], [1, 2, 0]]


def test_gold_that_the_lattice_forbids(crf, scores):
    scores.constraints.step[1, 2] = False
    one_path = numpy.eye(4, dtype=bool)[[0, 0, 1, 2, 0]]
    lattice = one_path.copy()
    lattice[4, 1] = True
    for gold in (one_path, lattice):
        with pytest.raises(ValueError, match="E205] The gold of sequence 1 .* at its token 1"):
            crf.loss(scores, gold)
    gold, allowed = numpy.eye(4, dtype=bool)[[0, 0, 1, 3, 0]], numpy.ones((5, 4), dtype=bool)
    crf.loss(scores, gold, allowed)
    allowed[4, 0] = False
    with pytest.raises(ValueError, match="E205] The gold of sequence 1 .* at its token 2"):
        crf.loss(scores, gold, allowed)


@pytest.mark.parametrize("tag", [-1, 4])
def test_tags_out_of_range(crf, scores, tag):
    with pytest.raises(ValueError, match=f"E206] Expected tags between 0 and 3, but got {tag} at token 2"):
        crf.path_score(scores, [0, 1, tag, 0, 0])
    with pytest.raises(ValueError, match="Expected tags of dtype int64"):
        crf.path_score(scores, [0, 1, 2])


@pytest.mark.parametrize("k", [0, -1])
def test_k(crf, scores, k):
    with pytest.raises(ValueError, match="E207"):
        crf.k_best(scores, k)


@pytest.mark.parametrize("n", [0, -1])
def test_number_of_samples(crf, scores, n):
    message = f"E209] Expected to be asked for at least one sample (n >= 1), but got n = {n}."
    with pytest.raises(ValueError, match=re.escape(message)):
        crf.sample(scores, n, 0)


@pytest.mark.parametrize("seed", [-1, None, 1.5, "1"])
def test_seed(crf, scores, seed):
    message = f"E210] Expected a seed that is a whole number, 0 or more, but got {seed!r}"
    with pytest.raises(ValueError, match=re.escape(message)):
        crf.sample(scores, 1, seed)


@pytest.mark.parametrize("threshold", [0, -0.5, 1.01, numpy.nan])
def test_threshold(crf, scores, threshold):
    labels, joins = [0, 0, 0, 0], numpy.zeros((4, 4), dtype=bool)
    message = f"E211] Expected a threshold above 0 and at most 1, but got {threshold}"
    with pytest.raises(ValueError, match=re.escape(message)):
        crf.likely_spans(scores, threshold, labels, joins)
    with pytest.raises(ValueError, match="Expected labels"):
        crf.likely_spans(scores, 0.5, labels[1:], joins)
    with pytest.raises(ValueError, match="Expected joins"):
        crf.likely_spans(scores, 0.5, labels, joins.astype("float32"))


@pytest.mark.parametrize("span", [(1, 1, 0), (2, 1, 0), (1, 3, 0), (-1, 1, 0), (4, 6, 0), (5, 6, 0), (0, 1, -1)])
def test_spans(crf, scores, span):
    joins = numpy.zeros((4, 4), dtype=bool)
    with pytest.raises(ValueError, match=re.escape(f"E208] Span 1 is {span}")):
        crf.span_probabilities(scores, [(0, 1, 0), span], [0, 0, 0, 0], joins)
    with pytest.raises(ValueError, match="Expected labels"):
        crf.span_probabilities(scores, [(0, 1, 0)], [0, 0, 0], joins)
    with pytest.raises(ValueError, match="Expected joins"):
        crf.span_probabilities(scores, [(0, 1, 0)], [0, 0, 0, 0], joins.astype("float32"))


def test_empty_sequences_do_not_hide_spans(crf):
    scores = uniform(2, [0, 2, 0, 1, 0])
    got = crf.span_probabilities(scores, [(2, 3, 0), (0, 2, 0)], [-1, 0], numpy.ones((2, 2), bool))
    assert got == pytest.approx([1 / 2, 1 / 4])
