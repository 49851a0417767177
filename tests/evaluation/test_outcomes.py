"""Outcomes: counts are those of spaCy's scorer, and what is not annotated is ignored."""
import numpy
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.scorer import Scorer, get_ner_prf
from spacy.tokens import Doc, Span, SpanGroup
from spacy.training import Example

from spacy_bio_crf.attributes import register_attributes
from spacy_bio_crf.evaluation import collect_outcomes, kept_counts, total
from spacy_bio_crf.pipeline.scorer import span_score

register_attributes()
VOCAB = spacy.blank("en").vocab
WORDS = ["a", "b", "c", "d", "e", "f"]


def make_spans(doc, rows):
    return [Span(doc, start, end, label=label) for start, end, label in rows]


def make_example(predicted, gold, missing=(), scores=None, words=WORDS, gold_key=None):
    """`predicted` and `gold` are rows of (start, end, label); gold None is no annotation at all."""
    reference = Doc(VOCAB, words=WORDS)
    if gold is not None and gold_key is None:
        reference.set_ents(make_spans(reference, gold), missing=[reference[i : i + 1] for i in missing], default="outside")
    elif gold is not None:
        reference.spans[gold_key] = make_spans(reference, gold)
    doc = Doc(VOCAB, words=words, spaces=None if words is WORDS else [word in WORDS for word in words])
    spans = make_spans(doc, predicted)
    scores = numpy.linspace(0.9, 0.1, len(spans)) if scores is None else numpy.array(scores)
    doc.spans["found"] = SpanGroup(doc, spans=spans, attrs={"scores": scores})
    doc.set_ents(spans)
    return Example(doc, reference)


@st.composite
def flat_spans(draw, tokens=tuple(range(len(WORDS)))):
    rows, start = [], 0
    while start < len(WORDS):
        end = draw(st.integers(start + 1, len(WORDS)))
        label = draw(st.sampled_from(["", "A", "B"]))
        if label and all(token in tokens for token in range(start, end)):
            rows.append((start, end, label))
        start = end
    return rows


@st.composite
def examples(draw):
    missing = draw(st.sets(st.integers(0, len(WORDS) - 1), max_size=3))
    known = tuple(set(range(len(WORDS))) - missing)
    gold = draw(st.none() | flat_spans(known))
    return make_example(draw(flat_spans()), gold, missing)


@given(st.lists(examples(), max_size=4))
def test_counts_are_those_of_spacys_ner_scorer(drawn):
    counts = kept_counts(collect_outcomes(drawn, "found", None))
    scores = get_ner_prf(drawn)
    both = total(counts)
    if scores["ents_p"] is None:
        assert both == (0, 0, 0)
    else:
        assert (both.precision, both.recall, both.f_score()) == pytest.approx(
            (scores["ents_p"], scores["ents_r"], scores["ents_f"])
        )
    for label, count in counts.items():
        expected = scores["ents_per_type"][label]
        assert (count.precision, count.recall) == pytest.approx((expected["p"], expected["r"]))


@given(st.lists(st.tuples(flat_spans(), st.none() | flat_spans()), max_size=4))
def test_counts_are_those_of_spacys_span_scorer(rows):
    drawn = [make_example(predicted, gold, gold_key="gold") for predicted, gold in rows]
    scores = Scorer.score_spans(
        drawn,
        "spans_x",
        getter=lambda doc, _: doc.spans.get("found", doc.spans.get("gold", [])),
        has_annotation=lambda doc: "gold" in doc.spans or "found" in doc.spans,
        allow_overlap=True,
    )
    annotated = [example for example in drawn if "gold" in example.reference.spans]
    both = total(kept_counts(collect_outcomes(drawn, "found", "gold")))
    if len(annotated) == len(drawn) and scores["spans_x_f"] is not None:
        assert both.f_score() == pytest.approx(scores["spans_x_f"])
    assert both == total(kept_counts(collect_outcomes(annotated, "found", "gold")))


