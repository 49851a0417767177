"""Example -> the gold lattice: missing, misaligned, whitespace, forbidden."""
import numpy
import pytest
import spacy
from spacy.tokens import Doc, Span, SpanGroup
from spacy.training import Example

from spacy_bio_crf.pipeline.chains import Chain
from spacy_bio_crf.pipeline.gold import gold_lattice
from spacy_bio_crf.tags import States, TagSet


@pytest.fixture
def vocab():
    return spacy.blank("en").vocab


def read(eg, tagset, key=None, **settings):
    """The gold of a chain over these tags."""
    chain = Chain("", key, key is None, False, tagset, States(tagset), numpy.arange(len(tagset)))
    return gold_lattice(eg, chain, **settings)


def names(tagset, allowed):
    """Names of the allowed tags of each token; "*" for all."""
    return ["*" if row.all() else "|".join(numpy.array(tagset.names)[row]) for row in allowed]


def example(vocab, words, ents=(), missing=()):
    reference = Doc(vocab, words=words)
    reference.set_ents([Span(reference, *ent) for ent in ents], missing=[reference[i : i + 1] for i in missing])
    return Example(Doc(vocab, words=words), reference)


def test_complete_gold_is_one_tag_a_token(vocab):
    eg = example(vocab, ["New", "York", "or", "Rome"], ents=[(0, 2, "LOC"), (3, 4, "LOC")])
    tagset = TagSet("BIOES", ["LOC"])
    allowed, forbidden, *_ = read(eg, tagset)
    assert names(tagset, allowed) == ["B-LOC", "E-LOC", "O", "S-LOC"] and not forbidden


def test_missing_tokens_are_free_but_do_not_prolong_a_known_span(vocab):
    eg = example(vocab, ["Rome", "a", "b", "c"], ents=[(0, 1, "LOC")], missing=[1, 2])
    tagset = TagSet("BIO", ["LOC"])
    allowed, *_ = read(eg, tagset)
    assert names(tagset, allowed) == ["B-LOC", "O|B-LOC", "*", "O"]


def test_no_annotation_at_all_is_missing(vocab):
    eg = Example(Doc(vocab, words=["a", "b"]), Doc(vocab, words=["a", "b"]))
    assert read(eg, TagSet("BIO", ["LOC"]))[0].all()
    assert read(eg, TagSet("BIO", ["LOC"]), "key")[0].all()


def test_misaligned_entity_is_missing(vocab):
    spaces = [True, False, True, False]
    reference = Doc(vocab, words=["a", "NewYork", "-based", "b"], spaces=spaces, ents=["O", "B-LOC", "O", "O"])
    eg = Example(Doc(vocab, words=["a", "NewYork-based", "b"]), reference)
    tagset = TagSet("BIO", ["LOC"])
    assert names(tagset, read(eg, tagset)[0]) == ["O", "*", "O"]


def test_misaligned_group_span_is_missing(vocab):
    reference = Doc(vocab, words=["a", "NewYork", "-based", "b"], spaces=[True, False, True, False])
    reference.spans["key"] = SpanGroup(reference, spans=[Span(reference, 1, 2, "LOC"), Span(reference, 3, 4, "LOC")])
    eg = Example(Doc(vocab, words=["a", "NewYork-based", "b"]), reference)
    tagset = TagSet("BIO", ["LOC"])
    assert names(tagset, read(eg, tagset, "key")[0]) == ["O", "*", "B-LOC"]


def test_whitespace_inside_a_span_is_not_in_the_chain(vocab):
    eg = example(vocab, ["\n", "New", " ", "York", "\n", "x"], ents=[(1, 4, "LOC")])
    tagset = TagSet("BIO", ["LOC"])
    assert names(tagset, read(eg, tagset)[0]) == ["B-LOC", "I-LOC", "O"]


@pytest.mark.parametrize("span", [(0, 4, "LOC"), (1, 5, "LOC"), (4, 5, "LOC")])
def test_span_that_begins_or_ends_on_whitespace_is_reported_and_missing(vocab, span):
    eg = example(vocab, ["\n", "New", " ", "York", "\n", "x"], ents=[span])
    gold = read(eg, TagSet("BIO", ["LOC"]))
    inside = ["*", "*"] if span != (4, 5, "LOC") else ["O", "O"]
    assert gold.lost == [span] and names(TagSet("BIO", ["LOC"]), gold.allowed) == [*inside, "O"]


def test_unknown_label_is_outside(vocab):
    eg = example(vocab, ["a", "b"], ents=[(0, 1, "OTHER")])
    tagset = TagSet("BIO", ["LOC"])
    gold = read(eg, tagset)
    assert names(tagset, gold.allowed) == ["O", "O"] and gold.foreign == {"OTHER"}


def test_overlapping_gold_is_reported_and_missing(vocab):
    reference = Doc(vocab, words=["a", " ", "b", "c", "d"])
    spans = [Span(reference, 0, 3, "LOC"), Span(reference, 2, 4, "LOC"), Span(reference, 4, 5, "LOC")]
    reference.spans["key"] = SpanGroup(reference, spans=spans)
    tagset = TagSet("BIO", ["LOC"])
    allowed, forbidden, *_ = read(Example(Doc(vocab, words=["a", " ", "b", "c", "d"]), reference), tagset, "key")
    assert forbidden == [(0, 3, "LOC"), (2, 4, "LOC")]
    assert names(tagset, allowed) == ["*", "*", "*", "B-LOC"]


def test_touching_gold_of_one_label_is_reported_in_io(vocab):
    eg = example(vocab, ["a", "b", "c"], ents=[(0, 1, "LOC"), (1, 2, "LOC")])
    tagset = TagSet("IO", ["LOC"])
    allowed, forbidden, *_ = read(eg, tagset)
    assert forbidden == [(0, 1, "LOC"), (1, 2, "LOC")]
    assert allowed.tolist() == [[True] * 3, [True] * 3, [True, False, False]]
