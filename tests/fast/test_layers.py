"""Layers of spaCy and of this package, as they are and sped up, compute the same."""
import numpy
import pytest
from numpy.testing import assert_array_equal
from spacy.attrs import NORM, SUFFIX
from spacy.ml.models.tok2vec import CharacterEmbed, MaxoutWindowEncoder, MultiHashEmbed, build_hash_embed_cnn_tok2vec
from thinc.api import SGD, chain, list2ragged, set_dropout_rate
from thinc.types import Ragged

from spacy_bio_crf.fast import kernels
from spacy_bio_crf.model.embed import build_attribute_embed_v1

from .twins import (
    assert_close,
    assert_same,
    both_ways,
    make_docs,
    make_twins,
    make_vectors,
    parameters_of,
    take_gradients,
)

ATTRS = ["NORM", "PREFIX", "SUFFIX", "SHAPE", "LOWER", "LENGTH"]
OURS = ["lower", "prefix2", "suffix3", "shape", "case"]
LENGTHS = (7, 0, 1, 2, 33, 0, 12)
DROPOUTS = pytest.mark.parametrize("dropout", [0.0, 0.3, 1.0])


def multi_hash(n, vectors=False, width=96):
    return MultiHashEmbed(width, ATTRS[:n], [200, 100, 50, 60, 70, 80][:n], vectors)


def cnn(width=96, depth=4, window=1, pieces=3, vectors=False):
    return build_hash_embed_cnn_tok2vec(
        width=width,
        depth=depth,
        embed_size=300,
        window_size=window,
        maxout_pieces=pieces,
        subword_features=True,
        pretrained_vectors=vectors or None,
    )


# What is built, and how many blocks the kernels run for a batch.
OF_DOCS = {
    "MultiHashEmbed of 1": (lambda: multi_hash(1), 1),
    "MultiHashEmbed of 2": (lambda: multi_hash(2), 1),
    "MultiHashEmbed of 6": (lambda: multi_hash(6), 1),
    "MultiHashEmbed of 1 and vectors": (lambda: multi_hash(1, vectors=True), 1),
    "MultiHashEmbed of 4 and vectors": (lambda: multi_hash(4, vectors=True), 1),
    "MultiHashEmbed, other width": (lambda: multi_hash(3, width=50), 0),
    "AttributeEmbed of 1": (lambda: build_attribute_embed_v1(32, OURS[:1], [50]), 1),
    "AttributeEmbed of 5": (lambda: build_attribute_embed_v1(32, OURS, [50] * 5), 1),
    "AttributeEmbed and vectors": (lambda: build_attribute_embed_v1(32, OURS, [50] * 5, True), 1),
    "CharacterEmbed": (lambda: CharacterEmbed(64, 200, 16, 4, False), 1),
    "CharacterEmbed and vectors": (lambda: CharacterEmbed(64, 200, 16, 4, True), 1),
    "CharacterEmbed, other width": (lambda: CharacterEmbed(64, 200, 10, 3, False), 0),
    "HashEmbedCNN": (lambda: cnn(), 5),
    "HashEmbedCNN, small": (lambda: cnn(width=32, depth=2, window=2, pieces=2), 3),
    "HashEmbedCNN and vectors": (lambda: cnn(width=64, depth=2, vectors=True), 3),
}
# Width, depth, window, pieces; and how many blocks.
ENCODERS = {
    (96, 4, 1, 3): 4, (64, 2, 2, 2): 2, (32, 5, 1, 2): 5, (32, 1, 2, 3): 1, (32, 3, 3, 2): 3, (16, 1, 0, 2): 1,
    (96, 2, 1, 1): 0, (32, 2, 1, 4): 0, (50, 3, 1, 3): 0, (300, 2, 1, 3): 0,
}  # fmt: skip


@pytest.fixture
def blocks(monkeypatch):
    """The blocks that the kernels have run."""
    made, make = [], kernels.Block
    monkeypatch.setattr(kernels, "Block", lambda *args: made.append(make(*args)) or made[-1])
    return made


@DROPOUTS
@pytest.mark.parametrize("name", OF_DOCS)
def test_layers_over_docs_are_the_same(name, dropout, blocks):
    build, n_blocks = OF_DOCS[name]
    docs = make_docs(*LENGTHS)
    slow, fast = make_twins(build(), docs)
    slow.predict(docs)
    assert not blocks
    fast.predict(docs)
    assert len(blocks) == n_blocks
    assert_same(slow, fast, docs, dropout)


@DROPOUTS
@pytest.mark.parametrize("shape", ENCODERS)
def test_encoders_are_the_same(shape, dropout, blocks):
    width, depth, window, pieces = shape
    Xs = make_vectors(*LENGTHS, width=width)
    slow, fast = make_twins(MaxoutWindowEncoder(width, window, pieces, depth), Xs)
    fast.predict(Xs)
    assert len(blocks) == ENCODERS[shape]
    assert_same(slow, fast, Xs, dropout)


@DROPOUTS
@pytest.mark.parametrize("lengths", [(1,), (2,), (0, 1), (1, 0, 0), (1, 1, 1), (200,)], ids=str)
def test_batches_of_odd_shapes_are_the_same(target, lengths, dropout):
    docs = make_docs(*lengths)
    slow, fast = make_twins(cnn(width=32, window=2), make_docs(5))
    assert_same(slow, fast, docs, dropout)


NO_TOKENS = pytest.mark.parametrize("lengths", [(), (0,), (0, 0, 0)], ids=str)


