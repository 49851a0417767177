"""The behaviour asserted by spaCy's spacy/tests/pipeline/test_models.py (MIT)."""
import numpy
import pytest
from numpy.testing import assert_allclose
from spacy.lang.en import English
from thinc.api import data_validation

from .util import FACTORY, SMALL

TEXTS = ["These are 4 words", "", "Here just three", "one", "and \n two more"]


@pytest.fixture
def tagger():
    """A tagger whose emissions are not all zero."""
    nlp = English()
    tagger = nlp.add_pipe(FACTORY, config=SMALL)
    tagger.add_label("A")
    nlp.initialize()
    output = tagger.model.get_ref("output_layer")
    weights = numpy.random.RandomState(0).normal(size=output.get_param("W").shape)
    output.set_param("W", output.ops.asarray(weights, dtype="f"))
    return tagger


@pytest.fixture
def docs(tagger):
    nlp = English(tagger.vocab)
    return [nlp.make_doc(text) for text in TEXTS]


def test_components_batching_list(tagger, docs):
    """A batch gets the scores that its documents get alone."""
    with data_validation(True):
        batched = tagger.model.predict(docs)
        alone = [tagger.model.predict([doc]) for doc in docs]
    assert batched.lengths.tolist() == [4, 0, 3, 1, 3]
    assert batched.emissions.any()
    assert_allclose(batched.emissions, numpy.concatenate([one.emissions for one in alone]), rtol=1e-5, atol=1e-5)
    assert batched.lengths.tolist() == [int(length) for one in alone for length in one.lengths]


@pytest.mark.parametrize("order", [[4, 3, 2, 1, 0], [2, 0, 3, 1, 4]])
def test_the_order_of_a_batch_does_not_matter(tagger, docs, order):
    paths = tagger.predict(docs)
    permuted = tagger.predict([docs[i] for i in order])
    assert [one.tags.tolist() for (one,) in permuted] == [paths[i][0].tags.tolist() for i in order]


def test_a_new_label_changes_no_prediction(tagger, docs):
    """Not even one that sorts before the others, where the model gives every old tag a score below zero."""
    output = tagger.model.get_ref("output_layer")
    bias = output.get_param("b").copy()
    bias[:] = -10
    bias[0] = -20  # so that some token is in a span
    output.set_param("b", bias)
    paths = tagger.predict(docs)
    assert any(path.tags.any() for (path,) in paths)
    tagger.add_label("0")
    assert tagger.labels == ("A", "0")
    assert [path.tags.tolist() for (path,) in tagger.predict(docs)] == [path.tags.tolist() for (path,) in paths]
    tagger.set_annotations(docs, paths)
    assert {ent.label_ for doc in docs for ent in doc.ents} == {"A"}


def test_batched_gradients_are_the_sum_of_single_ones(tagger, docs):
    def gradients(batches):
        for node in tagger.model.walk():
            for name in node.param_names:
                if node.has_grad(name):
                    node.set_grad(name, numpy.zeros_like(node.get_grad(name)))
        for batch in batches:
            scores, backprop = tagger.model.begin_update(batch)
            backprop(scores)
        return [tagger.model.get_ref("output_layer").get_grad(name).copy() for name in ("W", "b")]

    docs = [doc for doc in docs if len(doc)]
    batched, alone = gradients([docs]), gradients([[doc] for doc in docs])
    for one, other in zip(batched, alone):
        assert one.any()
        assert_allclose(one, other, rtol=1e-4, atol=1e-4)
