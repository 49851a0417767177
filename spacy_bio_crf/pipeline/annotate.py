"""Spans in chain tokens -> doc.ents and doc.spans, with their probabilities."""
from bisect import bisect_left
from itertools import groupby
from typing import List, Optional, Union

import numpy
from spacy.attrs import ENT_IOB
from spacy.tokens import Doc, Span, SpanGroup

from ..tags import TagSet
from ..types import Bools1d, Floats1d, Ints2d
from .lattice import ChainIndex

EXTENSION = "probability"
PREDICTED = "predicted"  # attribute of a span group: rows of start and end in characters, label and probability

Row = List[Union[int, str, float]]


def spans_of_rows(doc: Doc, rows: Ints2d, tagset: TagSet, length: int) -> List[Span]:
    """Turn rows of start, end and label id over the chain into spans of the document.

    doc (Doc): The document, of T tokens.
    rows (Ints2d): Start, end (not included) and label id. Shape: S, 3
    tagset (TagSet): The tags.
    length (int): Tokens of the chain. If they are T, they are those of the document.
    RETURNS (List[Span]): The spans, in the same order. One that runs across a whitespace token includes it.
    """
    if not len(rows):
        return []
    if length < len(doc):
        tokens = ChainIndex(doc).tokens
        rows = numpy.stack((tokens[rows[:, 0]], tokens[rows[:, 1] - 1] + 1, rows[:, 2]), axis=1)
    return [Span(doc, start, end, tagset.labels[label]) for start, end, label in rows.tolist()]


def set_entities(doc: Doc, spans: List[Span], preset: Optional[Bools1d]) -> None:
    """Write entities beside the preset ones, or in place of all if `preset` is None. Every other token becomes outside."""
    if preset is None:
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


def predicted_rows(doc: Doc, key: str) -> List[Row]:
    """What `record_predictions` wrote to a document under this key."""
    return doc.spans[key].attrs.get(PREDICTED, []) if key in doc.spans else []


def record_predictions(doc: Doc, spans: List[Span], probabilities: Floats1d, key: str, *, as_group: bool) -> None:
    """Write down which spans were predicted, and their probabilities, in a span group: groups travel with the document
    wherever it goes, other than custom attributes, which a DocBin leaves behind by default. The rows are characters, so
    that they hold when tokens are merged or split. Those of entities that stand since an earlier prediction are kept.

    doc (Doc): The document.
    spans (List[Span]): The spans, in order.
    probabilities (Floats1d): Their probabilities. Shape: S
    key (str): Key of the group.
    as_group (bool): Whether the group holds the spans themselves too. Such a group does not survive merging of tokens.
    """
    rows = [[s.start_char, s.end_char, s.label_, p] for s, p in zip(spans, probabilities.tolist())]
    old = predicted_rows(doc, key)
    if old:
        standing = {(ent.start_char, ent.end_char, ent.label_) for ent in doc.ents}
        standing -= {tuple(row[:3]) for row in rows}
        rows = sorted(rows + [row for row in old if tuple(row[:3]) in standing])
    scores = probabilities if as_group or not old else numpy.array([row[3] for row in rows])
    attrs = {"scores": scores, PREDICTED: rows}
    doc.spans[key] = SpanGroup(doc, name=key, attrs=attrs, spans=spans if as_group else [])


def span_probability(span: Span) -> Optional[float]:
    """The getter of `span._.probability`: what the component that wrote this very span said of it.

    RETURNS (Optional[float]): None for a span that no component gave a probability, such as a preset entity.
    """
    here = [span.start_char, span.end_char, span.label_]
    for key in reversed(list(span.doc.spans)):
        rows = predicted_rows(span.doc, key)
        place = bisect_left(rows, here)
        if place < len(rows) and rows[place][:3] == here:
            return rows[place][3]
    return None


def register_extension() -> None:
    """Let every span tell its probability, unless somebody else's extension bears the name."""
    if not Span.has_extension(EXTENSION):
        Span.set_extension(EXTENSION, getter=span_probability)
