"""Matching: every situation in every way, and no dependence on the order of spans."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_bio_crf.evaluation import MATCHINGS, match_counts, pair_spans
from spacy_bio_crf.tags import TokenSpan

from .documents import documents, flat, make_doc, nested

C, I, P, M, S = "correct", "incorrect", "partial", "missed", "spurious"


@pytest.mark.parametrize(
    "gold, predicted, strict, exact, partial, kind",
    [
        ([(2, 4, "A")], [(2, 4, "A")], C, C, C, C),
        ([(2, 4, "A")], [(2, 4, "B")], I, C, C, I),
        ([(2, 4, "A")], [(3, 6, "A")], I, I, P, C),
        ([(2, 4, "A")], [(3, 6, "B")], I, I, P, I),
        ([(2, 4, "A")], [], M, M, M, M),
        ([], [(2, 4, "A")], S, S, S, S),
    ],
)
def test_six_situations(gold, predicted, strict, exact, partial, kind):
    expected = {"strict": strict, "exact": exact, "partial": partial, "type": kind}
    for how, situation in expected.items():
        counts = match_counts([make_doc(gold, predicted)], how)
        assert counts._asdict() == {**dict.fromkeys((C, I, P, M, S), 0), situation: 1}


def test_figures():
    """Two right, one half, one missed, one spurious."""
    doc = make_doc([(0, 1, "A"), (1, 2, "A"), (2, 4, "A"), (5, 6, "A")], [(0, 1, "A"), (1, 2, "B"), (2, 3, "A"), (7, 8, "A")])
    counts = match_counts([doc], "partial")
    assert counts == (2, 0, 1, 1, 1)
    assert (counts.precision, counts.recall, counts.f_score) == (2.5 / 4, 2.5 / 4, 2.5 / 4)
    assert match_counts([doc, doc], "type") == (4, 2, 0, 2, 2)


def test_a_span_that_covers_several_is_matched_once():
    doc = make_doc([(0, 2, "B"), (2, 4, "A"), (4, 6, "A")], [(0, 6, "A")])
    assert match_counts([doc], "partial") == (0, 0, 1, 2, 0)
    assert match_counts([doc], "strict") == (0, 1, 0, 2, 0)
    assert match_counts([doc], "type") == (1, 0, 0, 2, 0)


def test_the_perfect_match_goes_first_even_if_it_is_listed_last():
    doc = make_doc([(0, 4, "A"), (1, 4, "A")], [(1, 4, "A")])
    for how in MATCHINGS:
        assert match_counts([doc], how) == (1, 0, 0, 1, 0)
    assert pair_spans(doc.gold, doc.predicted) == [((0, 4, "A"), None), ((1, 4, "A"), (1, 4, "A"))]


@given(nested(), nested(), st.randoms(use_true_random=False))
def test_the_order_of_spans_does_not_matter(gold, predicted, random):
    for matching in MATCHINGS.values():
        pairs = pair_spans(gold, predicted, matching.likeness)
        for _ in range(3):
            random.shuffle(gold), random.shuffle(predicted)
            assert pair_spans(gold, predicted, matching.likeness) == pairs


@given(nested(), nested(), st.sampled_from([0.0, 0.3, 0.5, 1.0]))
def test_pairs_overlap_enough_and_each_span_is_in_one(gold, predicted, min_overlap):
    pairs = pair_spans(gold, predicted, min_overlap=min_overlap)
    assert sorted(one for one, _ in pairs if one) == gold
    assert sorted(other for _, other in pairs if other) == predicted
    for one, other in pairs:
        if one and other:
            shared = len(set(range(one.start, one.end)) & set(range(other.start, other.end)))
            assert shared and shared >= min_overlap * (one.end - one.start)
    alone = [one for one, other in pairs if not other], [other for one, other in pairs if not one]
    for one in alone[0]:
        for other in alone[1]:  # nothing is left over that could be matched
            shared = min(one.end, other.end) - max(one.start, other.start)
            assert shared <= 0 or shared < min_overlap * (one.end - one.start)


@given(documents(nested()))
def test_looser_ways_find_no_less(docs):
    counts = {how: match_counts(docs, how) for how in MATCHINGS}
    assert counts["strict"].correct <= min(counts["exact"].correct, counts["type"].correct)
    assert counts["exact"].correct == counts["partial"].correct
    assert counts["strict"].f_score <= counts["exact"].f_score <= counts["partial"].f_score
    assert counts["strict"].correct == sum(len(set(doc.gold) & set(doc.predicted)) for doc in docs)


@given(flat(), flat())
def test_gold_and_predicted_change_places(gold, predicted):
    one, other = (match_counts([make_doc(*pair)], "partial") for pair in ((gold, predicted), (predicted, gold)))
    assert (one.precision, one.recall) == (other.recall, other.precision)


def test_min_overlap():
    doc = make_doc([(0, 4, "A")], [(3, 6, "A")])
    assert match_counts([doc], "type", min_overlap=0.25) == (1, 0, 0, 0, 0)
    assert match_counts([doc], "type", min_overlap=0.26) == (0, 0, 0, 1, 1)
    assert pair_spans([TokenSpan(0, 1, "A")], [TokenSpan(1, 2, "A")]) == [((0, 1, "A"), None), (None, (1, 2, "A"))]
