"""Preset entities and blocked tokens stand, and the rest is decoded given them."""
import pytest
from spacy.tokens import Doc, Span

from ..conftest import ents, make_examples, make_nlp, train
from .test_posterior import random_tagger


@pytest.mark.parametrize("scheme", ["BIO", "IO"])
def test_preset_entities_stand_and_the_rest_is_decoded_given_them(scheme):
    nlp = make_nlp(scheme=scheme)
    train(nlp, make_examples(nlp))
    doc = nlp.make_doc("Shaka Khan lives in New York.")
    preset = [Span(doc, 0, 1, label="PERSON", kb_id="Q1", span_id="id1"), Span(doc, 5, 6, label="ELSE")]
    doc.set_ents(preset, default="missing")
    before = [(e.start, e.end, e.label_, e.kb_id_, e.ent_id_) for e in doc.ents]
    doc = nlp.get_pipe("bio_crf_tagger")(doc)
    assert [(e.start, e.end, e.label_, e.kb_id_, e.ent_id_) for e in doc.ents if e.start in (0, 5)] == before
    assert doc.has_annotation("ENT_IOB", require_complete=True)


def test_decoding_is_conditional_on_what_is_preset(trained):
    """The path itself holds the preset tags, so that the rest is the best given them."""
    tagger = trained.get_pipe("bio_crf_tagger")
    doc = trained.make_doc("Who is Shaka Khan?")

    def path():
        return [tagger.tagset.names[tag] for tag in tagger.predict([trained.make_doc("I"), doc])[1][0].tags]

    assert path() == ["O", "O", "B-PERSON", "I-PERSON", "O"]
    doc.set_ents([], blocked=[doc[2:3]], default="missing")
    assert path()[2] == "O" and path()[3] != "I-PERSON"
    doc.set_ents([Span(doc, 1, 3, label="LOC")], default="missing")
    assert path()[1:3] == ["B-LOC", "I-LOC"] and path()[3] != "I-LOC"
    doc.set_ents([Span(doc, 1, 3, label="ELSE")], default="missing")
    assert path()[1:3] == ["O", "O"] and path()[3] != "I-PERSON"


def test_overwrite_drops_preset_entities():
    nlp = make_nlp(overwrite=True)
    train(nlp, make_examples(nlp))
    doc = nlp.make_doc("I like London and Berlin.")
    doc.set_ents([Span(doc, 0, 3, label="ELSE")], blocked=[doc[4:5]], default="missing")
    assert ents(nlp.get_pipe("bio_crf_tagger")(doc)) == [("London", "LOC"), ("Berlin", "LOC")]


@pytest.mark.parametrize("scheme", ["BIO", "IOB1", "IO"])
def test_preset_whitespace_beside_an_entity_of_its_label(scheme):
    nlp = make_nlp(scheme=scheme)
    nlp.get_pipe("bio_crf_tagger").add_label("A")
    nlp.initialize()
    doc = Doc(nlp.vocab, words=["\n", "d", " ", "e"])
    doc.ents = [Span(doc, i, i + 1, label="A") for i in range(4)]
    assert len(nlp.get_pipe("bio_crf_tagger")(doc).ents) == 4


def test_blocked_whitespace_parts_a_span(trained):
    tagger = trained.get_pipe("bio_crf_tagger")
    doc = Doc(trained.vocab, words=["Who", "is", "Shaka", "\n", "Khan", "?"])
    assert tagger.tagset.names[tagger.predict([doc])[0][0].tags[3]] == "I-PERSON"
    doc.set_ents([], blocked=[doc[3:4]], default="missing")
    assert tagger.tagset.names[tagger.predict([doc])[0][0].tags[3]] != "I-PERSON"
    doc = tagger(doc)
    assert all(not ent.start <= 3 < ent.end for ent in doc.ents)
    assert doc[3].ent_iob == 3 and not doc[3].ent_type


@pytest.mark.parametrize(
    "constraints, first",
    [
        ({"sentence_bounded": True}, None),
        ({"max_span_length": 1}, None),
        ({"max_span_length": {"a": 1}}, None),
        ({"at_most_one": ["a"]}, "a"),
        ({"label_order": ["a", "b"]}, "b"),
        ({"disabled_labels": ["a"]}, None),
    ],
)
@pytest.mark.parametrize("scheme", ["BIO", "IO"])
def test_preset_entities_that_the_rules_forbid_stand_and_are_outside_for_the_chain(scheme, constraints, first):
    tagger = random_tagger(scheme, 0.3, 1, constraints=constraints)
    doc = Doc(tagger.vocab, words=["v", "w", "x", "y", "z"], sent_starts=[True, False, False, True, False])
    preset = [Span(doc, 2, 4, label="a", kb_id="Q1", span_id="id1")]
    preset += [] if first is None else [Span(doc, 0, 1, label=first)]
    doc.set_ents(preset, default="missing")
    ((decoding,),) = tagger.predict([doc])
    names = [tagger.tagset.names[tag] for tag in decoding.tags]
    assert names[2:4] == ["O", "O"] and (scheme == "IO" or names[4][0] != "I")
    assert first is None or names[0].endswith(first)
    assert {(2, 4, "a", "Q1", "id1")} <= {(e.start, e.end, e.label_, e.kb_id_, e.ent_id_) for e in tagger(doc).ents}


def test_touching_preset_entities_that_the_scheme_cannot_tell_apart_are_outside_for_the_chain():
    tagger = random_tagger("IO", 0.3, 1)
    doc = Doc(tagger.vocab, words=["x", "y", "z"])
    doc.set_ents([Span(doc, 0, 1, label="a"), Span(doc, 1, 2, label="a")], default="missing")
    ((decoding,),) = tagger.predict([doc])
    assert [tagger.tagset.names[tag] for tag in decoding.tags[:2]] == ["O", "O"]
    assert [(e.start, e.end, e.label_) for e in tagger(doc).ents][:2] == [(0, 1, "a"), (1, 2, "a")]
