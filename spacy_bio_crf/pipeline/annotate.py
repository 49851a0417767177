"""Paths -> doc.ents and doc.spans."""
from itertools import groupby
from typing import List, Optional

import numpy
from spacy.attrs import ENT_IOB
from spacy.tokens import Doc, Span, SpanGroup

from ..tags import TagSet
from ..types import Bools1d, Ints1d
from .lattice import ChainIndex


def decoded_spans(doc: Doc, tags: Ints1d, tagset: TagSet, preset: Optional[Bools1d]) -> List[Span]:
    """Turn a path into spans of a document.

    doc (Doc): The document, of T tokens.
    tags (Ints1d): The tag of each token in the chain. Shape: N
    tagset (TagSet): The tags.
    preset (Optional[Bools1d]): Tokens whose spans stand already and are left out. Shape: T
    RETURNS (List[Span]): The spans in order. One that runs across a whitespace token includes it.
    """
    rows = tagset.spans(tags)
    if not len(rows):
        return []
    tokens = ChainIndex(doc).tokens
    spans = zip(tokens[rows[:, 0]].tolist(), (tokens[rows[:, 1] - 1] + 1).tolist(), rows[:, 2].tolist())
    return [
        Span(doc, start, end, label=tagset.labels[label])
        for start, end, label in spans
        if preset is None or not preset[start:end].any()
    ]


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


def set_span_group(doc: Doc, spans: List[Span], spans_key: str) -> None:
    """Write spans to a span group, in place of what it held."""
    doc.spans[spans_key] = SpanGroup(doc, name=spans_key, spans=spans)


