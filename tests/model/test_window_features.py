"""The layer of window features: emissions, gradients, averages, files."""
import copy
import pickle

import numpy
import pytest
import spacy
from spacy.tokens import Doc
from thinc.api import Adam, registry
from thinc.types import Ragged

from spacy_bio_crf.features import compact
from spacy_bio_crf.model.tokens import in_chain
from spacy_bio_crf.model.window_features import get_shim

from ..linear import FEATURES

VOCAB = spacy.blank("en").vocab
TEMPLATES = [*FEATURES["templates"], "gazetteer:towns", "gazetteer:towns[1]"]
WORDS = [["in", "New", "York", "\n", "."], [], [" "], ["Rio", "and", "York"]]
N, K = 7, 3


@pytest.fixture
def docs():
    return [Doc(VOCAB, words=words) for words in WORDS]


@pytest.fixture
def towns(tmp_path):
    path = tmp_path / "towns.txt"
    path.write_text("New York\nRio\nMünchen\n\n", encoding="utf8")
    return path


def build(path, templates=TEMPLATES, **settings):
    layer = {**FEATURES, "templates": templates, "gazetteers": {"towns": path}, "nO": K, **settings}
    return registry.resolve({"layer": layer})["layer"]


def learn(model, docs, optimizer=None, seed=0):
    """One batch, with a step if there is an optimizer."""
    Y, backprop = model.begin_update(docs)
    d_Y = numpy.random.default_rng(seed).normal(size=(N, K)).astype("f")
    backprop(Ragged(d_Y, Y.lengths))
    if optimizer is not None:
        model.finish_update(optimizer)
    return Y, d_Y


def trained(path, docs, averages=True, **settings):
    model = build(path, **settings)
    model.initialize(X=docs)
    optimizer = Adam(0.001, use_averages=averages)
    for seed in range(4):
        learn(model, docs, optimizer, seed)
    return model, optimizer


def table_of(model):
    return get_shim(model).table


def emissions(model, docs):
    return model.predict(docs).dataXd


def test_emissions_are_sums_over_features(docs, towns):
    model, _ = trained(towns, docs)
    Y = model.predict(docs)
    assert Y.lengths.tolist() == [4, 0, 0, 3] and Y.dataXd.shape == (N, K) and Y.dataXd.dtype == "float32"
    hashes = get_shim(model).featurizer(docs, [in_chain(doc) for doc in docs])[0]
    rows = table_of(model).rows(hashes)
    expected = [table_of(model).values[row[row >= 0]].sum(axis=0) for row in rows]
    assert Y.dataXd == pytest.approx(numpy.array(expected), abs=1e-6) and numpy.abs(expected).min() > 0
    for one, first in ((docs[0], 0), (docs[3], 4)):
        alone = emissions(model, [one])
        assert numpy.array_equal(alone, Y.dataXd[first : first + len(alone)])


def test_prediction_leaves_the_table_as_it_is(docs, towns):
    model, _ = trained(towns, docs, dropout=0.9)
    before, size = table_of(model).values.copy(), len(table_of(model))
    new = [Doc(VOCAB, words=["Never", "seen"]), *docs]
    first = emissions(model, new)
    assert numpy.array_equal(first, emissions(model, new)) and first[2:].any()  # no dropout either
    assert len(table_of(model)) == size and numpy.array_equal(table_of(model).values, before)


def test_untrained_features_score_zero(docs, towns):
    model = build(towns)
    model.initialize(X=docs)
    assert not emissions(model, docs).any() and len(table_of(model)) == 0
    for nothing in ([], docs[1:3]):
        assert emissions(model, nothing).shape == (0, K)
        Y, backprop = model.begin_update(nothing)
        assert backprop(Y) is nothing
    model.finish_update(Adam(0.001))


@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_gradients_with_the_features_that_were_left_out(docs, towns, dropout):
    """<Y(values + direction) - Y(values), d_Y> = <direction, gradient> with the same dropout."""
    model, _ = trained(towns, docs, dropout=dropout)
    table = table_of(model)
    values = table.values.copy()
    direction = numpy.random.default_rng(1).normal(size=values.shape).astype("f")

    def forward():
        numpy.random.seed(3)
        return learn(model, docs)

    Y, d_Y = forward()
    assert numpy.array_equal(Y.dataXd, emissions(model, docs)) == (dropout == 0)
    touched, gradient = table.gradient()
    table.values = values + direction
    numeric = ((forward()[0].dataXd - Y.dataXd) * d_Y).sum()
    assert (direction[touched] * gradient).sum() == pytest.approx(numeric, rel=1e-3)


def test_dropout_keeps_the_expected_emissions(docs, towns):
    model, _ = trained(towns, docs, dropout=0.4)
    table_of(model).values = numpy.ones_like(table_of(model).values)
    drawn = [model.begin_update(docs)[0].dataXd[0, 0] for _ in range(600)]
    whole = emissions(model, docs)[0, 0]
    assert {round(float(one) * 0.6) for one in drawn} <= set(range(int(whole) + 1)) and len(set(drawn)) > 3
    assert numpy.mean(drawn) == pytest.approx(whole, rel=0.06)


