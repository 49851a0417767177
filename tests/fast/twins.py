"""A model, a fast copy of it, and whether they do the same."""
import numpy
import spacy
from numpy.testing import assert_allclose
from spacy.tokens import Doc
from thinc.api import fix_random_seed, set_dropout_rate

from spacy_bio_crf.fast import speed_up

WORDS = "the a of Brown fox Jumps over 12 lazy dogs in Saint Petersburg , . ! \n \u00e9t\u00e9".split(" ")


def make_docs(*lengths, seed=0):
    """Documents of some lengths, and vectors for some of their words."""
    rng = numpy.random.default_rng(seed)
    vocab = spacy.blank("en").vocab
    for word in WORDS[:8]:
        vocab.set_vector(word, rng.normal(size=12).astype("float32"))
    return [Doc(vocab, words=[str(word) for word in rng.choice(WORDS, length)]) for length in lengths]


def make_vectors(*lengths, width, seed=0):
    rng = numpy.random.default_rng(seed)
    return [rng.normal(size=(length, width)).astype("float32") for length in lengths]


def make_twins(model, X, seed=0):
    """An initialized model with no parameter at zero, and a fast copy of it."""
    fix_random_seed(seed)
    model.initialize(X=X)
    rng = numpy.random.default_rng(seed)
    for node in model.walk():
        for name in node.param_names:
            value = node.get_param(name)
            node.set_param(name, value + 0.1 * rng.normal(size=value.shape).astype("float32"))
    return model, speed_up(model.copy())


def assert_close(found, expected, tolerance=1e-5):
    """Up to rounding, relative to the scale of the whole array."""
    assert type(found) is type(expected)
    if isinstance(expected, (list, tuple)):
        assert len(found) == len(expected)
        for one, other in zip(found, expected):
            assert_close(one, other, tolerance)
    elif expected is not None:
        assert found.shape == expected.shape and found.dtype == expected.dtype
        if expected.size:
            assert_allclose(found, expected, rtol=0, atol=tolerance * numpy.abs(expected).max())


def parameters_of(model):
    return [node.get_param(name) for node in model.walk() for name in node.param_names]


def take_gradients(model):
    """The gradients of all parameters, which are zero afterwards. None for those that have none."""
    gradients = []
    for node in model.walk():
        for name in node.param_names:
            gradients.append(node.get_grad(name).copy() if node.has_grad(name) else None)
            if node.has_grad(name):
                node.set_grad(name, numpy.zeros_like(node.get_grad(name)))
    return gradients


def both_ways(model, X, dropout=0.0, seed=3):
    """Forward and back: the results, the gradients of X, and what the random generator draws next."""
    set_dropout_rate(model, dropout)
    fix_random_seed(seed)
    Y, backprop = model.begin_update(X)
    drawn = numpy.random.random(4)
    rng = numpy.random.default_rng(seed)
    gradient_like = lambda array: rng.normal(size=array.shape).astype("float32")
    dX = backprop([gradient_like(y) for y in Y] if isinstance(Y, list) else gradient_like(Y))
    set_dropout_rate(model, 0.0)
    return Y, dX, drawn


def assert_same(slow, fast, X, dropout=0.0):
    assert_close(fast.predict(X), slow.predict(X))
    *found, drawn = both_ways(fast, X, dropout)
    *expected, expected_drawn = both_ways(slow, X, dropout)
    assert_close(found, expected)
    assert (drawn == expected_drawn).all(), "the random generator is not where it was"
    assert_close(take_gradients(fast), take_gradients(slow))
