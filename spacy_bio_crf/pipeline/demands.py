"""What a user demands of single spans of a document, in span groups or in a call."""
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Sequence, Set, Tuple, Union

import numpy
from spacy.tokens import Doc, Span

from ..errors import Errors
from .candidates import DocSpan

AnySpan = Union[Span, DocSpan]
KEYS = ("required_key", "forbidden_key", "allowed_key")  # of span groups, in the settings
ANY = ""  # whatever the label
MAX_SCORE = 10_000.0  # nats; as far up as that, float32 tells a thousandth of a nat


class Demands(NamedTuple):
    """What is demanded of a document. A span without a label stands for all labels.

    required (Tuple[DocSpan, ...]): Spans that every analysis must hold.
    scored (Tuple[Tuple[DocSpan, float], ...]): Spans that score so many nats more, or less; -inf for those that no analysis
        may hold.
    allowed (Tuple[DocSpan, ...]): The tokens of such a span may be in a span with its label, or outside. Where several
        overlap, a token may have each of their labels; one without a label allows none.
    """

    required: Tuple[DocSpan, ...] = ()
    scored: Tuple[Tuple[DocSpan, float], ...] = ()
    allowed: Tuple[DocSpan, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.required or self.scored or self.allowed)

    def allowed_labels(self) -> Dict[int, Set[str]]:
        """The labels that are allowed, by token of the document."""
        labels: Dict[int, Set[str]] = {}
        for start, end, label in self.allowed:
            for token in range(start, end):
                labels.setdefault(token, set()).add(label)
        return labels

    def describe(self) -> str:
        """The demands, for an error message."""
        forbidden = [span for span, score in self.scored if score == -numpy.inf]
        named = {"required": list(self.required), "forbidden": forbidden, "allowed": list(self.allowed)}
        return ", ".join(f"{name} {spans}" for name, spans in named.items() if spans)


def make_demands(
    doc: Doc,
    required: Iterable[AnySpan] = (),
    forbidden: Iterable[AnySpan] = (),
    allowed: Iterable[AnySpan] = (),
    scored: Iterable[Tuple[AnySpan, float]] = (),
) -> Demands:
    """Check demands. RAISES (ValueError): A span outside the document, or a score of more than `MAX_SCORE`."""
    scores = [(as_triple(doc, span), score) for span, score in scored]
    for span, score in scores:
        if not abs(score) <= MAX_SCORE:  # nor NaN
            raise ValueError(Errors.E420.format(span=span, score=score, most=MAX_SCORE))
    scores += [(as_triple(doc, span), -numpy.inf) for span in forbidden]
    return Demands(_triples(doc, required), tuple(scores), _triples(doc, allowed))


def demands_of_batch(docs: Sequence[Doc], constraints: Mapping[str, Any]) -> List[Demands]:
    """What the span groups of documents demand, by the settings of the component.

    constraints (Mapping[str, Any]): `required_key`, `forbidden_key`, `allowed_key` and `span_scores`.
    """
    if not constraints["span_scores"] and all(constraints[name] is None for name in KEYS):
        return [Demands()] * len(docs)
    return [demands_of(doc, constraints) for doc in docs]


def demands_of(doc: Doc, constraints: Mapping[str, Any]) -> Demands:
    """What the span groups of one document demand."""

    def group(key) -> Iterable[Span]:
        return doc.spans[key] if key is not None and key in doc.spans else ()

    scored = [(span, score) for key, score in constraints["span_scores"].items() for span in group(key)]
    groups = [group(constraints[name]) for name in KEYS]
    return make_demands(doc, *groups, scored) if scored or any(groups) else Demands()


def add_demands(one: Demands, other: Demands) -> Demands:
    """Both together."""
    return Demands(*(a + b for a, b in zip(one, other)))


def _triples(doc: Doc, spans: Iterable[AnySpan]) -> Tuple[DocSpan, ...]:
    return tuple(as_triple(doc, span) for span in spans)


def as_triple(doc: Doc, span: AnySpan) -> DocSpan:
    """Start and end in tokens, and the label. RAISES (ValueError): What is no span, or one outside the document."""
    if isinstance(span, Span):
        span = (span.start, span.end, span.label_)
    if not (isinstance(span, tuple) and len(span) == 3 and isinstance(span[2], str)):
        raise ValueError(Errors.E431.format(span=span))
    start, end, label = span
    if not 0 <= start < end <= len(doc):
        raise ValueError(Errors.E104.format(span=(start, end, label), length=len(doc)))
    return start, end, label
