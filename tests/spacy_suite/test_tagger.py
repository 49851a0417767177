"""The behaviour asserted by spaCy's spacy/tests/pipeline/test_tagger.py and test_spancat.py (MIT)."""
import pytest
from numpy.testing import assert_equal
from spacy import util
from spacy.attrs import ENT_IOB, ENT_TYPE
from spacy.lang.en import English
from spacy.language import Language
from spacy.training import Example
from thinc.api import compounding

from .util import FACTORY, SMALL, TRAIN_DATA, ents, make_examples, train

SPANS_KEY = "labeled_spans"
SPANS_DATA = [(text, {"spans": {SPANS_KEY: annotations["entities"]}}) for text, annotations in TRAIN_DATA]
TO_SPANS = {**SMALL, "spans_key": SPANS_KEY, "set_ents": False}


def test_issue4348():
    """Training with nothing but empty documents."""
    nlp = English()
    nlp.add_pipe(FACTORY, config=SMALL).add_label("A")
    example = Example.from_dict(nlp.make_doc(""), {"entities": []})
    optimizer = nlp.initialize()
    for _ in range(5):
        losses = {}
        for batch in util.minibatch([example, example], size=compounding(4.0, 32.0, 1.001)):
            nlp.update(batch, sgd=optimizer, losses=losses)
    assert losses[FACTORY] == 0.0


def test_label_types():
    tagger = Language().add_pipe(FACTORY, config=SMALL)
    tagger.add_label("A")
    with pytest.raises(ValueError):
        tagger.add_label(9)


def test_initialize_without_examples_keeps_the_labels():
    nlp = Language()
    tagger = nlp.add_pipe(FACTORY, config=SMALL)
    assert tagger.add_label("A") == 1
    assert tagger.add_label("A") == 0
    nlp.initialize()
    assert tagger.labels == ("A",)


def test_no_label():
    nlp = Language()
    nlp.add_pipe(FACTORY, config=SMALL)
    with pytest.raises(ValueError):
        nlp.initialize()


@pytest.mark.parametrize("config, data", [(SMALL, TRAIN_DATA), (TO_SPANS, SPANS_DATA)])
def test_implicit_labels(config, data):
    nlp = Language()
    tagger = nlp.add_pipe(FACTORY, config=config)
    assert tagger.labels == ()
    nlp.initialize(lambda: make_examples(nlp, data))
    assert set(tagger.labels) == {"PERSON", "LOC"}


def test_explicit_labels():
    nlp = Language()
    tagger = nlp.add_pipe(FACTORY, config=TO_SPANS)
    tagger.add_label("PERSON")
    tagger.add_label("LOC")
    nlp.initialize()
    assert tagger.labels == ("PERSON", "LOC")


def test_initialize_examples():
    nlp = Language()
    tagger = nlp.add_pipe(FACTORY, config=SMALL)
    tagger.add_label("PERSON")
    tagger.add_label("LOC")
    examples = make_examples(nlp)
    nlp.initialize()
    nlp.initialize(get_examples=lambda: examples)
    for get_examples in (lambda: None, lambda: examples[0], lambda: [], examples):
        with pytest.raises(TypeError):
            nlp.initialize(get_examples=get_examples)


def test_no_data():
    """Examples without any span give no labels, which is an error."""
    nlp = English()
    nlp.add_pipe(FACTORY, config=SMALL)
    nlp.add_pipe("textcat")
    data = [
        ("I'm so happy.", {"cats": {"POSITIVE": 1.0, "NEGATIVE": 0.0}}),
        ("I'm so angry", {"cats": {"POSITIVE": 0.0, "NEGATIVE": 1.0}}),
    ]
    with pytest.raises(ValueError):
        nlp.initialize(lambda: make_examples(nlp, data))


def test_incomplete_data():
    """Missing and misaligned annotation contradicts nothing."""
    text = "I like green eggs"
    split = {"words": ["I", "like", "gre", "en", "eggs"], "entities": ["O", "O", "O", "B-FOOD", "L-FOOD"]}
    data = [
        (text, {"entities": ["O", "O", "B-FOOD", "L-FOOD"]}),
        (text, {"entities": ["-", "O", "-", "-"]}),
        (text, split),
    ]
    nlp = English()
    nlp.add_pipe(FACTORY, config=SMALL)
    losses = train(nlp, make_examples(nlp, data), learn_rate=0.05)
    assert losses[FACTORY] < 0.00001
    assert ents(nlp(text)) == [("green eggs", "FOOD")]


def test_overfitting_IO(tmp_path):
    nlp = English()
    nlp.add_pipe(FACTORY, config=TO_SPANS)
    losses = train(nlp, make_examples(nlp, SPANS_DATA), learn_rate=0.05)
    assert losses[FACTORY] < 0.00001

    nlp.to_disk(tmp_path)
    for pipeline in (nlp, util.load_model_from_path(tmp_path)):
        doc = pipeline("I like London and Berlin")
        assert doc.ents == ()
        assert [(span.text, span.label_) for span in doc.spans[SPANS_KEY]] == [("London", "LOC"), ("Berlin", "LOC")]

    scores = nlp.evaluate(make_examples(nlp, SPANS_DATA))
    assert scores[f"spans_{SPANS_KEY}_f"] == 1.0

    texts = ["Just a sentence.", "I like London and Berlin", "I like Berlin", "I eat ham."]
    for piped, called in zip(list(nlp.pipe(texts)), [nlp(text) for text in texts]):
        assert [(s.start, s.end, s.label) for s in piped.spans[SPANS_KEY]] == [
            (s.start, s.end, s.label) for s in called.spans[SPANS_KEY]
        ]


def test_update_with_its_own_optimizer(trained):
    """Called by itself, the component makes the optimizer's step, and only then."""
    tagger = trained.get_pipe(FACTORY)
    examples = make_examples(trained, [("I like Berlin", {"entities": [(2, 6, "LOC")]})])
    before = tagger.model.to_bytes()
    tagger.update(examples)
    assert tagger.model.to_bytes() == before
    tagger.update(examples, sgd=tagger.create_optimizer())
    assert tagger.model.to_bytes() != before


def test_update_with_dropout(trained):
    examples = make_examples(trained)
    losses, losses_with_dropout = {}, {}
    trained.update(examples, losses=losses)
    trained.update(examples, losses=losses_with_dropout, drop=0.9)
    assert losses_with_dropout[FACTORY] > 10 * losses[FACTORY]


def test_pipe_in_any_batches(trained):
    texts = ["Just a sentence.", "", "I like London.", " ", "Who is Shaka Khan?"] * 3
    called = [trained(text).to_array([ENT_IOB, ENT_TYPE]) for text in texts]
    for batch_size in (1, 2, 100):
        piped = [doc.to_array([ENT_IOB, ENT_TYPE]) for doc in trained.pipe(texts, batch_size=batch_size)]
        for one, other in zip(called, piped):
            assert_equal(one, other)
