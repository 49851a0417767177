"""Predicted spans with probabilities, beside the gold: which of them are right?"""
from collections import Counter
from dataclasses import dataclass
from typing import Dict, Iterable, Iterator, Optional, Set, Tuple

import numpy
from spacy.tokens import Doc, Span
from spacy.training import Example

from ..attributes import annotated_labels
from ..errors import Errors
from ..types import Bools1d, Floats1d

GoldSpan = Tuple[str, int, int]


@dataclass(frozen=True)
class Outcomes:
    """What became of S predicted spans.

    probability (Floats1d): Probability of each, as the component gave it. Shape: S
    correct (Bools1d): Whether there is a gold span with the same label and boundaries. Shape: S
    labels (ndarray): The label of each, strings. Shape: S
    gold (Dict[str, int]): Number of gold spans of each label, found or not.
    """

    probability: Floats1d
    correct: Bools1d
    labels: numpy.ndarray
    gold: Dict[str, int]

    def __len__(self) -> int:
        return len(self.probability)

    @property
    def n_gold(self) -> int:
        """Number of gold spans."""
        return sum(self.gold.values())


def collect_outcomes(examples: Iterable[Example], scores_key: str, gold_key: Optional[str]) -> Outcomes:
    """Compare predicted spans with the gold, as spaCy's `get_ner_prf` does: a predicted span is moved to the tokens of the
    reference, and is ignored where it meets a token without annotation. So precision and recall equal spaCy's. Where
    `doc._.annotated_labels` of the reference is set, spans of other labels, predicted or gold, do not count.

    examples (Iterable[Example]): Examples with predictions.
    scores_key (str): Key of the predicted span group, with the probabilities as its attribute "scores".
    gold_key (Optional[str]): Key of the span group that holds the gold, None for the entities. An example whose
        reference has no such group is ignored.
    RETURNS (Outcomes): The predicted spans in order.
    RAISES (ValueError): A predicted document has no such group, or one without scores.
    """
    probability, correct, labels = [], [], []
    counts: Counter = Counter()
    for example in examples:
        gold = _gold_spans(example.reference, gold_key)
        if gold is None:
            continue
        annotated = annotated_labels(example.reference)
        if annotated is not None:
            gold = {span for span in gold if span[0] in annotated}
        counts.update(label for label, _, _ in gold)
        aligned = example.alignment.x2y
        for span, score in scored_spans(example.predicted, scores_key, entities=gold_key is None):
            tokens = aligned[span.start : span.end]
            if not len(tokens) or (annotated is not None and span.label_ not in annotated):
                continue
            start, end = int(tokens[0]), int(tokens[-1]) + 1
            if gold_key is None and any(token.ent_iob == 0 for token in example.reference[start:end]):
                continue
            found = (span.label_, start, end)
            probability.append(score)
            correct.append(found in gold)
            labels.append(span.label_)
            gold.discard(found)
    return Outcomes(
        numpy.array(probability, dtype="float64"),
        numpy.array(correct, dtype=bool),
        numpy.array(labels, dtype=object),
        dict(sorted(counts.items())),
    )


def _gold_spans(doc: Doc, gold_key: Optional[str]) -> Optional[Set[GoldSpan]]:
    """The annotated spans; None if the document has no such group."""
    spans = doc.ents if gold_key is None else doc.spans.get(gold_key)
    return None if spans is None else {(span.label_, span.start, span.end) for span in spans}


def scored_spans(doc: Doc, scores_key: str, *, entities: bool = False) -> Iterator[Tuple[Span, float]]:
    """The predicted spans of a document with their probabilities: the rows that the component wrote down, in characters,
    or else the spans of the group.

    doc (Doc): The document.
    scores_key (str): Key of the group.
    entities (bool): Whether rows count only as long as their spans are entities: a later component may have taken some away.
    YIELDS (Tuple[Span, float]): Spans whose edges are still edges of tokens.
    RAISES (ValueError): There is no such group, or it has no scores.
    """
    group = doc.spans.get(scores_key)
    attrs = {} if group is None else group.attrs
    if "predicted" in attrs:
        standing = {(ent.start, ent.end, ent.label) for ent in doc.ents} if entities else None
        for start, end, label, score in attrs["predicted"]:
            span = doc.char_span(start, end, label=label)
            if span is not None and (standing is None or (span.start, span.end, span.label) in standing):
                yield span, score
    elif len(attrs.get("scores", ())) == len(group or ()) and "scores" in attrs:
        yield from zip(group, map(float, attrs["scores"]))
    else:
        raise ValueError(Errors.E611.format(key=scores_key, text=doc.text[:80]))
