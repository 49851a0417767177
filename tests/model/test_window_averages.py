"""The layer of window features: averages of its table, settings, templates of files."""
import pytest
import spacy
from spacy.tokens import Doc
from thinc.api import Adam, registry
from thinc.types import Ragged

from spacy_bio_crf.model.window_features import build_window_features_v1

from ..linear import FEATURES

VOCAB = spacy.blank("en").vocab
WORDS = [["in", "New", "York", "\n", "."], [], [" "], ["Rio", "and", "York"]]


@pytest.fixture
def docs():
    return [Doc(VOCAB, words=words) for words in WORDS]


def build(**settings):
    return registry.resolve({"layer": {**FEATURES, "nO": 3, **settings}})["layer"]


SCHEDULE = {"@schedules": "constant.v1", "rate": 0.1}


@pytest.mark.parametrize(
    "setting",
    [{"dropout": 1.0}, {"dropout": -0.1}, {"learn_rate": 0}, {"learn_rate": SCHEDULE}, {"damping": -1}, {"smallest": -1}],
)
def test_settings_out_of_range(setting):
    with pytest.raises(ValueError, match="E310"):
        build(**setting)


@pytest.mark.parametrize("templates", [[], "lower", [None], ["lower", 3]])
def test_templates_are_a_list_of_them(templates):
    with pytest.raises(ValueError, match="E315"):
        build_window_features_v1(templates)
    with pytest.raises(ValueError, match="E315" if templates else "E310"):
        build_window_features_v1(["bias"], learn_rate=0, edge_templates=templates)


def test_averages_within_averages(docs):
    """They are what they were, and an exception leaves the trained scores."""
    layer, optimizer = trained(docs)
    before = layer.predict(docs).dataXd
    with layer.use_params(optimizer.averages):
        averaged = layer.predict(docs).dataXd
        with layer.use_params(optimizer.averages):
            assert (layer.predict(docs).dataXd == averaged).all()
        assert (layer.predict(docs).dataXd == averaged).all() and (averaged != before).any()
    with pytest.raises(KeyError), layer.use_params(optimizer.averages):
        raise KeyError
    assert (layer.predict(docs).dataXd == before).all()


def test_each_optimizer_averages_anew(docs):
    layer, _ = trained(docs, steps=200)
    optimizer = Adam(0.001)
    for _ in range(100):
        step(layer, docs, optimizer)
    with layer.use_params(optimizer.averages):
        averaged = layer.predict(docs).dataXd
    assert averaged == pytest.approx(layer.predict(docs).dataXd, rel=0.1, abs=0.05)


def test_other_templates_than_were_saved(docs):
    layer, _ = trained(docs)
    with pytest.raises(ValueError, match="E306.*lower.*suffix3"):
        build(templates=["suffix3"]).from_bytes(layer.to_bytes())


def trained(docs, steps=20):
    layer, optimizer = build(), Adam(0.001)
    layer.initialize(X=docs)
    for _ in range(steps):
        step(layer, docs, optimizer)
    return layer, optimizer


def step(layer, docs, optimizer):
    """Towards emissions of 1 for the first output."""
    emissions, backprop = layer.begin_update(docs)
    gradient = emissions.dataXd.copy()
    gradient[:, 0] -= 1
    backprop(Ragged(gradient, emissions.lengths))
    layer.finish_update(optimizer)
