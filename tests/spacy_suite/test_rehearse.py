"""The behaviour asserted by spaCy's spacy/tests/training/test_rehearse.py (MIT), and what rehearsal is for."""
import numpy
import pytest
from spacy.lang.en import English
from spacy.training import Example

from .util import FACTORY, SMALL, ents, listening_config, make_examples, train

KNOWN = [
    ("Who is Shaka Khan?", {"entities": [(7, 17, "PERSON")]}),
    ("I like London and Berlin.", {"entities": [(7, 13, "LOC"), (18, 24, "LOC")]}),
    ("Shaka Khan lives in New York.", {"entities": [(0, 10, "PERSON"), (20, 28, "LOC")]}),
    ("Nobody is here.", {"entities": []}),
]
NEW = [
    ("I bought new forks.", {"entities": [(13, 18, "UTENSIL")]}),
    ("Spoons and forks lie here.", {"entities": [(0, 6, "UTENSIL"), (11, 16, "UTENSIL")]}),
    ("Nobody sells knives.", {"entities": [(13, 19, "UTENSIL")]}),
]
GROUPS = {"PERSON": "people", "LOC": "places"}


def texts_of(nlp, data):
    return [Example(nlp.make_doc(text), nlp.make_doc(text)) for text, _ in data]


def in_groups(data, *labels):
    """The entities as span groups, one for each of the labels."""
    return [
        (text, {"spans": {GROUPS[label]: [ent for ent in gold["entities"] if ent[2] == label] for label in labels}})
        for text, gold in data
    ]


def f1(nlp, data, measure="ents_f"):
    return nlp.evaluate(make_examples(nlp, data))[measure]


def test_rehearse(trained):
    """Training goes on with a label that is new, while what is known is rehearsed."""
    trained.get_pipe(FACTORY).add_label("UTENSIL")
    known = make_examples(trained)
    new = make_examples(trained, [("Natasha bought new forks.", {"entities": [(0, 7, "PERSON"), (19, 24, "UTENSIL")]})])
    optimizer = trained.resume_training()
    optimizer.learn_rate = 0.01
    for _ in range(30):
        trained.update(new, sgd=optimizer)
        trained.rehearse(known, sgd=optimizer)
    assert ents(trained("Natasha bought new forks.")) == [("Natasha", "PERSON"), ("forks", "UTENSIL")]


@pytest.mark.parametrize("rehearses", [True, False])
@pytest.mark.parametrize("added_first", [True, False])
def test_what_was_known_stays_known_only_by_rehearsal(rehearses, added_first):
    """The new label comes with texts that have no other, before or after `resume_training`."""
    nlp = English()
    tagger = nlp.add_pipe(FACTORY, config=SMALL)
    train(nlp, make_examples(nlp, KNOWN))
    assert f1(nlp, KNOWN) == 1.0
    if added_first:
        tagger.add_label("UTENSIL")
    optimizer = nlp.resume_training()
    tagger.add_label("UTENSIL")
    for _ in range(30):
        nlp.update(make_examples(nlp, NEW), sgd=optimizer)
        if rehearses:
            nlp.rehearse(texts_of(nlp, KNOWN), sgd=optimizer)
    assert f1(nlp, NEW) == 1.0
    assert f1(nlp, KNOWN) == 1.0 if rehearses else f1(nlp, KNOWN) < 0.5


def test_rehearsal_before_anything_has_changed_costs_nothing(trained):
    trained.resume_training()
    loss = trained.get_pipe(FACTORY).rehearse(texts_of(trained, KNOWN))[FACTORY]
    assert loss == pytest.approx(0.0, abs=1e-5)


def test_rehearsal_without_an_older_model_does_nothing(trained):
    before = trained.get_pipe(FACTORY).model.to_bytes()
    assert trained.get_pipe(FACTORY).rehearse(texts_of(trained, KNOWN)) == {}
    trained.rehearse(texts_of(trained, KNOWN), sgd=trained.create_optimizer())
    assert trained.get_pipe(FACTORY).model.to_bytes() == before


@pytest.mark.filterwarnings("ignore:.*W404")
def test_chain_that_is_new_since_then_has_nothing_to_rehearse():
    """Of two chains, only one had labels."""
    nlp = English()
    tagger = nlp.add_pipe(FACTORY, config={**SMALL, "chains": {key: {"spans_key": key} for key in GROUPS.values()}})
    people, places = in_groups(KNOWN, "PERSON"), in_groups(KNOWN[1:2], "LOC")
    train(nlp, make_examples(nlp, people))
    assert [chain.name for chain in tagger.chains] == ["people"] and f1(nlp, people, "spans_people_f") == 1.0
    optimizer = nlp.resume_training()
    tagger.add_label("LOC", "places")
    for _ in range(30):
        nlp.update(make_examples(nlp, places), sgd=optimizer)
        losses = nlp.rehearse(texts_of(nlp, KNOWN), sgd=optimizer)
    assert losses[FACTORY] < 0.1
    assert f1(nlp, people, "spans_people_f") == f1(nlp, places, "spans_places_f") == 1.0


@pytest.fixture
def listening():
    """A tok2vec, and our component as the last of its listeners."""
    nlp = English.from_config(listening_config("tok2vec", "tagger", FACTORY))
    data = [(text, {**gold, "tags": [token.shape_ for token in nlp.make_doc(text)]}) for text, gold in KNOWN]
    train(nlp, make_examples(nlp, data), steps=10)
    nlp.resume_training()
    return nlp


def gradient_of(nlp, compute):
    nodes = [(node, name) for node in nlp.get_pipe("tok2vec").model.walk() for name in node.param_names]
    for node, name in nodes:
        node.set_grad(name, numpy.zeros_like(node.get_param(name)))
    compute()
    return numpy.concatenate([node.get_grad(name).ravel() for node, name in nodes])


@pytest.mark.parametrize("texts", [KNOWN, [("\n", {})]])
def test_rehearsal_as_the_last_listener_brings_the_gradients_of_all(listening, texts):
    nlp = listening
    tok2vec, tagger, ours = (nlp.get_pipe(name) for name in ("tok2vec", "tagger", FACTORY))
    examples = texts_of(nlp, texts)
    for example in examples:
        example.predicted.tensor = tok2vec.predict([example.predicted])[0]
        example.reference[0].tag_ = "xx"

    def learn(rehearses):
        tok2vec.update(examples)
        tagger.update(examples)
        (ours.rehearse if rehearses else ours.update)(examples)

    found = gradient_of(nlp, lambda: learn(True))
    assert numpy.abs(found).max() > 0
    assert found == pytest.approx(gradient_of(nlp, lambda: learn(False)), abs=1e-6)  # neither has anything to add


def test_rehearsal_of_a_listener_needs_the_vectors_of_the_older_encoder(listening):
    examples = texts_of(listening, KNOWN)
    listening.get_pipe("tok2vec").update(examples)
    with pytest.raises(ValueError, match="E708.*bio_crf_tagger.*Who is"):
        listening.get_pipe(FACTORY).rehearse(examples)
