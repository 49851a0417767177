"""Encoders in mixed precision give half floats; the chain has single ones."""
import numpy
import pytest
import spacy
from thinc.api import Model

from ..conftest import SMALL_MODEL, make_examples, make_nlp, train


def half(layer):
    """A layer whose output and gradient pass through half floats."""

    def forward(model, docs, is_train):
        vectors, backprop = layer(docs, is_train)
        return [one.astype("float16") for one in vectors], lambda d: backprop([one.astype("float16").astype("f") for one in d])

    def init(model, X=None, Y=None):
        layer.initialize(X=X)

    return Model("half", forward, init=init, layers=[layer], dims={"nO": layer.get_dim("nO")})


@spacy.registry.architectures("tests.HalfEncoder.v1")
def build(tok2vec):
    return half(tok2vec)


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("hidden_width", [32, 0])
def test_an_encoder_of_half_floats(fast, hidden_width):
    tok2vec = {"@architectures": "tests.HalfEncoder.v1", "tok2vec": SMALL_MODEL["tok2vec"]}
    nlp = make_nlp(model={**SMALL_MODEL, "tok2vec": tok2vec, "fast": fast, "hidden_width": hidden_width})
    examples = make_examples(nlp)
    train(nlp, examples)
    scores = nlp.get_pipe("bio_crf_tagger").model.predict([eg.predicted for eg in examples])
    assert scores.emissions.dtype == numpy.float32
    assert nlp.evaluate(examples)["ents_f"] == 1
