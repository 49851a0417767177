"""Tensors on the CPU, which the compiled backend computes on, and autograd's view of it."""
from dataclasses import replace
from inspect import signature

import numpy
import pytest
from hypothesis import given
from numpy.testing import assert_allclose, assert_array_equal

from spacy_bio_crf import crf
from spacy_bio_crf.crf import cpu
from spacy_bio_crf.types import ChainScores

from .on_torch import FIELDS, arrays, own_arithmetic, tensors
from .strategies import bio_batch, many_examples, masked_batches, random_batch

torch = pytest.importorskip("torch")
torch_backend = pytest.importorskip("spacy_bio_crf.crf.torch_backend")

JOINS = numpy.eye(4, dtype=bool)
VALUES = numpy.random.default_rng(0).normal(size=(7, 4)).astype("float32")
SPANS = [(0, 2, 0), (4, 5, 1)]
CALLS = {
    "marginals": (),
    "loss": (numpy.arange(28).reshape(7, 4) % 3 > 0,),
    "best_path": (),
    "k_best": (3,),
    "sample": (2, 0),
    "expected_value": (VALUES,),
    "span_probabilities": (SPANS, [-1, 0, 0, 1], JOINS),
    "likely_spans": (0.1, [-1, 0, 0, 1], JOINS),
}


def tensors_of(values):
    return list(map(tensors, values))


def fields_of(value):
    """Results as a flat list."""
    if isinstance(value, tuple):
        return [field for each in value for field in fields_of(each)]
    return [getattr(value, name) for name in FIELDS] if isinstance(value, ChainScores) else [value]


@pytest.fixture
def without_torch(monkeypatch):
    """Its own arithmetic cannot begin."""

    def refuse(*args):
        raise AssertionError("on torch")

    monkeypatch.setattr(torch_backend.contract, "make_lattice", refuse)


@pytest.mark.parametrize("name", CALLS)
def test_bit_for_bit_the_compiled_backend(without_torch, name):
    scores = random_batch([4, 0, 3], 4, legal=1.0)
    found = fields_of(getattr(torch_backend, name)(tensors(scores), *tensors_of(CALLS[name])))
    expected = fields_of(getattr(cpu, name)(scores, *CALLS[name]))
    assert len(found) == len(expected)
    for one, other in zip(found, expected):
        assert_array_equal(one.numpy(), other, strict=True)


@pytest.mark.parametrize("name", CALLS)
def test_dtypes_are_those_of_torch(name):
    scores = tensors(random_batch([4, 0, 3], 4, legal=1.0))
    call = lambda: fields_of(getattr(torch_backend, name)(scores, *tensors_of(CALLS[name])))
    found = [each.dtype for each in call()]
    with own_arithmetic():
        assert found == [each.dtype for each in call()]


@pytest.mark.parametrize("name", CALLS)
def test_arguments_have_the_names_of_the_contract(either, name):
    scores = tensors(random_batch([4, 0, 3], 4, legal=1.0))
    function, given = getattr(torch_backend, name), tensors_of(CALLS[name])
    names = [*signature(getattr(crf, name)).parameters][1:]
    assert names == [*signature(function).parameters][1:]
    named = function(scores=scores, allowed=torch.ones(7, 4, dtype=torch.bool), **dict(zip(names, given)))
    for one, other in zip(fields_of(named), fields_of(function(scores, *given))):
        assert_array_equal(one.numpy(), other.numpy())


def test_torch_computes_in_float64_and_where_an_arithmetic_is_named(without_torch):
    scores = tensors(random_batch([4, 2], 3))
    double = replace(scores, **{name: getattr(scores, name).double() for name in FIELDS})
    with pytest.raises(AssertionError, match="on torch"):
        torch_backend.best_path(double)
    with pytest.raises(AssertionError, match="on torch"), own_arithmetic("float32"):
        torch_backend.best_path(scores)


def derivatives(function, scores, shares, twice):
    """Of the values in these shares, after all four scores; once, or of the squares of the first ones."""
    leaves = [getattr(scores, name).clone().requires_grad_() for name in FIELDS]
    values = function(replace(scores, **dict(zip(FIELDS, leaves))))
    live = torch.isfinite(values)
    first = torch.autograd.grad((values * shares)[live].sum(), leaves, create_graph=twice)
    return torch.autograd.grad(sum((each**2).sum() for each in first), leaves) if twice else first


