"""Labels: where they come from, and new ones on a trained model."""

import numpy
import pytest
import spacy

from ..conftest import SENTENCES, SMALL_MODEL, ents, make_examples, make_nlp, train

TOK2VEC = SMALL_MODEL["tok2vec"]
LISTENER = {
    "@architectures": "spacy_bio_crf.BioCrfTagger.v1",
    "tok2vec": {"@architectures": "spacy.Tok2VecListener.v1", "width": 32, "upstream": "tok2vec"},
}


def test_preset_entity_of_a_closed_label(trained, tmp_path):
    trained.to_disk(tmp_path)
    nlp = spacy.load(tmp_path)
    nlp.get_pipe("bio_crf_tagger").add_label("NEW")
    nlp.add_pipe("entity_ruler", first=True).add_patterns([{"label": "NEW", "pattern": "I"}])
    assert ents(nlp("I like London and Berlin.")) == [("I", "NEW"), ("London", "LOC"), ("Berlin", "LOC")]


def test_labels_come_from_examples_or_from_the_call():
    nlp = make_nlp()
    nlp.initialize(lambda: make_examples(nlp))
    tagger = nlp.get_pipe("bio_crf_tagger")
    assert tagger.labels == tagger.label_data == ("LOC", "PERSON")
    nlp = make_nlp()
    tagger = nlp.get_pipe("bio_crf_tagger")
    tagger.initialize(lambda: make_examples(nlp), nlp=nlp, labels=["PERSON", "X"])
    assert tagger.labels == ("PERSON", "X")


def test_new_label_changes_nothing_until_it_is_trained(trained, tmp_path):
    trained.to_disk(tmp_path)
    nlp = spacy.load(tmp_path)
    tagger = nlp.get_pipe("bio_crf_tagger")
    texts = ["I like London and Berlin.", "Some unseen words, Khan!"]
    docs = [nlp.make_doc(text) for text in texts]

    def outcome():
        decodings = [decoding for (decoding,) in tagger.predict(docs)]
        return [(one.tags.tolist(), one.probabilities.tolist()) for one in decodings], tagger.model.predict(docs).emissions

    old, emissions = outcome()
    assert tagger.add_label("DAY") == 1 and tagger.add_label("DAY") == 0
    new, emissions_now = outcome()
    assert new == old and numpy.array_equal(emissions, emissions_now)
    tagger.update(make_examples(nlp), sgd=nlp.create_optimizer())  # other labels, and still no DAY
    assert tagger.tagset.labels == ("LOC", "PERSON")
    examples = make_examples(nlp, [("I like Monday.", [(7, 13, "DAY")]), *SENTENCES])
    optimizer = nlp.resume_training()
    for _ in range(40):
        nlp.update(examples, sgd=optimizer)
    assert nlp.evaluate(examples)["ents_f"] == 1.0
    nlp.to_disk(tmp_path)
    assert spacy.load(tmp_path).evaluate(make_examples(nlp, [("I like Monday.", [(7, 13, "DAY")])]))["ents_f"] == 1.0


SETUPS = {
    "one chain": {},
    "rules": {
        "constraints": {"max_span_length": 2, "at_most_one": ["LOC", "NEW0"], "label_order": ["LOC", "NEW1", "PERSON"]}
    },
    "several chains": {
        "set_ents": False,
        "chains": {"people": {"spans_key": "found"}, "places": {"set_ents": True}},
    },
    "a chain per label": {"set_ents": False, "spans_key": "found", "chain_per_label": True},
}


@pytest.mark.filterwarnings("ignore:.*W401")  # two places, where the rules allow one
@pytest.mark.parametrize("scheme", ["BIO", "IO", "BIOES"])
@pytest.mark.parametrize("setup", SETUPS)
def test_new_labels_change_nothing_until_they_are_trained(setup, scheme):
    """Neither paths nor spans, nor a bit of a probability or a loss."""
    nlp = make_nlp(scheme=scheme, **SETUPS[setup])
    tagger = nlp.get_pipe("bio_crf_tagger")
    examples = make_examples(nlp)
    for example in examples:
        example.reference.spans["found"] = list(example.reference.ents)
    train(nlp, examples, steps=15)
    docs = [nlp.make_doc(text) for text, _ in SENTENCES] + [nlp.make_doc("Some \n unseen words, Khan of York! " * 5)]

    def outcome():
        decodings = [one for of_chains in tagger.predict(docs) for one in of_chains]
        loss, _ = tagger.get_loss(examples, tagger.model.predict([example.predicted for example in examples]))
        found = [[one.tags.tolist(), one.spans.tolist()] for one in decodings]
        return found, [loss, *numpy.concatenate([one.probabilities for one in decodings])]

    found, numbers = outcome()
    assert len(numbers) > 3
    chains = ("people", "places", "people") if tagger.cfg["chains"] else (None,) * 3
    for label, chain in zip(("NEW0", "NEW1", "NEW2"), chains):
        tagger.add_label(label, chain)
        assert outcome() == (found, numbers)


def test_new_label_under_an_optimizer_already_in_use():
    nlp = make_nlp()
    optimizer = nlp.initialize(lambda: make_examples(nlp))
    nlp.update(make_examples(nlp), sgd=optimizer)
    nlp.get_pipe("bio_crf_tagger").add_label("DAY")
    examples = make_examples(nlp, [("I like Monday.", [(7, 13, "DAY")]), *SENTENCES])
    for _ in range(60):
        nlp.update(examples, sgd=optimizer)
    assert nlp.evaluate(examples)["ents_f"] == 1.0


def test_opening_a_label_keeps_gradients_that_wait(trained, tmp_path):
    trained.to_disk(tmp_path)
    nlp = spacy.load(tmp_path)
    tagger = nlp.get_pipe("bio_crf_tagger")
    tagger.add_label("DAY")
    wrong = make_examples(nlp, [("I like London.", [(0, 1, "PERSON")])])
    new = make_examples(nlp, [("I like Monday.", [(7, 13, "DAY")])])

    def gradient(*batches):
        tagger.model.get_ref("output_layer").set_grad("W", 0 * tagger.model.get_ref("output_layer").get_param("W"))
        for batch in batches:
            tagger.update(batch, sgd=None)
        return tagger.model.get_ref("output_layer").get_grad("W").copy()

    both = gradient(wrong, new)
    assert numpy.abs(both).sum() > 1.5 * numpy.abs(gradient(new)).sum()


def test_gold_of_an_unknown_label_is_reported(trained):
    with pytest.warns(UserWarning, match="W402.*'DAY'"):
        trained.update(make_examples(trained, [("I like Monday.", [(7, 13, "DAY")])]), sgd=False)
