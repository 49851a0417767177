"""Adam in one pass: the numbers and the state of Thinc's optimizer, and what it does not cover left to that."""
from copy import deepcopy

import numpy
import pytest
from numpy.testing import assert_allclose
from thinc.api import Linear, Optimizer

from spacy_bio_crf.fast import adam, finish_update, speed_up
from spacy_bio_crf.model.optimizer import LayerwiseAdam

from ..conftest import make_examples, make_nlp
from .twins import parameters_of

SHAPES = [(7,), (5, 7), (3, 2, 19), (0, 4)]  # no multiples of a vector
SETTINGS = [
    {},
    {"L2": 0.0},
    {"L2": 0.5},
    {"grad_clip": 0.0},
    {"grad_clip": 1e-3},
    {"use_averages": False},
    {"beta1": 0.5, "beta2": 0.7, "eps": 0.1},
    {"learn_rate": [0.1, 0.01, 0.5]},
]
OTHERS = [
    Optimizer(0.1, use_radam=True),
    Optimizer(0.1, L2=0.1, L2_is_weight_decay=False),
    Optimizer(0.1, beta1=0.0, beta2=0.0),
    LayerwiseAdam(0.1, 0.2),
]


def run(call, optimizer, arrays, steps=15):
    """Parameters after some steps, the same gradients whatever makes the steps."""
    rng = numpy.random.default_rng(1)
    arrays = [array.copy() for array in arrays]
    for _ in range(steps):
        for i, array in enumerate(arrays):
            gradient = rng.normal(size=array.shape).astype(array.dtype)
            arrays[i], zero = call((i, "W"), array, gradient)
            assert not zero.any()
        optimizer.step_schedules()
    return arrays


def arrays_of(optimizer):
    states = [optimizer.mom1, optimizer.mom2, *([] if optimizer.averages is None else [optimizer.averages])]
    return [state[key] for state in states for key in sorted(state)]


def assert_same(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected):
        assert one.shape == other.shape and one.dtype == other.dtype
        assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("settings", SETTINGS)
def test_numbers_and_state_are_those_of_thinc(settings):
    rng = numpy.random.default_rng(0)
    arrays = [rng.normal(size=shape).astype("float32") for shape in SHAPES]
    slow, fast = (Optimizer(**{"learn_rate": 0.1, **settings}) for _ in range(2))
    assert adam.covers(fast)
    assert_same(run(adam.OnePassAdam(fast), fast, arrays), run(slow, slow, arrays))
    assert_same(arrays_of(fast), arrays_of(slow))
    assert fast.nr_update == slow.nr_update


def test_averages_of_a_long_training():
    arrays = [numpy.ones((5, 7), dtype="float32")]
    slow, fast = Optimizer(0.1), Optimizer(0.1)
    slow.nr_update[0, "W"] = fast.nr_update[0, "W"] = 1_000_000  # where their decay has reached its bound
    assert_same(run(adam.OnePassAdam(fast), fast, arrays), run(slow, slow, arrays))
    assert_same(arrays_of(fast), arrays_of(slow))


def test_averages_that_stand_in_the_place_of_weights():
    def learned(call, optimizer):
        weights = numpy.ones((5, 7), dtype="float32")
        call((0, "W"), weights, numpy.ones_like(weights))
        averages = optimizer.averages[0, "W"]
        return call((0, "W"), averages, numpy.full_like(weights, -0.5))[0]

    slow, fast = Optimizer(0.1), Optimizer(0.1)
    assert_same([learned(adam.OnePassAdam(fast), fast)], [learned(slow, slow)])
    assert_same(arrays_of(fast), arrays_of(slow))


@pytest.mark.parametrize("cut", [lambda array: array.T, lambda array: array[:, ::2]])
def test_an_array_that_is_not_contiguous_goes_to_the_optimizer(cut):
    slow, fast = Optimizer(0.1), Optimizer(0.1)
    weights = numpy.random.default_rng(0).normal(size=(5, 8)).astype("float32")
    found = adam.OnePassAdam(fast)((0, "W"), cut(weights.copy()), cut(numpy.ones((5, 8), dtype="float32")))
    assert_same(found, slow((0, "W"), cut(weights.copy()), cut(numpy.ones((5, 8), dtype="float32"))))
    assert_same(arrays_of(fast), arrays_of(slow))


@pytest.mark.parametrize("shape", [(5, 4), (4, 3)])
def test_a_parameter_that_was_resized_is_refused_as_ever(shape):
    optimizer = Optimizer(0.1)
    for call in (optimizer, adam.OnePassAdam(optimizer)):
        call((0, "W"), numpy.ones((3, 4), dtype="float32"), numpy.ones((3, 4), dtype="float32"))
        with pytest.raises(ValueError, match="shapes"):
            call((0, "W"), numpy.ones(shape, dtype="float32"), numpy.ones(shape, dtype="float32"))


def test_either_goes_on_from_the_state_of_the_other():
    arrays = [numpy.ones((5, 7), dtype="float32")]
    slow, mixed = Optimizer(0.1), Optimizer(0.1)
    turns = iter([mixed, adam.OnePassAdam(mixed)] * 8)
    assert_same(run(lambda *given: next(turns)(*given), mixed, arrays), run(slow, slow, arrays))
    assert_same(arrays_of(mixed), arrays_of(slow))


@pytest.mark.parametrize("optimizer", OTHERS)
def test_other_optimizers_are_called_themselves(optimizer):
    model = speed_up(Linear(3, 7).initialize())
    model.set_param("W", numpy.ones((3, 7), dtype="float32"))
    expected = deepcopy(optimizer)((0, "W"), model.get_param("W").copy(), numpy.full((3, 7), 0.5, dtype="float32"))[0]
    model.inc_grad("W", numpy.full((3, 7), 0.5, dtype="float32"))
    finish_update(model, optimizer)
    assert_same([model.get_param("W")], [expected])
    assert not adam.covers(optimizer)


@pytest.mark.parametrize("fast", [True, False])
def test_only_fast_models_have_it(fast, monkeypatch):
    called = []
    monkeypatch.setattr(adam.kernels, "adam", lambda *given: called.append(given))
    model = Linear(3, 7).initialize()
    model = speed_up(model) if fast else model
    model.inc_grad("W", numpy.ones((3, 7), dtype="float32"))
    finish_update(model, Optimizer(0.1))
    assert bool(called) == fast


def test_a_pipeline_learns_the_same(monkeypatch):
    """With its averages, and with window features, which learn by themselves."""

    def learned():
        model = {
            "@architectures": "spacy_bio_crf.BioCrfTagger.v1",
            "tok2vec": make_nlp().get_pipe_config("bio_crf_tagger")["model"]["tok2vec"],
            "features": {"@layers": "spacy_bio_crf.WindowFeatures.v1", "templates": ["bias", "lower"]},
            "fast": True,
        }
        nlp = make_nlp(model=model)
        examples = make_examples(nlp)
        optimizer = nlp.initialize(lambda: examples)
        optimizer.averages = {}
        for _ in range(10):
            nlp.update(examples, sgd=optimizer)
        tagger = nlp.get_pipe("bio_crf_tagger")
        with nlp.use_params(optimizer.averages):
            averaged = [array.copy() for array in parameters_of(tagger.model)]
            scores = tagger.model.predict([example.predicted for example in examples]).emissions
        return [*averaged, *parameters_of(tagger.model), scores]

    found = learned()
    monkeypatch.setattr(adam, "covers", lambda optimizer: False)
    assert_same(found, learned())