@pytest.mark.parametrize("twice", [False, True])
@pytest.mark.parametrize("uniform", [True, False])
@many_examples
@given(case=masked_batches())
def test_autograd(uniform, twice, case):
    scores, allowed = case
    scores, shares = tensors(scores), torch.linspace(
        2.0, 2.0 if uniform else 3.0, len(scores.lengths), dtype=torch.float64
    )
    function = lambda scores: torch_backend.log_partition(scores, allowed)
    found = derivatives(function, scores, shares, twice)
    with own_arithmetic():
        expected = derivatives(function, scores, shares, twice)
    for one, other in zip(found, expected):
        assert one.dtype == other.dtype
        assert_allclose(one, other, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shares", [[1.0] * 4, [0.5, 2.0, 0.0, 1.0]])
@pytest.mark.parametrize("complete", [True, False])
def test_the_gradient_of_the_loss(shares, complete):
    scores = bio_batch([3, 0, 5, 2], 2)
    path = cpu.best_path(scores)[0]
    gold = numpy.eye(5, dtype=bool)[path]
    gold[8:] |= not complete  # of the last sequence nothing is known
    allowed = gold | (numpy.random.default_rng(0).random(gold.shape) < 0.7)
    labels = torch.from_numpy(path).long() if complete else gold
    function = lambda scores: torch_backend.negative_log_likelihood(scores, labels, allowed)
    found = derivatives(function, tensors(scores), torch.tensor(shares), twice=False)
    with own_arithmetic():
        expected = derivatives(function, tensors(scores), torch.tensor(shares), twice=False)
    for one, other in zip(found, expected):
        assert_allclose(one, other, atol=1e-6)
    if len(set(shares)) == 1:
        for one, name in zip(found, FIELDS):
            assert_array_equal(one.numpy(), getattr(cpu.loss(scores, gold, allowed)[1], name), strict=True)


def test_only_what_asks_for_it_gets_a_gradient():
    scores = tensors(bio_batch([3, 4], 2))
    scores.step.requires_grad_()
    for function in (torch_backend.log_partition, lambda scores: torch_backend.negative_log_likelihood(scores, path)):
        path = torch_backend.best_path(scores)[0].long()
        function(scores).sum().backward()
        assert scores.step.grad.abs().sum() > 0 and scores.emissions.grad is None
    with torch.no_grad():
        assert not torch_backend.log_partition(scores).requires_grad
    empty = tensors(random_batch(numpy.zeros(0, dtype="int64"), 3))
    empty.emissions.requires_grad_()
    torch_backend.log_partition(empty).sum().backward()
    assert empty.emissions.grad.shape == (0, 3)


def test_errors_are_the_same():
    scores = tensors(bio_batch([2, 3], 2))
    nowhere = torch.ones((5, 5), dtype=torch.bool)
    nowhere[3] = False
    for call, code in (
        (lambda: torch_backend.best_path(scores, nowhere), "E204"),
        (lambda: torch_backend.negative_log_likelihood(scores, nowhere), "E205"),
        (lambda: torch_backend.loss(scores, nowhere), "E205"),
        (lambda: torch_backend.loss(scores, nowhere[:2]), "E201"),
        (lambda: torch_backend.negative_log_likelihood(scores, torch.zeros(2, dtype=torch.int64)), "E201"),
        (lambda: torch_backend.k_best(scores, 0), "E207"),
        (lambda: torch_backend.negative_log_likelihood(scores, torch.tensor([0, 1, 2, -1, 0])), "E206"),
        (lambda: torch_backend.negative_log_likelihood(scores, torch.tensor([0, 1, 2, 5, 0])), "E206"),
    ):
        messages = []
        for arithmetic in (None, torch.float64):
            torch_backend.use_arithmetic(arithmetic)
            with pytest.raises(ValueError, match=code) as error:
                call()
            torch_backend.use_arithmetic(None)
            messages.append(str(error.value))
        assert messages[0].replace("torch.", "") == messages[1]
