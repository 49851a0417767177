"""The figures of seqeval and nervaluate for judged documents, and ours in the same shape."""
import warnings

import pytest
from seqeval.metrics import accuracy_score, classification_report
from seqeval.scheme import IOB2

from spacy_bio_crf.evaluation import averages, by_label, match_counts, token_accuracy
from spacy_bio_crf.tags import write_tags

NERVALUATE = {"strict": "strict", "exact": "exact", "partial": "partial", "type": "ent_type"}
SITUATIONS = ("correct", "incorrect", "partial", "missed", "spurious")


def check_seqeval(docs, mode):
    """Per label, all averages, and the accuracy of tokens."""
    gold, predicted = ([write_tags(getattr(doc, side), len(doc.places)) for doc in docs] for side in ("gold", "predicted"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        strict = {"mode": "strict", "scheme": IOB2} if mode == "strict" else {}
        theirs = classification_report(gold, predicted, output_dict=True, zero_division=0, **strict)
    counts = by_label(docs)
    ours = {label: {"p": one.precision, "r": one.recall, "f": one.f_score()} for label, one in counts.items()}
    assert set(theirs) - {"micro avg", "macro avg", "weighted avg"} == set(counts)
    ours.update({f"{name} avg": figures for name, figures in averages(counts).items()})
    for name, figures in ours.items():
        row = theirs[name]
        assert (row["precision"], row["recall"], row["f1-score"]) == pytest.approx(tuple(figures.values()), abs=1e-9), name
    assert {label: one.gold for label, one in counts.items()} == {label: theirs[label]["support"] for label in counts}
    assert token_accuracy(docs) == pytest.approx(accuracy_score(gold, predicted))


def nervaluate(docs, labels):
    """RETURNS (Dict): For each way to match and each label, with "" for all, counts, precision, recall and F1."""
    evaluator = pytest.importorskip("nervaluate").Evaluator
    gold, predicted = (
        [[dict(label=s.label, start=s.start, end=s.end - 1) for s in getattr(doc, side)] for doc in docs]
        for side in ("gold", "predicted")
    )
    found = evaluator(gold, predicted, tags=list(labels), loader="dict").evaluate()
    results = {"": found["overall"], **found["entities"]}
    return {(ours, label): results[label][theirs] for ours, theirs in NERVALUATE.items() for label in results}


def check_nervaluate(docs, labels):
    for (how, label), theirs in nervaluate(docs, labels).items():
        ours = match_counts([doc.of_label(label) for doc in docs] if label else docs, how)
        assert ours == tuple(getattr(theirs, each) for each in SITUATIONS), (how, label)
        figures = (ours.precision, ours.recall, ours.f_score)
        assert figures == pytest.approx((theirs.precision, theirs.recall, theirs.f1)), (how, label)
