"""Plain gold of a batch, against what is read example by example."""
import numpy
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.attrs import ENT_IOB
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_bio_crf.attributes import register_attributes
from spacy_bio_crf.pipeline.chains import Chain
from spacy_bio_crf.pipeline.gold import gold_lattice
from spacy_bio_crf.pipeline.plain_gold import plain_golds
from spacy_bio_crf.tags import LabelBefore, MaxLength, States, TagSet

VOCAB = spacy.blank("en").vocab
LABELS = ["LOC", "LOC", "PER", "PER", "foreign"]
ODDITIES = ["words", "length", "weight", "labels", "candidates"]
register_attributes()


@st.composite
def chains(draw, rules=()):
    scheme, labels = st.sampled_from(["BIO", "BIOES", "IO", "IOB1"]), st.sampled_from([["LOC"], ["PER", "LOC"]])
    tagset = TagSet(draw(scheme), draw(labels))
    states = States(tagset, rules)
    key = draw(st.sampled_from([None, "gold"]))
    return Chain("", key, key is None, draw(st.booleans()), tagset, states, numpy.arange(len(tagset)))


@st.composite
def documents(draw, words):
    """A reference with entities, blocked, missing and outside tokens, and with a group of spans that may overlap."""
    doc = Doc(VOCAB, words=words, spaces=[draw(st.booleans()) for _ in words])
    if not words:
        return doc
    said, start = {kind: [] for kind in ("entities", "blocked", "missing", "outside", "default")}, 0
    while start < len(words):
        end = min(len(words), start + draw(st.integers(1, 3)))
        kind = draw(st.sampled_from(["entities", *said]))
        said[kind].append(Span(doc, start, end, draw(st.sampled_from(LABELS)) if kind == "entities" else ""))
        start = end
    del said["default"]
    if draw(st.integers(0, 3)):
        doc.set_ents(**said, default=draw(st.sampled_from(["missing", "outside", "blocked"])))
    places = st.tuples(st.integers(0, len(words) - 1), st.integers(1, 3), st.sampled_from([*LABELS, ""]))
    if draw(st.integers(0, 3)):
        drawn = draw(st.lists(places, max_size=3))
        doc.spans["gold"] = [Span(doc, start, min(start + n, len(words)), label) for start, n, label in drawn]
    return doc


@st.composite
def examples(draw):
    known = draw(st.sampled_from([["a", "aa"], ["a", "aa", "B", "B", "\n"]]))
    words = draw(st.lists(st.sampled_from(known), max_size=6))
    reference = draw(documents(words))
    predicted = Doc(VOCAB, words=words, spaces=[draw(st.booleans()) for _ in words])
    oddity = draw(st.sampled_from([*ODDITIES, *[None] * 3 * len(ODDITIES)]))
    if words and oddity == "words":
        others = words[::-1] if set(words) <= {"a", "aa"} else [*words[:-1], words[-1].swapcase()]
        predicted = Doc(VOCAB, words=others, spaces=[False] * len(words))
    elif oddity == "length":
        predicted = Doc(VOCAB, words=[*words, "\n"])
    elif oddity == "weight":
        reference._.learning_weight = 0.5
    elif oddity == "labels":
        reference._.annotated_labels = ["PER"]
    elif oddity == "candidates":
        reference.spans["candidates"] = [reference[:1]] if words else []
    return Example(predicted, reference), oddity is None


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([(), (LabelBefore(),)]).flatmap(chains), st.lists(examples(), min_size=1, max_size=4))
def test_plain_gold_is_what_is_read_example_by_example(chain, drawn):
    """And gold of which all can be learned is plain."""
    batch = [eg for eg, _ in drawn]
    for (eg, has_no_oddity), found in zip(drawn, plain_golds(batch, chain, ["candidates", None])):
        gold = gold_lattice(eg, chain, candidates_key="candidates")
        if found is None:
            assert not has_no_oddity or not len(eg.predicted) or gold.lost or gold.foreign
            continue
        assert (found.lost, found.foreign, found.weights, found.heights) == ([], set(), None, None)
        assert (gold.lost, gold.foreign, gold.weights, gold.heights) == ([], set(), None, None)
        assert numpy.array_equal(found.allowed, gold.allowed)


