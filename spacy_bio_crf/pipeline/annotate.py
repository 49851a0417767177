"""Spans in chain tokens -> doc.ents and doc.spans, with their probabilities."""
from itertools import groupby
from typing import List, Optional

import numpy
from spacy.attrs import ENT_IOB
from spacy.tokens import Doc, Span, SpanGroup

from ..tags import TagSet
from ..types import Bools1d, Floats1d, Ints2d
from .lattice import ChainIndex

EXTENSION = "probability"


def spans_of_rows(doc: Doc, rows: Ints2d, tagset: TagSet) -> List[Span]:
    """Turn rows of start, end and label id over the chain into spans of the document.

    doc (Doc): The document, of T tokens.
    rows (Ints2d): Start, end (not included) and label id. Shape: S, 3
    tagset (TagSet): The tags.
    RETURNS (List[Span]): The spans, in the same order. One that runs across a whitespace token includes it.
    """
    if not len(rows):
        return []
    tokens = ChainIndex(doc).tokens
    spans = zip(tokens[rows[:, 0]].tolist(), (tokens[rows[:, 1] - 1] + 1).tolist(), rows[:, 2].tolist())
    return [Span(doc, start, end, label=tagset.labels[label]) for start, end, label in spans]


def set_entities(doc: Doc, spans: List[Span], preset: Optional[Bools1d]) -> None:
    """Write entities beside the preset ones, or in place of all if `preset` is None. Every other token becomes outside."""
    if preset is None or not preset.any():
        doc.set_ents(spans)
        return
    doc.set_ents(spans, default="unmodified")
    missing = numpy.flatnonzero(doc.to_array(ENT_IOB) == 0).tolist()
    runs = groupby(enumerate(missing), key=lambda pair: pair[1] - pair[0])
    outside = [[token for _, token in run] for _, run in runs]
    doc.set_ents([], outside=[doc[run[0] : run[-1] + 1] for run in outside], default="unmodified")


def make_span_group(doc: Doc, spans: List[Span], name: str, probabilities: Optional[Floats1d]) -> SpanGroup:
    """Make a span group; `attrs["scores"]` holds the probabilities, if there are any. Shape: S"""
    attrs = {} if probabilities is None else {"scores": probabilities}
    return SpanGroup(doc, name=name, attrs=attrs, spans=spans)


def span_probability(span: Span) -> Optional[float]:
    """The getter of `span._.probability`: what a span group of the document says of this very span. Groups travel with the
    document wherever it goes, other than custom attributes, which a DocBin leaves behind by default.

    RETURNS (Optional[float]): None for a span that no component gave a probability, such as a preset entity.
    """
    for group in span.doc.spans.values():
        scores = group.attrs.get("scores", ())
        if len(scores) == len(group):
            for other, score in zip(group, scores):
                if (other.start, other.end, other.label) == (span.start, span.end, span.label):
                    return float(score)
    return None


def register_extension() -> None:
    """Let every span tell its probability, unless somebody else's extension bears the name."""
    if not Span.has_extension(EXTENSION):
        Span.set_extension(EXTENSION, getter=span_probability)
