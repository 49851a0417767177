"""What the annotation of a document can judge: its gold spans, and the predicted ones beside them."""
from dataclasses import dataclass, field, replace
from typing import Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple

import numpy
from spacy.attrs import ENT_IOB
from spacy.tokens import Doc, Span
from spacy.training import Example

from ..attributes import annotated_labels
from ..tags import TokenSpan
from ..types import Bools1d, Floats1d

NOT_A_NUMBER = float("nan")


class Judged(NamedTuple):
    """Spans in tokens of the reference.

    predicted (List[Tuple[TokenSpan, float]]): The predicted spans with their probabilities, in the order given.
    gold (Set[TokenSpan]): The gold spans.
    """

    predicted: List[Tuple[TokenSpan, float]]
    gold: Set[TokenSpan]


@dataclass(frozen=True)
class JudgedDoc:
    """A document with its spans, in T tokens of the reference.

    text (str): Its text.
    places (List[Tuple[int, int]]): Where each token begins and ends in the text. Length: T
    known (Bools1d): Whether a token is annotated. Shape: T
    gold (List[TokenSpan]): The gold spans, sorted.
    predicted (List[TokenSpan]): The predicted spans, sorted. Length: S
    probability (Floats1d): Their probabilities, NaN where none is given. Shape: S
    gold_probability (Dict[TokenSpan, float]): Probabilities of gold spans, as far as somebody asked for them.
    source (str): Name of the corpus.
    """

    text: str
    places: List[Tuple[int, int]]
    known: Bools1d
    gold: List[TokenSpan]
    predicted: List[TokenSpan]
    probability: Floats1d
    gold_probability: Dict[TokenSpan, float] = field(default_factory=dict)
    source: str = ""

    def form(self, span: TokenSpan) -> str:
        """The surface form of a span."""
        return self.text[self.places[span.start][0] : self.places[span.end - 1][1]]

    def of_label(self, label: str) -> "JudgedDoc":
        """The document with the spans of one label."""
        mine = [span.label == label for span in self.predicted]
        predicted = [span for span in self.predicted if span.label == label]
        gold = [span for span in self.gold if span.label == label]
        return replace(self, gold=gold, predicted=predicted, probability=self.probability[mine])


def judge(example: Example, predicted: Iterable[Tuple[Span, float]], gold_key: Optional[str]) -> Optional[Judged]:
    """Put predicted spans beside the gold, as spaCy's `get_ner_prf` does: a predicted span is moved to the tokens of the
    reference, and is left out where it meets a token without annotation. So precision and recall equal spaCy's. Where
    `doc._.annotated_labels` of the reference is set, spans of other labels, predicted or gold, are left out.

    example (Example): An example with predictions.
    predicted (Iterable[Tuple[Span, float]]): Spans of the predicted document, with their probabilities.
    gold_key (Optional[str]): Key of the span group that holds the gold, None for the entities.
    RETURNS (Optional[Judged]): The spans, or None if the reference has no such group.
    """
    reference = example.reference
    gold = _gold_spans(reference, gold_key)
    if gold is None:
        return None
    annotated = annotated_labels(reference)
    if annotated is not None:
        gold = {span for span in gold if span.label in annotated}
    known, aligned = known_tokens(reference, gold_key), example.alignment.x2y
    found = []
    for span, probability in predicted:
        tokens = aligned[span.start : span.end]
        if not len(tokens) or (annotated is not None and span.label_ not in annotated):
            continue
        start, end = int(tokens[0]), int(tokens[-1]) + 1
        if known[start:end].all():
            found.append((TokenSpan(start, end, span.label_), probability))
    return Judged(found, gold)


def judge_doc(example: Example, key: Optional[str], source: str = "") -> Optional[JudgedDoc]:
    """Judge a document of any pipeline.

    example (Example): An example with predictions.
    key (Optional[str]): Key of the span group to judge, None for the entities.
    source (str): Name of the corpus.
    RETURNS (Optional[JudgedDoc]): The document, or None if it has no such annotation. Spans are sets: the same one twice
        counts once.
    """
    judged = judge(example, predicted_spans(example.predicted, key), key)
    if judged is None:
        return None
    probability = dict(judged.predicted)
    predicted = sorted(probability)
    doc = example.reference
    return JudgedDoc(
        text=doc.text,
        places=[(token.idx, token.idx + len(token)) for token in doc],
        known=known_tokens(doc, key),
        gold=sorted(judged.gold),
        predicted=predicted,
        probability=numpy.array([probability[span] for span in predicted], dtype="float64"),
        source=source,
    )


def join_groups(docs: Sequence[JudgedDoc]) -> JudgedDoc:
    """Take several span groups of one document for one. A span that stands in several of them counts once, with the highest
    of its probabilities.

    docs (Sequence[JudgedDoc]): The document, judged by each group.
    RETURNS (JudgedDoc): The document, judged by all of them.
    """
    probability = _highest(pair for doc in docs for pair in zip(doc.predicted, doc.probability))
    predicted = sorted(probability)
    return replace(
        docs[0],
        gold=sorted(set().union(*(doc.gold for doc in docs))),
        predicted=predicted,
        probability=numpy.array([probability[span] for span in predicted], dtype="float64"),
        gold_probability=_highest(pair for doc in docs for pair in doc.gold_probability.items()),
    )


def _highest(pairs: Iterable[Tuple[TokenSpan, float]]) -> Dict[TokenSpan, float]:
    found: Dict[TokenSpan, float] = {}
    for span, probability in pairs:
        found[span] = float(numpy.fmax(probability, found.get(span, NOT_A_NUMBER)))
    return found


def predicted_spans(doc: Doc, key: Optional[str]) -> Iterator[Tuple[Span, float]]:
    """The spans that a pipeline predicted, with the probabilities that it offers: `span._.probability`, or the attribute
    "scores" of the group; NaN where there is neither."""
    spans = list(doc.ents if key is None else doc.spans.get(key, ()))
    scores = doc.spans[key].attrs.get("scores", ()) if key in doc.spans else ()
    for i, span in enumerate(spans):
        told = span._.probability if Span.has_extension("probability") else None
        if told is None and len(scores) == len(spans):
            told = scores[i]
        yield span, NOT_A_NUMBER if told is None else float(told)


def known_tokens(doc: Doc, gold_key: Optional[str]) -> Bools1d:
    """Which tokens of a reference are annotated: all of them by a span group that is there, none by one that is not. Shape: T"""
    return doc.to_array(ENT_IOB) != 0 if gold_key is None else numpy.full(len(doc), gold_key in doc.spans)


def _gold_spans(doc: Doc, gold_key: Optional[str]) -> Optional[Set[TokenSpan]]:
    """The annotated spans; None if the document has no such group."""
    spans = doc.ents if gold_key is None else doc.spans.get(gold_key)
    return None if spans is None else {TokenSpan(span.start, span.end, span.label_) for span in spans}
