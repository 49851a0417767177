"""The Thinc model: parameters, gradients, tokens in the chain, sizes, BLAS."""
from itertools import product

import numpy
import pytest
import spacy
from spacy.tokens import Doc
from thinc.api import Model, NumpyOps, chain
from thinc.types import Ragged

from spacy_bio_crf import crf
from spacy_bio_crf.model.layer import CRF, set_constraints
from spacy_bio_crf.model.tokens import chain_tokens
from spacy_bio_crf.tags import TagSet

from ..conftest import SMALL_MODEL

TAGSET = TagSet("BIO", ["a", "b"])


def build(**settings):
    model = spacy.registry.resolve({"model": {**SMALL_MODEL, **settings}})["model"]
    model.attrs["resize_output"](model, len(TAGSET))
    set_constraints(model.get_ref("crf"), TAGSET.constraints)
    return model


@pytest.fixture
def docs():
    vocab = spacy.blank("en").vocab
    return [Doc(vocab, words=words) for words in (["a", " ", "b"], [], ["\n"], ["c", "d", "e", "f"])]


def test_scores_cover_the_tokens_that_are_not_whitespace(docs):
    model = build()
    model.initialize(X=docs)
    scores = model.predict(docs)
    assert scores.emissions.shape == (6, len(TAGSET))
    assert scores.lengths.tolist() == [2, 0, 0, 4]
    alone = model.predict(docs[3:])
    assert numpy.allclose(scores.emissions[2:], alone.emissions, atol=1e-6)


def test_an_encoder_is_not_asked_for_nothing(docs):
    """Those of spacy-transformers refuse batches without a token."""

    def encode(model, docs, is_train):
        return [numpy.concatenate([numpy.ones((1, 4), dtype="f") for _ in doc]) for doc in docs], lambda d_vectors: docs

    X, backprop = chain_tokens(Model("encoder", encode, dims={"nO": 4}))([docs[1], docs[1]], True)
    assert X.dataXd.shape == (0, 4) and X.lengths.tolist() == [0, 0] and len(backprop(X)) == 2


def test_gradients_of_every_parameter_agree_with_finite_differences(docs):
    """d loss / d parameter, through chain, emissions and encoder, along random directions."""
    spacy.util.fix_random_seed(0)
    model = build()
    model.initialize(X=docs)
    rng = numpy.random.default_rng(0)
    for node in model.walk():
        for name in node.param_names:
            if node in (model.get_ref("crf"), model.get_ref("output_layer")):  # both begin at zero
                node.set_param(name, rng.normal(size=node.get_param(name).shape).astype("f"))
    gold = numpy.zeros((6, len(TAGSET)), dtype=bool)
    gold[numpy.arange(6), [1, 2, 0, 3, 4, 1]] = True
    gold[4] = True

    def loss():
        return crf.loss(model.predict(docs), gold)[0].sum()

    scores, backprop = model.begin_update(docs)
    backprop(crf.loss(scores, gold)[1])
    checked = set()
    for node in (model.get_ref("crf"), model.get_ref("output_layer")):
        for name in node.param_names:
            value, grad = node.get_param(name).copy(), node.get_grad(name)
            direction = rng.normal(size=value.shape).astype("f")
            step = 3e-3
            losses = []
            for sign in (1, -1):
                node.set_param(name, value + sign * step * direction)
                losses.append(loss())
            node.set_param(name, value)
            numeric = (losses[0] - losses[1]) / (2 * step)
            assert numeric == pytest.approx(float((grad * direction).sum()), rel=2e-3, abs=1e-4), name
            checked.add(name)
    assert checked == {"start", "step", "end", "W", "b"}
    assert any(numpy.abs(n.get_grad("W")).sum() > 0 for n in model.get_ref("tok2vec").walk() if n.has_grad("W"))


