"""The entities of a reference document with the tokens of the predicted one, against spaCy's alignment."""
import numpy
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_bio_crf.pipeline import gold
from spacy_bio_crf.pipeline.chains import Chain
from spacy_bio_crf.pipeline.gold import aligned_gold
from spacy_bio_crf.tags import States, TagSet

VOCAB = spacy.blank("en").vocab
pieces = st.lists(st.sampled_from(["a", "B", "İ", "\n", "  ", "-"]), min_size=1, max_size=3)
KINDS = ["LOC", "PER", "blocked", "missing", "outside", "default"]


def of_entities(labels=()):
    """A chain that learns from the entities; from those with given labels, if any are given."""
    tagset = TagSet("BIO", labels or ["LOC"])
    return Chain("", None, True, bool(labels), tagset, States(tagset), numpy.arange(len(tagset)))


@st.composite
def annotated(draw):
    """An example whose documents have the same tokens, with all that can be said of one."""
    parts = draw(st.lists(st.tuples(st.sampled_from(KINDS), pieces), max_size=5))
    every = [word for _, some in parts for word in some]
    spaces = [[draw(st.booleans()) for _ in every] for _ in range(2)]
    predicted, reference = (Doc(VOCAB, words=every, spaces=some) for some in spaces)
    spans, start = {kind: [] for kind in KINDS}, 0
    for kind, some in parts:
        spans[kind].append(Span(reference, start, start + len(some), kind if kind in ("LOC", "PER") else ""))
        start += len(some)
    others = {kind: spans[kind] for kind in ("blocked", "missing", "outside")}
    if draw(st.sampled_from([True, True, True, False])):
        default = draw(st.sampled_from(["missing", "outside", "blocked"]))
        reference.set_ents(spans["LOC"] + spans["PER"], **others, default=default)
    return Example(predicted, reference)


@settings(max_examples=80, deadline=None)
@given(annotated())
def test_entities_of_equal_tokens_are_read_as_spacy_reads_them(eg):
    """But for whitespace tokens, of which spaCy says that they are outside, and which are in no chain."""
    ents, tags = eg.get_aligned_ents_and_ner()
    for labels in ((), ("PER",)):
        spans, misaligned, unknown = aligned_gold(eg, of_entities(labels))
        assert spans == [(ent.start, ent.end, ent.label_) for ent in ents if not labels or ent.label_ in labels]
        assert misaligned == []
        for token, tag, one in zip(eg.predicted, tags, unknown):
            assert one == (tag in (None, "-")) or token.is_space


@pytest.mark.parametrize(
    "predicted, same",
    [("New York x", True), ("NewYork x", False), ("NEW york x", False), ("New York \n x", False)],
)
def test_entities_are_aligned_where_tokens_differ(monkeypatch, predicted, same):
    words = predicted.split(" ")
    read, entities = [], gold._entities
    monkeypatch.setattr(gold, "_entities", lambda doc: read.append(doc) or entities(doc))
    reference = Doc(VOCAB, words=["New", "York", "x"], ents=["B-LOC", "I-LOC", "O"])
    eg = Example(Doc(VOCAB, words=words), reference)
    end = 1 if predicted == "NewYork x" else 2
    spans, misaligned, unknown = aligned_gold(eg, of_entities())
    assert (spans, misaligned, len(unknown)) == ([(0, end, "LOC")], [], len(words)) and not unknown[:end].any()
    assert read == [reference] * same