@NO_TOKENS
@pytest.mark.parametrize("name", [name for name, (_, n_blocks) in OF_DOCS.items() if n_blocks])
def test_batches_without_tokens_have_no_vectors(name, lengths):
    some, docs = make_docs(5), make_docs(*lengths)
    _, fast = make_twins(OF_DOCS[name][0](), some)
    width = fast.predict(some)[0].shape[1]
    assert_close(fast.predict(docs), [numpy.zeros((0, width), dtype="float32") for _ in docs])


@NO_TOKENS
@pytest.mark.parametrize("name", ["MultiHashEmbed of 2", "AttributeEmbed of 5", "HashEmbedCNN"])
def test_batches_without_tokens_have_no_gradients(name, lengths):
    """Where Thinc's tables raise an error."""
    docs = make_docs(*lengths)
    slow, fast = make_twins(OF_DOCS[name][0](), make_docs(5))
    _, _, drawn = both_ways(fast, docs, dropout=0.3)
    assert not any(gradient is not None and gradient.any() for gradient in take_gradients(fast))
    numpy.random.seed(3)
    assert_array_equal(drawn, numpy.random.random(4))


def test_a_batch_is_its_documents_one_by_one():
    """Bit for bit, in any order, however often a document is there."""
    docs = make_docs(*LENGTHS, 70)
    _, fast = make_twins(cnn(), docs)
    alone = [fast.predict([doc])[0] for doc in docs]
    order = [3, 1, 6, 6, 0, 7, 2, 5, 4, 6, 7, 7]
    for found, i in zip(fast.predict([docs[i] for i in order]), order):
        assert_array_equal(found, alone[i])


def test_a_document_has_the_gradients_of_its_batch_one_by_one():
    docs = make_docs(*LENGTHS)
    _, fast = make_twins(cnn(width=32, depth=2), docs)
    Y, backprop = fast.begin_update(docs)
    rng = numpy.random.default_rng(0)
    dY = [rng.normal(size=y.shape).astype("float32") for y in Y]
    backprop([d.copy() for d in dY])
    together = take_gradients(fast)
    for doc, d in zip(docs, dY):
        fast.begin_update([doc])[1]([d])
    assert_close(take_gradients(fast), together)


def test_gradients_stay_as_they_were_given():
    Xs = make_vectors(5, 3, width=32)
    _, fast = make_twins(MaxoutWindowEncoder(32, 1, 3, 2), Xs)
    before = [X.copy() for X in Xs]
    dYs = make_vectors(5, 3, width=32, seed=1)
    fast.begin_update(Xs)[1](dYs)
    assert_close(Xs, before, tolerance=0)
    assert_close(dYs, make_vectors(5, 3, width=32, seed=1), tolerance=0)
    docs = make_docs(5)
    _, fast = make_twins(multi_hash(2, width=32), docs)
    set_dropout_rate(fast, 0.3)
    fast.begin_update(docs)[1](dYs[:1])
    assert_close(dYs, make_vectors(5, 3, width=32, seed=1), tolerance=0)


def test_spans_are_the_same_as_of_slow_layers():
    doc, other = make_docs(20, 10)
    spans = [doc[2:9], other[0:1], doc[5:20], doc[4:4]]
    embed = MultiHashEmbed(32, [NORM, SUFFIX], [100, 50], False)  # by number: spans know no names of attributes
    slow, fast = make_twins(chain(embed, MaxoutWindowEncoder(32, 1, 3, 2)), [doc])
    assert_same(slow, fast, spans, dropout=0.2)


@pytest.mark.parametrize("convert", [list2ragged().predict, tuple, lambda Xs: Xs[1]], ids=["Ragged", "tuple", "array"])
def test_encoders_take_what_with_array_takes(convert):
    Xs = make_vectors(4, 9, 2, width=32)
    slow, fast = make_twins(MaxoutWindowEncoder(32, 1, 3, 2), Xs)
    found, expected = fast.predict(convert(Xs)), slow.predict(convert(Xs))
    assert type(found) is type(expected)
    if isinstance(found, Ragged):
        found, expected = found.data, expected.data
    assert_close(found, expected)


def test_arrays_without_rows_may_be_of_any_shape():
    """As in `thinc.api.Ops.flatten`, which leaves them out."""
    Xs = [numpy.zeros((0, 0), dtype="float32"), *make_vectors(4, 2, width=32)]
    slow, fast = make_twins(MaxoutWindowEncoder(32, 1, 3, 2), Xs[1:])
    assert_close(fast.predict(Xs), slow.predict(Xs))
    no_gradient = numpy.zeros((0,), dtype="float32")
    found, expected = (model.begin_update(Xs)[1]([no_gradient, *Xs[1:]]) for model in (fast, slow))
    assert_close(found, expected)


@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_updates_stay_the_same(dropout):
    docs = make_docs(*LENGTHS)
    slow, fast = make_twins(cnn(width=32, depth=2), docs)
    before = [value.copy() for value in parameters_of(slow)]
    averages = []
    for model in (slow, fast):
        optimizer = SGD(0.01, use_averages=True)
        for step in range(6):
            both_ways(model, docs, dropout, seed=step)
            model.finish_update(optimizer)
        averages.append(optimizer.averages)
    assert max(numpy.abs(a - b).max() for a, b in zip(parameters_of(slow), before)) > 0.01
    assert_close(parameters_of(fast), parameters_of(slow), tolerance=1e-4)
    plain = fast.predict(docs)
    with slow.use_params(averages[0]), fast.use_params(averages[1]):
        assert_close(fast.predict(docs), slow.predict(docs), tolerance=1e-4)
        assert numpy.abs(fast.predict(docs)[0] - plain[0]).max() > 1e-3
    assert_close(fast.predict(docs), plain, tolerance=0)
