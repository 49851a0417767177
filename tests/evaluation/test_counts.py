"""Counts by label, length and familiarity."""
from dataclasses import replace

import pytest
import spacy
from hypothesis import given
from spacy.tokens import Doc, Span

from spacy_bio_crf.evaluation import (
    Counts,
    averages,
    by_familiarity,
    by_label,
    by_length,
    count_by,
    forms_of,
    join_groups,
    token_accuracy,
    total,
)
from spacy_bio_crf.evaluation.counts import OTHER_LABEL, SEEN, UNSEEN, counts_of_docs, overlapping
from spacy_bio_crf.tags import TokenSpan

from .documents import LABELS, documents, make_doc, nested


@given(documents(nested()))
def test_parts_add_up(docs):
    whole = Counts(
        sum(len(set(doc.gold) & set(doc.predicted)) for doc in docs),
        sum(len(doc.predicted) for doc in docs),
        sum(len(doc.gold) for doc in docs),
    )
    for parts in (by_label(docs), by_length(docs), by_familiarity(docs, {("w0", "A")}), count_by(docs, lambda *_: 0)):
        assert total(parts) == whole
    assert tuple(counts_of_docs(docs, LABELS).sum(axis=(0, 1))) == whole
    assert {label: tuple(row) for label, row in zip(LABELS, counts_of_docs(docs, LABELS).sum(axis=0)) if row.any()} == by_label(docs)


def test_lengths():
    gold = [(0, 1, "A"), (1, 3, "A"), (3, 8, "A"), (8, 17, "A"), (17, 27, "A"), (27, 60, "A")]
    found = by_length([make_doc(gold, gold[1:3] + [(0, 3, "A")], length=60)])
    assert found == {"1": (0, 0, 1), "2": (1, 1, 1), "3": (0, 1, 0), "5-9": (1, 1, 2), "10+": (0, 0, 2)}


def test_familiarity_minds_neither_case_nor_space():
    vocab = spacy.blank("en").vocab
    train = Doc(vocab, words=["New", "\n", "York", "May"], spaces=[True, False, True, False])
    train.ents = [Span(train, 0, 3, "PLACE"), Span(train, 3, 4, "MONTH")]
    train.spans["places"], train.spans["months"] = [train.ents[0]], [train.ents[1]]
    forms = forms_of([train])
    assert forms == forms_of([train], ["places", "months", "none"]) == {("new york", "PLACE"), ("may", "MONTH")}
    doc = make_doc([(0, 2, "PLACE"), (2, 3, "PERSON"), (3, 4, "PLACE")], [(2, 3, "MONTH")], length=4)
    words = ["NEW", "York", "may", "Oslo"]
    starts = [0, 4, 9, 13]
    doc = replace(doc, text=" ".join(words), places=[(start, start + len(word)) for start, word in zip(starts, words)])
    assert by_familiarity([doc], forms) == {SEEN: (0, 1, 1), OTHER_LABEL: (0, 0, 1), UNSEEN: (0, 0, 1)}


def test_groups_of_one_document_are_joined():
    """A span of several groups counts once, with the highest of its probabilities; one without a probability may get one."""
    outer = make_doc([(0, 2, "A")], [(0, 2, "A"), (3, 4, "B"), (5, 6, "C")], probability=[0.4, 0.9, float("nan")])
    inner = make_doc([(0, 2, "A"), (1, 2, "B")], [(0, 2, "A"), (5, 6, "C")], probability=[0.7, 0.2])
    outer.gold_probability[TokenSpan(0, 2, "A")] = 0.1
    inner.gold_probability[TokenSpan(1, 2, "B")] = 0.3
    joined = join_groups([outer, inner])
    assert joined.gold == [(0, 2, "A"), (1, 2, "B")]
    assert joined.predicted == [(0, 2, "A"), (3, 4, "B"), (5, 6, "C")]
    assert joined.probability.tolist() == [0.7, 0.9, 0.2]
    assert joined.gold_probability == {(0, 2, "A"): 0.1, (1, 2, "B"): 0.3}


def test_averages_of_nothing():
    assert averages({}) == {name: {"p": 0.0, "r": 0.0, "f": 0.0} for name in ("micro", "macro", "weighted")}
    assert token_accuracy([]) is None


def test_accuracy_leaves_out_what_is_not_annotated():
    doc = make_doc([(0, 2, "A")], [(0, 1, "A")], length=4)
    assert token_accuracy([doc]) == 3 / 4
    doc.known[3] = False  # which would be right
    assert token_accuracy([doc]) == 2 / 3
    doc.known[1] = False
    assert token_accuracy([doc]) == 1.0
    assert token_accuracy([make_doc([(0, 2, "A"), (1, 3, "A")], [])]) is None


@pytest.mark.parametrize("label", LABELS)
def test_one_label(label):
    doc = make_doc([(0, 2, "A"), (2, 3, "B")], [(0, 2, "A"), (2, 3, "C")], probability=[0.9, 0.4])
    part = doc.of_label(label)
    assert {span.label for span in [*part.gold, *part.predicted]} == {label}
    assert part.probability.tolist() == {"A": [0.9], "B": [], "C": [0.4]}[label]


def test_overlaps_name_the_span_that_reaches_furthest():
    spans = [TokenSpan(*row) for row in [(0, 5, "A"), (1, 2, "B"), (3, 6, "C"), (6, 7, "A")]]
    assert overlapping(spans) == [(spans[0], spans[1]), (spans[0], spans[2])]
