"""Mistakes: their kinds, what is taken for what, and the worst first."""
import json
from dataclasses import replace

import pytest
from hypothesis import given

from spacy_bio_crf.evaluation import confusion, find_mistakes, span_report
from spacy_bio_crf.evaluation.mistakes import CONTEXT, least_likely, most_confident, most_frequent
from spacy_bio_crf.evaluation.report import comparison_report
from spacy_bio_crf.tags import TokenSpan

from .documents import documents, make_doc, nested


@pytest.mark.parametrize(
    "gold, predicted, kind",
    [
        ([(2, 4, "A")], [(2, 4, "B")], "type"),
        ([(2, 4, "A")], [(3, 4, "A")], "boundary"),
        ([(2, 4, "A")], [(3, 4, "B")], "type and boundary"),
        ([(2, 4, "A")], [], "missed"),
        ([], [(2, 4, "A")], "spurious"),
    ],
)
def test_kinds(gold, predicted, kind):
    (mistake,) = find_mistakes([make_doc(gold, predicted)])
    assert mistake.kind == kind
    assert confusion([mistake.doc]) == {
        (gold[0][2] if gold else "", predicted[0][2] if predicted else ""): (0, 1) if "boundary" in kind else (1, 0)
    }


@given(documents(nested()))
def test_what_is_not_right_is_a_mistake(docs):
    mistakes = find_mistakes(docs)
    wrong = sum(len(set(doc.gold) - set(doc.predicted)) for doc in docs)
    also_wrong = sum(len(set(doc.predicted) - set(doc.gold)) for doc in docs)
    assert sum(one.gold is not None for one in mistakes) == wrong
    assert sum(one.predicted is not None for one in mistakes) == also_wrong
    table = confusion(docs)
    assert sum(same + moved for same, moved in table.values()) == len(mistakes) + sum(
        len(set(doc.gold) & set(doc.predicted)) for doc in docs
    )


def test_the_worst_first():
    doc = make_doc([(0, 1, "A"), (4, 5, "B")], [(0, 1, "B"), (2, 3, "A"), (6, 7, "A")], probability=[0.6, 0.9, 0.3])
    doc = replace(doc, gold_probability={TokenSpan(0, 1, "A"): 0.2, TokenSpan(4, 5, "B"): 0.05})
    mistakes = find_mistakes([doc])
    assert [one.probability for one in most_confident(mistakes, 2)] == [0.9, 0.6]
    assert [one.gold_probability for one in least_likely(mistakes, 9)] == [0.05, 0.2]
    assert most_confident(find_mistakes([make_doc([], [(0, 1, "A")])]), 5) == []


def test_the_most_frequent_first():
    rows = most_frequent(find_mistakes([make_doc([(1, 2, "A")], [(1, 2, "B")])] * 3 + [make_doc([], [(0, 1, "A")])]), 5)
    assert rows == [
        ({"kind": "type", "gold": {"text": "w1", "label": "A"}, "predicted": {"text": "w1", "label": "B"}}, 3),
        ({"kind": "spurious", "gold": None, "predicted": {"text": "w0", "label": "A"}}, 1),
    ]


def test_context_is_cut_and_spans_move_with_it():
    doc = make_doc([(50, 52, "A")], [(51, 54, "A")], length=100, probability=[0.5])
    row = find_mistakes([doc])[0].to_dict()
    assert row["text"] == " ".join(f"w{i}" for i in range(50 - CONTEXT, 54 + CONTEXT))
    assert row["cut_before"] and row["cut_after"]
    for side, text in (("gold", "w50 w51"), ("predicted", "w51 w52 w53")):
        assert row["text"][row[side]["start"] : row[side]["end"]] == row[side]["text"] == text
    assert row["gold"]["probability"] is None and row["predicted"]["probability"] == 0.5
    short = find_mistakes([make_doc([(0, 3, "A")], [], length=3)])[0].to_dict()
    assert not short["cut_before"] and not short["cut_after"] and short["predicted"] is None


@given(documents(nested()))
def test_a_report_is_json_and_agrees_with_itself(docs):
    report = json.loads(json.dumps(span_report(docs, samples=20), allow_nan=False))
    overall, strict = report["overall"], report["matching"]["strict"]
    assert (overall["p"], overall["r"]) == pytest.approx((strict["p"], strict["r"]))
    assert overall["f"] == pytest.approx(strict["f"])
    assert report["mistakes"]["count"] == sum(report["mistakes"]["kinds"].values())
    assert report["probabilities"] is None
    assert (overall["interval"] is None) == (len(docs) < 2)
    for label in report["labels"].values():
        assert label["f"] == pytest.approx(label["matching"]["strict"]["f"])
        assert label["interval"] is None or 0 <= label["interval"]["f"]["low"] <= label["interval"]["f"]["high"] <= 1


def test_a_comparison_names_labels_of_either():
    first = [make_doc([(0, 1, "A")], [(0, 1, "A")]), make_doc([(1, 2, "A")], [(1, 2, "A")])]
    second = [make_doc([(0, 1, "A")], [(0, 1, "B")]), make_doc([(1, 2, "A")], [(1, 2, "A")])]
    found = comparison_report(first, second, samples=100)
    assert found["difference"] == 0.5 and found["overall"]["f"] == 0.5
    assert set(found["labels"]) == {"A", "B"} and found["labels"]["B"]["difference"] == 0.0
