"""Which mistakes are made: what is taken for what, and the worst ones first."""
from collections import Counter
from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

import numpy

from ..tags import TokenSpan
from .judged import NOT_A_NUMBER, JudgedDoc
from .matching import pair_spans

TYPE, BOUNDARY, BOTH, SPURIOUS, MISSED = "type", "boundary", "type and boundary", "spurious", "missed"
KINDS = {
    TYPE: "the right boundaries, another label",
    BOUNDARY: "the right label, other boundaries",
    BOTH: "another label and other boundaries",
    SPURIOUS: "predicted, where the gold has no span",
    MISSED: "gold, where no span is predicted",
}
CONTEXT = 12  # tokens to show on either side of a mistake


@dataclass(frozen=True)
class Mistake:
    """A mistake in a document. Gold and predicted spans that overlap make one mistake, the most alike first.

    doc (JudgedDoc): The document.
    kind (str): Key of one of `KINDS`.
    gold (Optional[TokenSpan]): The gold span; None if the mistake is spurious.
    predicted (Optional[TokenSpan]): The predicted span; None if the gold span is missed.
    """

    doc: JudgedDoc
    kind: str
    gold: Optional[TokenSpan]
    predicted: Optional[TokenSpan]

    @property
    def probability(self) -> float:
        """What the pipeline thought of the predicted span; NaN if it did not say, or if there is none."""
        if self.predicted is None:
            return NOT_A_NUMBER
        return float(self.doc.probability[self.doc.predicted.index(self.predicted)])

    @property
    def gold_probability(self) -> float:
        """What the pipeline thought of the gold span; NaN likewise."""
        return self.doc.gold_probability.get(self.gold, NOT_A_NUMBER)

    def to_dict(self) -> Dict[str, Any]:
        """RETURNS (Dict[str, Any]): The mistake in its context, as plain JSON data. Spans are in characters of the "text"."""
        spans = [span for span in (self.gold, self.predicted) if span is not None]
        places = self.doc.places
        first = max(0, min(span.start for span in spans) - CONTEXT)
        last = min(len(places), max(span.end for span in spans) + CONTEXT) - 1
        begin, end = places[first][0], places[last][1]
        told = {"gold": (self.gold, self.gold_probability), "predicted": (self.predicted, self.probability)}
        report: Dict[str, Any] = {"kind": self.kind, "source": self.doc.source, "text": self.doc.text[begin:end]}
        report.update(cut_before=first > 0, cut_after=last + 1 < len(places))
        for key, (span, probability) in told.items():
            report[key] = None
            if span is not None:
                edges = {"start": places[span.start][0] - begin, "end": places[span.end - 1][1] - begin}
                known = None if numpy.isnan(probability) else probability
                report[key] = {**edges, "label": span.label, "text": self.doc.form(span), "probability": known}
        return report


def find_mistakes(docs: Iterable[JudgedDoc]) -> List[Mistake]:
    """Find all mistakes, in the order of the documents."""
    mistakes = []
    for doc in docs:
        for gold, predicted in pair_spans(doc.gold, doc.predicted):
            if gold != predicted:
                mistakes.append(Mistake(doc, _kind(gold, predicted), gold, predicted))
    return mistakes


def _kind(gold: Optional[TokenSpan], predicted: Optional[TokenSpan]) -> str:
    if gold is None or predicted is None:
        return SPURIOUS if gold is None else MISSED
    if (gold.start, gold.end) == (predicted.start, predicted.end):
        return TYPE
    return BOUNDARY if gold.label == predicted.label else BOTH


def most_confident(mistakes: Sequence[Mistake], limit: int) -> List[Mistake]:
    """The mistakes with the most probable predicted spans, the most probable first."""
    told = [mistake for mistake in mistakes if not numpy.isnan(mistake.probability)]
    return sorted(told, key=lambda mistake: -mistake.probability)[:limit]


def least_likely(mistakes: Sequence[Mistake], limit: int) -> List[Mistake]:
    """The mistakes with the least probable gold spans, the least probable first."""
    told = [mistake for mistake in mistakes if not numpy.isnan(mistake.gold_probability)]
    return sorted(told, key=lambda mistake: mistake.gold_probability)[:limit]


def most_frequent(mistakes: Iterable[Mistake], limit: int) -> List[Tuple[Dict[str, Any], int]]:
    """The same mistake in several places: which surface forms and labels go wrong most often, and how often."""
    counts: Counter = Counter()
    for one in mistakes:
        counts[one.kind, _named(one.doc, one.gold), _named(one.doc, one.predicted)] += 1
    rows = []
    for (kind, gold, predicted), count in counts.most_common(limit):
        named = [side and dict(zip(("text", "label"), side)) for side in (gold, predicted)]
        rows.append(({"kind": kind, "gold": named[0], "predicted": named[1]}, count))
    return rows


def _named(doc: JudgedDoc, span: Optional[TokenSpan]) -> Optional[Tuple[str, str]]:
    return None if span is None else (doc.form(span), span.label)


def confusion(docs: Iterable[JudgedDoc]) -> Dict[Tuple[str, str], Tuple[int, int]]:
    """Count what is taken for what.

    docs (Iterable[JudgedDoc]): The documents.
    RETURNS (Dict[Tuple[str, str], Tuple[int, int]]): For each gold label and predicted label, the pairs of spans with the same
        boundaries, and those with other boundaries. The label "" stands for no span at all.
    """
    same: Counter = Counter()
    moved: Counter = Counter()
    for doc in docs:
        for gold, predicted in pair_spans(doc.gold, doc.predicted):
            labels = (gold.label if gold else "", predicted.label if predicted else "")
            aligned = not (gold and predicted) or (gold.start, gold.end) == (predicted.start, predicted.end)
            (same if aligned else moved)[labels] += 1
    return {labels: (same[labels], moved[labels]) for labels in sorted({*same, *moved})}
