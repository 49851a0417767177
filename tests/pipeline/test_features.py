"""Components with window features: training, files, labels, batches."""
import copy
import pickle

import numpy
import pytest
import spacy
from spacy.training import Example
from thinc.api import Adam

from spacy_bio_crf.model.window_features import get_shim

from ..conftest import SENTENCES, ents, make_examples, make_nlp, train
from ..linear import FEATURES, JOINT, LINEAR

NAME = "bio_crf_tagger"
TEXTS = [text for text, _ in SENTENCES] + ["", " ", "Shaka \n lives in  New York.", "\n\n", "Ubu sees London"]
GOLD = [[(text[start:end], label) for start, end, label in spans] for text, spans in SENTENCES]


def count_vowels(doc):
    return [sum(char in "aeiou" for char in token.text) for token in doc]


@spacy.registry.misc("spacy_bio_crf.tests.vowels")
def make_count_vowels():
    return count_vowels


def make(model=LINEAR, steps=8, **config):
    nlp = make_nlp(model=model, **config)
    examples = make_examples(nlp)
    train(nlp, examples, steps=steps)
    return nlp, examples


@pytest.fixture(scope="module")
def linear():
    """Tests must not change it."""
    return make()[0]


def emissions(nlp):
    return nlp.get_pipe(NAME).model.predict([nlp.make_doc(text) for text in TEXTS]).emissions


def found(docs):
    return [[(ent.start, ent.end, ent.label_, ent._.probability) for ent in doc.ents] for doc in docs]


def table(nlp):
    return get_shim(nlp.get_pipe(NAME).model.get_ref("features")).table


def test_a_linear_component_learns_by_heart(linear):
    assert [ents(linear(text)) for text, _ in SENTENCES] == GOLD
    scores = linear.evaluate(make_examples(linear))
    assert scores["ents_f"] == 1.0 and scores["ents_per_type"]["LOC"]["f"] == 1.0


def test_a_batch_is_its_documents_one_by_one(linear):
    expected = found(linear(text) for text in TEXTS)
    assert sum(map(len, expected)) >= 5
    assert found(linear.pipe(TEXTS, batch_size=3)) == expected
    assert found(linear.pipe(TEXTS)) == expected


def test_several_processes(linear):
    texts = TEXTS[1:3] * 2
    assert found(linear.pipe(texts, n_process=2, batch_size=2)) == found(linear(text) for text in texts)


@pytest.mark.parametrize("model", [LINEAR, JOINT])
def test_batches_without_tokens_in_the_chain(model):
    nlp, examples = make(model)
    before = emissions(nlp)
    for texts in ([""], [" "], ["\n\n", "", "  "]):
        blank = [Example(nlp.make_doc(text), nlp.make_doc(text)) for text in texts]
        assert nlp.update(blank, sgd=False)[NAME] == 0
        assert [doc.ents for doc in nlp.pipe(texts)] == [()] * len(texts)
    assert numpy.array_equal(emissions(nlp), before)


def test_updates_take_turns_with_rehearsal():
    nlp, examples = make()
    optimizer = nlp.resume_training()
    assert nlp.rehearse(examples)[NAME] == pytest.approx(0, abs=1e-4)
    new = make_examples(nlp, [("Natasha likes London.", [(0, 7, "PERSON"), (14, 20, "LOC")])])
    for _ in range(8):
        nlp.update(new, sgd=optimizer)
        nlp.rehearse(examples, sgd=optimizer)
    assert ents(nlp("Natasha likes London.")) == [("Natasha", "PERSON"), ("London", "LOC")]
    assert [ents(nlp(text)) for text, _ in SENTENCES] == GOLD


def test_averages_are_used_for_a_while():
    nlp, examples = make()
    optimizer = Adam(0.001, use_averages=True)
    nlp.update(examples, sgd=optimizer)
    before, trained = emissions(nlp), table(nlp).values.copy()
    with nlp.use_params(optimizer.averages):
        assert not numpy.array_equal(emissions(nlp), before)
    assert numpy.array_equal(emissions(nlp), before) and numpy.array_equal(table(nlp).values, trained)


def test_frozen_beside_one_that_learns():
    """The other trains with averages; the frozen one has none."""
    nlp, examples = make()
    other = nlp.add_pipe(NAME, name="other", config={"model": LINEAR})
    other.initialize(lambda: examples, labels=["LOC", "PERSON"])
    before, optimizer = emissions(nlp), Adam(0.001, use_averages=True)
    for _ in range(3):
        losses = nlp.update(examples, sgd=optimizer, exclude=[NAME])
    assert set(losses) == {"other"}
    with nlp.use_params(optimizer.averages):
        assert numpy.array_equal(emissions(nlp), before)
    assert numpy.array_equal(emissions(nlp), before)
    assert get_shim(other.model.get_ref("features")).table.values.any()


