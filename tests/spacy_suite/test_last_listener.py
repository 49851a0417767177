"""A shared tok2vec gets the gradient of every listener that has gold, in any order of the pipeline.

spaCy sums the gradients of all listeners and runs the backward pass from the last one in the pipeline
(spacy/pipeline/tok2vec.py). A last listener that returns early, since a batch has nothing for it to learn, takes the
gradients of all others with it, silently. spaCy's `ner` does so; `bio_crf_tagger` must not.
"""
from functools import cache
from itertools import combinations, permutations

import numpy
import pytest
from numpy.testing import assert_allclose
from spacy.lang.en import English
from spacy.pipeline.tok2vec import Tok2VecListener
from spacy.training import Example
from spacy.util import fix_random_seed

from .util import FACTORY, listening_config

TAGGER, NER = "tagger", "ner"
LISTENERS = (TAGGER, NER, FACTORY)
GOLD = {
    TAGGER: {"tags": ["V", "Z", "V"]},
    NER: {"entities": [(0, 1, "A"), (2, 5, "B")]},
    FACTORY: {"spans": {"found": [(0, 3, "C", "")]}},
}
LISTENER = {"@architectures": "spacy.Tok2VecListener.v1", "width": 32}
MODELS = {
    TAGGER: {"model": {"@architectures": "spacy.Tagger.v2", "tok2vec": LISTENER}},
    NER: {
        "model": {
            "@architectures": "spacy.TransitionBasedParser.v2",
            "state_type": "ner",
            "extra_state_tokens": False,
            "hidden_width": 16,
            "maxout_pieces": 2,
            "tok2vec": LISTENER,
        }
    },
    FACTORY: {
        "model": {"@architectures": "spacy_bio_crf.BioCrfTagger.v1", "tok2vec": LISTENER},
        "spans_key": "found",  # gold of its own, so that either of the two entity taggers can have gold alone
        "set_ents": False,
    },
}


def subsets(items, least=1):
    return [subset for size in range(least, len(items) + 1) for subset in combinations(items, size)]


ORDERS = [order for names in subsets(LISTENERS, least=2) for order in permutations(names)]
CASES = [(order, annotated) for order in ORDERS for annotated in subsets(order)]
LOST = [(order, annotated) for order, annotated in CASES if order[-1] == NER and NER not in annotated]
OURS = [case for case in CASES if FACTORY in case[0] and case not in LOST]


def id_of(names):
    return "+".join(names)


def example(nlp, annotated):
    gold = {key: value for name in annotated for key, value in GOLD[name].items()}
    return Example.from_dict(nlp.make_doc("a b c"), gold)


@cache
def pipeline(order):
    """A tok2vec and its listeners, trained for some steps: from zero, output layers send no gradient back."""
    fix_random_seed(0)
    nlp = English()
    nlp.add_pipe("tok2vec", config={"model": listening_config("tok2vec")["components"]["tok2vec"]["model"]})
    for name in order:
        nlp.add_pipe(name, config=MODELS[name])
    full = [example(nlp, order)]
    optimizer = nlp.initialize(lambda: full)
    for _ in range(3):
        nlp.update(full, sgd=optimizer)
    return nlp


def gradients(tok2vec, compute):
    """The gradients of the tok2vec's parameters, laid end to end, after a call."""
    nodes = [(node, name) for node in tok2vec.model.walk() for name in node.param_names]
    for node, name in nodes:
        node.set_grad(name, numpy.zeros_like(node.get_param(name)))
    fix_random_seed(0)  # the states of `ner` have dropout, whatever `drop` is
    compute()
    return numpy.concatenate([node.get_grad(name).ravel() for node, name in nodes])


def backpropagate_one_by_one(nlp, batch):
    """Let each listener send its gradient to the tok2vec by itself, whatever its place in the pipeline."""
    tok2vec = nlp.get_pipe("tok2vec")
    docs = [eg.predicted for eg in batch]
    for name, (listener,) in tok2vec.listener_map.items():
        vectors, backprop = tok2vec.model.begin_update(docs)
        listener.receive(Tok2VecListener.get_batch_id(docs), vectors, backprop)
        nlp.get_pipe(name).update(batch, sgd=None)


def assert_all_arrive(nlp, batch):
    tok2vec, losses = nlp.get_pipe("tok2vec"), {}
    expected = gradients(tok2vec, lambda: backpropagate_one_by_one(nlp, batch))
    found = gradients(tok2vec, lambda: nlp.update(batch, sgd=False, losses=losses))
    assert numpy.abs(expected).max() > 1e-4
    assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    return losses


@pytest.mark.parametrize("order,annotated", OURS, ids=id_of)
def test_every_gradient_arrives(order, annotated):
    nlp = pipeline(order)
    losses = assert_all_arrive(nlp, [example(nlp, annotated)] * 2)
    assert {name for name in order if losses[name] != 0.0} == set(annotated)


@pytest.mark.parametrize("order", [order for order in ORDERS if FACTORY in order], ids=id_of)
def test_every_gradient_arrives_where_the_examples_of_a_batch_differ(order):
    nlp = pipeline(order)
    assert_all_arrive(nlp, [example(nlp, annotated) for annotated in [(), *subsets(order)]])


@pytest.mark.parametrize("order", [order for order in ORDERS if FACTORY in order], ids=id_of)
def test_a_batch_without_any_gold_teaches_nothing(order):
    nlp = pipeline(order)
    losses = {}
    found = gradients(nlp.get_pipe("tok2vec"), lambda: nlp.update([example(nlp, ())], sgd=False, losses=losses))
    assert not found.any()
    assert set(losses.values()) == {0.0}


@pytest.mark.parametrize("order,annotated", LOST, ids=id_of)
def test_what_spacys_ner_loses_as_the_last_listener(order, annotated):
    """The contrast, with `bio_crf_tagger` before it and without: no error, and none of the gradients of the others."""
    nlp = pipeline(order)
    batch = [example(nlp, annotated)]
    tok2vec, losses = nlp.get_pipe("tok2vec"), {}
    assert gradients(tok2vec, lambda: backpropagate_one_by_one(nlp, batch)).any()
    assert not gradients(tok2vec, lambda: nlp.update(batch, sgd=False, losses=losses)).any()
    assert {name for name in order if losses[name] != 0.0} == set(annotated)