def test_no_gold_is_plain_for_a_chain_whose_rules_it_may_break():
    tagset = TagSet("BIO", ["LOC"])
    states = States(tagset, [MaxLength({0: 1})])
    chain = Chain("", None, True, False, tagset, states, numpy.arange(len(tagset)))
    reference = Doc(VOCAB, words=["New", "York"], ents=["B-LOC", "I-LOC"])
    eg = Example(Doc(VOCAB, words=["New", "York"]), reference)
    assert plain_golds([eg], chain) == [None]
    assert gold_lattice(eg, chain).lost == [(0, 2, "LOC")]


def test_a_label_that_no_tag_can_carry_is_left_to_be_refused():
    eg = Example(Doc(VOCAB, words=["Rome"]), Doc(VOCAB, words=["Rome"], ents=["B-!LOC"]))
    tagset = TagSet("BIO", ["LOC"])
    chain = Chain("", None, True, False, tagset, States(tagset), numpy.arange(len(tagset)))
    assert plain_golds([eg], chain) == [None]
    with pytest.raises(ValueError, match="E869"):
        gold_lattice(eg, chain)


@pytest.mark.parametrize("iob", [0, 1])
def test_nothing_is_said_across_documents(iob):
    """Neither does an entity run on, whatever an array has written there, nor does its end tell of the next token."""
    first = Doc(VOCAB, words=["in", "Rome"], ents=["O", "B-LOC"])
    second = Doc(VOCAB, words=["Rome"]).from_array([ENT_IOB], numpy.array([iob], dtype="uint64"))
    batch = [Example(Doc(VOCAB, words=[token.text for token in doc]), doc) for doc in (first, second)]
    tagset = TagSet("BIO", ["LOC"])
    chain = Chain("", None, True, False, tagset, States(tagset), numpy.arange(len(tagset)))
    for eg, found in zip(batch, plain_golds(batch, chain)):
        assert numpy.array_equal(found.allowed, gold_lattice(eg, chain).allowed)


@pytest.mark.parametrize("words", [["Rome", "\n"], ["\n", "Rome"]])
def test_a_span_with_whitespace_at_an_end_is_odd(words):
    reference = Doc(VOCAB, words=words, ents=["B-LOC", "I-LOC"])
    tagset = TagSet("BIO", ["LOC"])
    chain = Chain("", None, True, False, tagset, States(tagset), numpy.arange(len(tagset)))
    assert plain_golds([Example(Doc(VOCAB, words=words), reference)], chain) == [None]


def test_overlapping_spans_are_odd():
    tagset = TagSet("BIO", ["LOC"])
    chain = Chain("", "gold", False, False, tagset, States(tagset), numpy.arange(len(tagset)))
    for places, odd in (([(0, 3), (1, 2)], True), ([(0, 2), (1, 3)], True), ([(0, 1), (1, 3)], False)):
        reference = Doc(VOCAB, words=["a", "b", "c"])
        reference.spans["gold"] = [Span(reference, *place, "LOC") for place in places]
        assert (plain_golds([Example(Doc(VOCAB, words=["a", "b", "c"]), reference)], chain) == [None]) == odd


def test_spans_of_different_documents_do_not_touch():
    docs = [Doc(VOCAB, words=["Rome"], ents=["B-LOC"]) for _ in range(2)]
    tagset = TagSet("IO", ["LOC"])
    chain = Chain("", None, True, False, tagset, States(tagset), numpy.arange(len(tagset)))
    assert None not in plain_golds([Example(Doc(VOCAB, words=["Rome"]), doc) for doc in docs], chain)