def test_sourced_into_another_pipeline(linear):
    nlp = spacy.blank("en")
    nlp.add_pipe(NAME, source=copy.deepcopy(linear))
    assert numpy.array_equal(emissions(nlp), emissions(linear)) and found(nlp.pipe(TEXTS)) == found(linear.pipe(TEXTS))


COPIES = {
    "load": lambda nlp, path: spacy.load(path),
    "bytes": lambda nlp, path: spacy.blank("en", config=nlp.config).from_bytes(nlp.to_bytes()),
    "pickle": lambda nlp, path: pickle.loads(pickle.dumps(nlp)),
    "deepcopy": lambda nlp, path: copy.deepcopy(nlp),
}


@pytest.mark.parametrize("kind", COPIES)
def test_copies_predict_the_same(tmp_path, kind):
    """With a registered function, and a gazetteer whose file is gone."""
    towns = tmp_path / "towns.txt"
    towns.write_text("New York\nLondon\nBerlin", encoding="utf8")
    features = {
        **FEATURES,
        "templates": ["gazetteer:towns[-1..1]", "own", "own[-1]"],
        "gazetteers": {"towns": str(towns)},
        "functions": {"own": {"@misc": "spacy_bio_crf.tests.vowels"}},
    }
    nlp, _ = make({**LINEAR, "features": features})
    expected = emissions(nlp)
    nlp.to_disk(tmp_path / "nlp")
    towns.unlink()
    loaded = COPIES[kind](nlp, tmp_path / "nlp")
    assert numpy.array_equal(emissions(loaded), expected) and found(loaded.pipe(TEXTS)) == found(nlp.pipe(TEXTS))
    assert numpy.abs(expected).max() > 0.1
    optimizer = loaded.resume_training()
    loaded.update(make_examples(loaded), sgd=optimizer)
    assert not numpy.array_equal(emissions(loaded), expected) and numpy.array_equal(emissions(nlp), expected)


@pytest.mark.parametrize("model", [LINEAR, JOINT])
def test_a_new_label_is_closed_until_it_is_trained(model, tmp_path):
    nlp, _ = make(model)
    before, expected = emissions(nlp), found(nlp.pipe(TEXTS))
    nlp.get_pipe(NAME).add_label("SHIP")
    assert numpy.array_equal(emissions(nlp), before) and found(nlp.pipe(TEXTS)) == expected
    new = make_examples(nlp, [("The Titanic sinks.", [(4, 11, "SHIP")])])
    nlp.update(new, sgd=False)
    opened = emissions(nlp)
    assert opened.shape[1] == before.shape[1] + 2 and not opened[:, -2:].any()
    assert opened[:, :-2] == pytest.approx(before, abs=1e-6)  # a wider product may change the last bits of an encoder
    assert model is JOINT or numpy.array_equal(opened[:, :-2], before)
    optimizer = nlp.resume_training()
    for _ in range(12):
        nlp.update([*new, *make_examples(nlp)], sgd=optimizer)
    assert ents(nlp("The Titanic sinks.")) == [("Titanic", "SHIP")] and ents(nlp(TEXTS[1])) == GOLD[1]
    nlp.to_disk(tmp_path)
    assert numpy.array_equal(emissions(spacy.load(tmp_path)), emissions(nlp))


def test_a_label_that_comes_before_the_step():
    """What was learned before the resize counts as it would without it."""
    learned = []
    for opens in (False, True):
        nlp, examples = make(steps=2)
        optimizer = nlp.resume_training()
        nlp.update(examples, sgd=False)
        if opens:
            nlp.get_pipe(NAME).add_label("SHIP")
            (new,) = make_examples(nlp, [("The Titanic sinks.", [(4, 11, "SHIP")])])
            new.reference._.learning_weight = 0.0
            nlp.update([new], sgd=False)
        before = emissions(nlp)[:, :5]
        nlp.get_pipe(NAME).finish_update(optimizer)
        learned.append(emissions(nlp)[:, :5])
        assert not numpy.allclose(learned[-1], before, atol=0.01)
    assert emissions(nlp).shape[1] == 7 and learned[1] == pytest.approx(learned[0], abs=1e-5)


@pytest.mark.parametrize(
    "code, model",
    [
        ("E301", {**LINEAR, "features": {**FEATURES, "templates": ["lower["]}}),
        ("E302", {**LINEAR, "features": {**FEATURES, "templates": ["lover"]}}),
        ("E307", {**LINEAR, "features": None}),
    ],
)
def test_models_that_cannot_be_made(code, model):
    with pytest.raises(ValueError, match=code):
        make_nlp(model=model)
