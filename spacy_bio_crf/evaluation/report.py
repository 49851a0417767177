"""All figures about the spans of a pipeline, as plain JSON data."""
from typing import Any, Dict, List, Optional, Sequence

import numpy

from .counts import (
    Counts,
    Forms,
    averages,
    by_familiarity,
    by_label,
    by_length,
    count_by,
    counts_of_docs,
    token_accuracy,
    total,
)
from .judged import JudgedDoc
from .matching import MATCHINGS, match_counts
from .metrics import probability_scores, reliability_bins
from .mistakes import KINDS, confusion, find_mistakes, least_likely, most_confident, most_frequent
from .outcomes import Outcomes
from .resampling import bootstrap, compare, f_scores, interval, precisions, recalls

Report = Dict[str, Any]


def span_report(
    docs: Sequence[JudgedDoc],
    *,
    forms: Optional[Forms] = None,
    samples: int = 1000,
    seed: int = 0,
    limit: int = 20,
    min_overlap: float = 0.0,
) -> Report:
    """Report on the predicted spans of documents.

    docs (Sequence[JudgedDoc]): The documents.
    forms (Optional[Forms]): Surface forms of the training part, for figures on those it has not.
    samples (int): How often to draw documents, for intervals; 0 for none.
    seed (int): Seed of the draws.
    limit (int): How many mistakes to list, each way.
    min_overlap (float): Share of a gold span that a predicted one must cover to be matched with it at all.
    RETURNS (Report): Plain JSON data.
    """
    labels = by_label(docs)
    intervals = _intervals(docs, list(labels), samples, seed)
    mistakes = find_mistakes(docs)
    kinds = {kind: sum(one.kind == kind for one in mistakes) for kind in KINDS}
    return {
        "documents": len(docs),
        "tokens": sum(len(doc.places) for doc in docs),
        "overall": {**total(labels).to_dict(), "interval": intervals.get("")},
        "averages": averages(labels),
        "token_accuracy": token_accuracy(docs),
        "matching": _matchings(docs, min_overlap),
        "labels": {
            label: {
                **counts.to_dict(),
                "interval": intervals.get(label),
                "matching": _matchings([doc.of_label(label) for doc in docs], min_overlap),
            }
            for label, counts in labels.items()
        },
        "by_corpus": _plain(count_by(docs, lambda doc, span: doc.source)),
        "by_length": _plain(by_length(docs)),
        "by_familiarity": None if forms is None else _plain(by_familiarity(docs, forms)),
        "confusion": [
            {"gold": gold or None, "predicted": predicted or None, "same_boundaries": same, "other_boundaries": moved}
            for (gold, predicted), (same, moved) in confusion(docs).items()
        ],
        "mistakes": {
            "count": len(mistakes),
            "kinds": kinds,
            "most_confident": [one.to_dict() for one in most_confident(mistakes, limit)],
            "least_likely": [one.to_dict() for one in least_likely(mistakes, limit)],
            "most_frequent": [{**one, "count": count} for one, count in most_frequent(mistakes, limit)],
        },
        "probabilities": _probabilities(docs),
    }


def comparison_report(
    first: Sequence[JudgedDoc], second: Sequence[JudgedDoc], *, samples: int = 1000, seed: int = 0
) -> Report:
    """Report on the difference between two pipelines.

    first (Sequence[JudgedDoc]): The documents with the predictions of the first.
    second (Sequence[JudgedDoc]): The same documents with those of the second.
    samples (int): How often to draw documents.
    seed (int): Seed of the draws.
    RETURNS (Report): The second's figures, and the comparison, overall and for each label, as plain JSON data. A positive
        difference speaks for the first.
    """
    counts = by_label(second)
    labels = sorted({*by_label(first), *counts})
    one, other = (counts_of_docs(docs, labels) for docs in (first, second))
    rows = {label: (one[:, i], other[:, i]) for i, label in enumerate(labels)}
    return {
        "overall": total(counts).to_dict(),
        **compare(one.sum(axis=1), other.sum(axis=1), samples, seed)._asdict(),
        "labels": {
            label: {**counts.get(label, Counts(0, 0, 0)).to_dict(), **compare(*pair, samples, seed)._asdict()}
            for label, pair in rows.items()
        },
    }


def outcomes_of(docs: Sequence[JudgedDoc]) -> Outcomes:
    """The outcomes of the predicted spans that have probabilities."""
    rows = [
        (p, span in gold, span.label)
        for doc, gold in ((doc, set(doc.gold)) for doc in docs)
        for span, p in zip(doc.predicted, doc.probability)
        if not numpy.isnan(p)
    ]
    probability, correct, labels = zip(*rows) if rows else ((), (), ())
    gold = {label: counts.gold for label, counts in by_label(docs).items()}
    return Outcomes(
        numpy.array(probability, dtype="float64"), numpy.array(correct, dtype=bool), numpy.array(labels, dtype=object), gold
    )


def _matchings(docs: Sequence[JudgedDoc], min_overlap: float) -> Report:
    return {how: match_counts(docs, how, min_overlap).to_dict() for how in MATCHINGS}


def _plain(counts: Dict[str, Counts]) -> Report:
    return {str(kind): one.to_dict() for kind, one in counts.items()}


def _intervals(docs: Sequence[JudgedDoc], labels: List[str], samples: int, seed: int) -> Dict[str, Report]:
    """Of precision, recall and F1: overall, as "", and for each label. Draws without a span of a label say nothing of it."""
    if not samples or len(docs) < 2:
        return {}
    counts = counts_of_docs(docs, labels)
    drawn = bootstrap(numpy.concatenate([counts.sum(axis=1, keepdims=True), counts], axis=1), samples, seed)
    figures = {"p": precisions, "r": recalls, "f": f_scores}
    return {
        label: {key: interval(figure(drawn[:, i], numpy.nan)) for key, figure in figures.items()}
        for i, label in enumerate(["", *labels])
    }


def _probabilities(docs: Sequence[JudgedDoc]) -> Optional[Report]:
    """How good the probabilities are; None where the pipeline gives none."""
    outcomes = outcomes_of(docs)
    if not len(outcomes):
        return None
    bins = reliability_bins(outcomes.probability, outcomes.correct)
    rows = zip(bins.edges.tolist(), bins.count.tolist(), bins.probability.tolist(), bins.accuracy.tolist())
    scores = {"spans": len(outcomes), **probability_scores(outcomes)}
    return {**scores, "bins": [dict(zip(("from", "count", "probability", "accuracy"), row)) for row in rows]}