@given(
    st.booleans(), flat_spans(), flat_spans(), st.sets(st.integers(0, len(WORDS) - 1), max_size=3), st.sampled_from([(), ("A",)])
)
def test_labels_that_are_not_annotated_do_not_count(as_entities, predicted, gold, missing, annotated):
    """As if there were no spans of theirs, predicted or gold."""
    key = None if as_entities else "gold"
    missing -= {token for start, end, _ in gold for token in range(start, end)}
    scores = numpy.linspace(0.9, 0.1, len(predicted))
    mine = [label in annotated for _, _, label in predicted]
    example = make_example(predicted, gold, missing, scores, gold_key=key)
    example.reference._.annotated_labels = annotated
    got = collect_outcomes([example], "found", key)
    kept = [[span for span in spans if span[2] in annotated] for spans in (predicted, gold)]
    expected = collect_outcomes([make_example(*kept, missing, scores[mine], gold_key=key)], "found", key)
    assert got.probability.tolist() == expected.probability.tolist() and got.correct.tolist() == expected.correct.tolist()
    assert got.labels.tolist() == expected.labels.tolist() and got.gold == expected.gold

    found = {"set_ents": as_entities, "spans_key": key}
    if not as_entities:
        example.predicted.spans["gold"] = example.predicted.spans["found"]
    both = total(kept_counts(got))
    assert both.f_score() == pytest.approx(span_score([example], **found)["ents_f" if as_entities else "spans_gold_f"] or 0.0)


def test_outcomes_in_order():
    example = make_example([(0, 1, "A"), (1, 3, "B"), (4, 6, "A")], [(0, 1, "A"), (1, 3, "A")], scores=[0.9, 0.4, 0.7])
    found = collect_outcomes([example], "found", None)
    assert found.probability.tolist() == [0.9, 0.4, 0.7]
    assert found.correct.tolist() == [True, False, False]
    assert found.labels.tolist() == ["A", "B", "A"]
    assert found.gold == {"A": 2} and found.n_gold == 2 and len(found) == 3


def test_spans_that_meet_missing_gold_are_ignored():
    example = make_example([(0, 2, "A"), (2, 3, "A"), (3, 4, "B")], [(3, 4, "B")], missing=[1])
    found = collect_outcomes([example], "found", None)
    assert found.labels.tolist() == ["A", "B"] and found.correct.tolist() == [False, True]


def test_documents_without_annotation_are_ignored():
    for gold_key in (None, "gold"):
        found = collect_outcomes([make_example([(0, 1, "A")], None, gold_key=gold_key)], "found", gold_key)
        assert len(found) == 0 and found.n_gold == 0


def test_other_tokens_same_characters():
    words = ["a", "b", "c", "d", "e", "f"]
    reference = Doc(VOCAB, words=["ab", "c", "def"], spaces=[True, True, False])
    reference.set_ents([Span(reference, 0, 2, label="A")])
    doc = Doc(VOCAB, words=words, spaces=[False, True, True, False, False, False])
    spans = make_spans(doc, [(0, 3, "A"), (3, 6, "A")])
    doc.spans["found"] = SpanGroup(doc, spans=spans, attrs={"scores": numpy.array([0.5, 0.5])})
    doc.set_ents(spans)
    assert collect_outcomes([Example(doc, reference)], "found", None).correct.tolist() == [True, False]


def test_a_span_that_a_later_component_took_away_does_not_count():
    example = make_example([(0, 1, "A"), (2, 3, "A")], [(0, 1, "A")])
    doc = example.predicted
    rows = [[ent.start_char, ent.end_char, ent.label_, 0.5] for ent in doc.ents]
    doc.spans["found"] = SpanGroup(doc, spans=[], attrs={"scores": numpy.array([0.5, 0.5]), "predicted": rows})
    assert collect_outcomes([example], "found", None).correct.tolist() == [True, False]
    doc.ents = doc.ents[:1]
    assert collect_outcomes([example], "found", None).correct.tolist() == [True]


def test_same_span_twice_is_right_once():
    example = make_example([(0, 1, "A")], [(0, 1, "A")])
    doc = example.predicted
    doc.spans["found"] = SpanGroup(doc, spans=[doc.ents[0]] * 2, attrs={"scores": numpy.array([0.5, 0.4])})
    assert collect_outcomes([example], "found", None).correct.tolist() == [True, False]


@pytest.mark.parametrize("attrs", [None, {}, {"scores": numpy.zeros(3)}])
def test_a_group_without_scores_is_an_error(attrs):
    example = make_example([(0, 1, "A")], [])
    if attrs is None:
        del example.predicted.spans["found"]
    else:
        example.predicted.spans["found"] = SpanGroup(example.predicted, spans=example.predicted.ents, attrs=attrs)
    with pytest.raises(ValueError, match=r"E611.*'a b c.*'found'.*scores"):
        collect_outcomes([example], "found", None)
