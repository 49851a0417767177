"""Predicted spans with probabilities, beside the gold: which of them are right?"""
from collections import Counter
from dataclasses import dataclass
from typing import Dict, Iterable, Iterator, Optional, Tuple

import numpy
from spacy.tokens import Doc, Span
from spacy.training import Example

from ..errors import Errors
from ..types import Bools1d, Floats1d
from .judged import judge


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
    """Compare predicted spans with the gold, see `judge`.

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
        predicted = scored_spans(example.predicted, scores_key, entities=gold_key is None)
        judged = judge(example, predicted, gold_key)
        if judged is None:
            continue
        counts.update(span.label for span in judged.gold)
        left = set(judged.gold)
        for span, score in judged.predicted:
            probability.append(score)
            correct.append(span in left)
            labels.append(span.label)
            left.discard(span)
    return Outcomes(
        numpy.array(probability, dtype="float64"),
        numpy.array(correct, dtype=bool),
        numpy.array(labels, dtype=object),
        dict(sorted(counts.items())),
    )


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