def test_whitespace_tokens_get_no_gradient(docs):
    widths = []

    def forward(model, docs, is_train):
        def backprop(d_vectors):
            widths.extend(d_vectors)
            return []

        return [numpy.ones((len(doc), 2), dtype="f") for doc in docs], backprop

    layer = chain_tokens(Model("ones", forward, dims={"nO": 2}))
    Y, backprop = layer(docs, is_train=True)
    assert Y.lengths.tolist() == [2, 0, 0, 4]
    backprop(Ragged(numpy.arange(12, dtype="f").reshape(6, 2) + 1, Y.lengths))
    assert [d.shape[0] for d in widths] == [3, 0, 1, 4]
    assert widths[0].tolist() == [[1, 2], [0, 0], [3, 4]] and widths[2].tolist() == [[0, 0]]


def test_resize_keeps_what_is_known(docs):
    model = build()
    model.initialize(X=docs)
    model.get_ref("crf").set_param("step", numpy.arange(25, dtype="f").reshape(5, 5))
    before = model.predict(docs)
    model.attrs["resize_output"](model, 7)
    set_constraints(model.get_ref("crf"), TagSet("BIO", ["a", "b", "c"]).constraints)
    after = model.predict(docs)
    assert numpy.array_equal(before.emissions, after.emissions[:, :5])
    assert numpy.array_equal(after.step[:5, :5], before.step) and not after.step[5:].any()
    scores, backprop = model.begin_update(docs)
    backprop(crf.loss(scores, numpy.ones((6, 7), dtype=bool))[1])


def test_round_trip_through_bytes(docs):
    model = build()
    model.initialize(X=docs)
    loaded = build().from_bytes(model.to_bytes())
    assert loaded.to_bytes() == model.to_bytes()
    assert numpy.array_equal(loaded.predict(docs).emissions, model.predict(docs).emissions)
    for mask, expected in zip(loaded.predict(docs).constraints, TAGSET.constraints):
        assert mask.dtype == bool and numpy.array_equal(mask, expected)


@pytest.mark.parametrize("fast, use_blis", [(True, False), (False, True)])
def test_every_node_is_on_the_blas_asked_for(docs, fast, use_blis):
    model = build(fast=fast)
    ops = [node.ops for node in model.walk() if type(node.ops) is NumpyOps]
    assert ops and all(one.use_blis is use_blis for one in ops)


def test_blas_stays_fast_when_listeners_are_replaced():
    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec", config={"model": SMALL_MODEL["tok2vec"]})
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": 32}
    nlp.add_pipe("bio_crf_tagger", config={"model": {**SMALL_MODEL, "tok2vec": listener}}).add_label("a")
    nlp.initialize()
    nlp.replace_listeners("tok2vec", "bio_crf_tagger", ["model.tok2vec"])
    nlp("Some words")
    nodes = [node for node in nlp.get_pipe("bio_crf_tagger").model.walk() if type(node.ops) is NumpyOps]
    assert len(nodes) > 10 and not any(node.ops.use_blis for node in nodes)


def test_both_blas_give_the_same_scores(docs):
    model, slow = build(), build(fast=False)
    model.initialize(X=docs)
    slow.from_bytes(model.to_bytes())
    assert numpy.allclose(model.predict(docs).emissions, slow.predict(docs).emissions, atol=1e-5)


def test_crf_layer_composes():
    layer = CRF()
    set_constraints(layer, TAGSET.constraints)
    model = chain(Model("emissions", lambda model, X, is_train: (X, lambda d: d)), layer)
    X = Ragged(numpy.zeros((3, 5), dtype="f"), numpy.array([3], dtype="i"))
    model.initialize(X=X)
    scores, backprop = model.begin_update(X)
    log_z, d_scores = crf.marginals(scores)
    assert log_z[0] == pytest.approx(numpy.log(sum(1 for _ in legal(3))))
    d_X = backprop(d_scores)
    assert d_X.dataXd.sum(axis=1) == pytest.approx([1, 1, 1])
    assert layer.get_grad("step").sum() == pytest.approx(2) and layer.get_grad("start").sum() == pytest.approx(1)


def legal(length):
    start, step, end = TAGSET.constraints
    for tags in product(range(len(TAGSET)), repeat=length):
        if start[tags[0]] and end[tags[-1]] and all(step[a, b] for a, b in zip(tags, tags[1:])):
            yield tags