def test_averages_for_a_while(docs, towns):
    """Inside `use_params` the averages speak, compacted; after it, the very weights that are trained."""
    model, optimizer = trained(towns, docs, smallest=0.02)
    table = table_of(model)
    before, expected = table.values.copy(), compact(table.averaged(), 0.02)
    predicted = emissions(model, docs)
    with model.use_params(optimizer.averages):
        assert numpy.array_equal(table.values, expected) and (expected == 0).any()
        assert not numpy.allclose(emissions(model, docs), predicted)
        saved = model.to_bytes()
    assert numpy.array_equal(table.values, before) and numpy.array_equal(emissions(model, docs), predicted)
    loaded = build(towns).from_bytes(saved)
    with model.use_params(optimizer.averages):
        assert numpy.array_equal(emissions(loaded, docs), emissions(model, docs))
    learn(model, docs, optimizer)
    assert not numpy.array_equal(table.values, before)


def test_averages_of_others_change_nothing(docs, towns):
    """Neither of an optimizer that does not average, nor of one that this layer never met."""
    model, optimizer = trained(towns, docs, averages=False)
    assert optimizer.averages is None and not table_of(model).averaged().any()
    _, other = trained(towns, docs)
    for params in ({}, other.averages):
        before = emissions(model, docs)
        with model.use_params(params):
            assert numpy.array_equal(emissions(model, docs), before)


def test_what_was_loaded_has_no_averages_yet(docs, towns):
    """As when the best weights so far are loaded while the optimizer still has averages of others."""
    model, optimizer = trained(towns, docs, smallest=0.0)
    model.from_bytes(model.to_bytes())
    before = emissions(model, docs)
    with model.use_params(optimizer.averages):
        assert numpy.array_equal(emissions(model, docs), before)


def by_disk(model, path, tmp_path):
    model.to_disk(tmp_path / "model")
    return build(path).from_disk(tmp_path / "model")


COPIES = {
    "bytes": lambda model, path, tmp_path: build(path).from_bytes(model.to_bytes()),
    "disk": by_disk,
    "pickle": lambda model, path, tmp_path: pickle.loads(pickle.dumps(model)),
    "copy": lambda model, path, tmp_path: model.copy(),
    "deepcopy": lambda model, path, tmp_path: copy.deepcopy(model),
}


@pytest.mark.parametrize("kind", COPIES)
def test_copies_predict_the_same_without_the_file_of_the_gazetteer(docs, towns, tmp_path, kind):
    model, optimizer = trained(towns, docs)
    expected = emissions(model, docs)
    towns.unlink()
    copied = COPIES[kind](model, towns, tmp_path)
    assert numpy.array_equal(emissions(copied, docs), expected)
    assert get_shim(copied).featurizer.gazetteers["towns"].names == {"new york", "rio", "münchen"}
    learn(copied, docs, Adam(0.001))  # apart from the original
    assert not numpy.array_equal(emissions(copied, docs), expected)
    assert numpy.array_equal(emissions(model, docs), expected)


def test_the_gazetteer_speaks(docs, towns):
    model, _ = trained(towns, docs, templates=["gazetteer:towns"])
    assert len(table_of(model)) == 2  # "B" and "I"
    assert emissions(model, docs).any(axis=1).tolist() == [False, True, True, False, True, False, False]


def test_a_byte_order_mark_is_no_part_of_a_name(docs, towns):
    towns.write_text("Rio\nYork", encoding="utf-8-sig")
    model, _ = trained(towns, docs)
    assert get_shim(model).featurizer.gazetteers["towns"].names == {"rio", "york"}


def test_edge_features_hold_the_gazetteers_of_their_own_templates(docs, towns):
    model = build(towns, edge_templates=["bias"])
    model.initialize(X=docs)
    assert [set(shim.featurizer.gazetteers) for shim in model.shims] == [{"towns"}, set()]


def test_gazetteers_that_cannot_be_read(docs, tmp_path):
    latin = tmp_path / "latin.txt"
    latin.write_bytes("München".encode("latin-1"))
    for path in (tmp_path / "nowhere.txt", latin, tmp_path):
        model = build(path)  # which a saved model need not read
        with pytest.raises(ValueError, match=f"E305.*'towns'.*{path.name}"):
            model.initialize(X=docs)
    with pytest.raises(ValueError, match="E304.*'towns'.*none"):
        build(tmp_path, gazetteers={}).initialize(X=docs)


def test_initialization_forgets(docs, towns):
    model, _ = trained(towns, docs)
    towns.write_text("Elbe", encoding="utf8")
    model.initialize(X=docs)
    assert len(table_of(model)) == 0 and not emissions(model, docs).any()
    assert get_shim(model).featurizer.gazetteers["towns"].names == {"elbe"}
