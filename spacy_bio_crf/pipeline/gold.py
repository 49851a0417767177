"""Example -> the gold lattice: which tags the annotation leaves to each token."""
from typing import Iterable, List, NamedTuple, Optional, Set, Tuple

import numpy
from spacy.errors import Errors as SpacyErrors
from spacy.tokens import Doc, Span
from spacy.training import Example

from ..tags import TagSet
from ..types import Bools1d, Bools2d
from .lattice import ChainIndex, KnownSpan, build_lattice, drop_inexpressible


def gold_spans(doc: Doc, spans_key: Optional[str]) -> Iterable[Span]:
    """The annotated spans of a reference document: of a span group, or its entities if `spans_key` is None."""
    return doc.ents if spans_key is None else doc.spans.get(spans_key, ())


def aligned_gold(example: Example, spans_key: Optional[str]) -> Tuple[List[Tuple[int, int, str]], Bools1d]:
    """Project the annotation onto the tokens of the predicted document.

    example (Example): The example; the predicted document has T tokens.
    spans_key (Optional[str]): Key of the span group that holds the gold, None for the entities.
    RETURNS (Tuple[List[Tuple[int, int, str]], Bools1d]): Spans as (start, end, label) in token offsets, and the tokens of
        which nothing is known: not annotated, or misaligned. Shape of the latter: T
    """
    if spans_key is None:
        ents, tags = example.get_aligned_ents_and_ner()
        return [(e.start, e.end, e.label_) for e in ents], numpy.array([tag in (None, "-") for tag in tags], dtype=bool)
    unknown = numpy.full(len(example.predicted), spans_key not in example.reference.spans)
    gold = list(gold_spans(example.reference, spans_key))
    aligned = example.get_aligned_spans_y2x(gold, allow_overlap=True)
    texts = {(span.start_char, span.end_char) for span in aligned}
    for span in gold:
        if (span.start_char, span.end_char) not in texts:
            for position in example.alignment.y2x[span.start : span.end]:
                unknown[position] = True
    return [(span.start, span.end, span.label_) for span in aligned], unknown


class Gold(NamedTuple):
    """What an annotation says.

    allowed (Bools2d): The tags that it leaves to each token of the chain. Shape: N, K
    forbidden (List[Tuple[int, int, str]]): Spans, in tokens of the document, that no legal tag sequence can hold: they
        overlap, or touch where the scheme cannot say so. Their tokens are left unknown.
    foreign (Set[str]): Labels that the tag set does not have. Their spans count as outside.
    """

    allowed: Bools2d
    forbidden: List[Tuple[int, int, str]]
    foreign: Set[str]


def gold_lattice(example: Example, tagset: TagSet, spans_key: Optional[str]) -> Gold:
    """Read the annotation of an example. Whitespace at the edges of a span is cut.

    example (Example): The example.
    tagset (TagSet): The tags.
    spans_key (Optional[str]): Key of the span group that holds the gold, None for the entities.
    RETURNS (Gold): The gold lattice, and what is odd about it.
    RAISES (ValueError): A label like "!PERSON", the old way to say "not a PERSON".
    """
    spans, unknown = aligned_gold(example, spans_key)
    for _, _, label in spans:
        if label.startswith("!"):
            raise ValueError(SpacyErrors.E869.format(label=label))
    index = ChainIndex(example.predicted)
    known = {
        KnownSpan(int(index.before[start]), int(index.before[end]), tagset.index[label])
        for start, end, label in spans
        if label in tagset.index
    }
    known = sorted(span for span in known if span.start < span.end)
    overlapping = _overlapping(known)
    known, inexpressible = drop_inexpressible(tagset, [span for span in known if span not in overlapping])
    unknown = unknown[index.tokens]
    for span in known:
        unknown[span.start : span.end] = False
    lost = sorted([*overlapping, *inexpressible])
    for span in lost:
        unknown[span.start : span.end] = True
    tokens = index.tokens
    forbidden = [(int(tokens[s.start]), int(tokens[s.end - 1]) + 1, tagset.labels[s.label]) for s in lost]
    foreign = {label for _, _, label in spans if label not in tagset.index}
    return Gold(build_lattice(tagset, known, unknown), forbidden, foreign)


def _overlapping(spans: List[KnownSpan]) -> set:
    """Spans of a sorted list that share a token with another."""
    bad = set()
    widest = None
    for span in spans:
        if widest is not None and span.start < widest.end:
            bad.update((span, widest))
        if widest is None or span.end > widest.end:
            widest = span
    return bad
