"""Spans in chain tokens -> doc.ents and doc.spans, with their probabilities."""
from bisect import bisect_left
from itertools import compress, groupby
from typing import Iterator, List, Optional, Sequence, Tuple, Union

import numpy
from spacy.attrs import ENT_IOB, ENT_KB_ID, ENT_TYPE
from spacy.strings import get_string_id
from spacy.tokens import Doc, Span, SpanGroup

from ..tags import TagSet
from ..types import Bools1d, Floats1d, Ints1d, Ints2d
from .chains import Chain
from .conditions import preset_tokens
from .decoding import Decoding
from .lattice import ChainIndex

ENTITY = [ENT_IOB, ENT_TYPE, ENT_KB_ID]
INSIDE_IOB, OUTSIDE_IOB, BEGIN_IOB = 1, 2, 3  # as spaCy numbers them
EXTENSION = "probability"
PREDICTED = "predicted"  # attribute of a span group: rows of start and end in characters, label and probability

Spans = Tuple[List[Span], Optional[Floats1d]]  # with their probabilities
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


def write_spans(docs: Sequence[Doc], decodings: Sequence[Decoding], chain: Chain, *, keep_preset: bool) -> List[Spans]:
    """Find the spans that a chain has decoded, and write them to the entities if it does so.

    docs (Sequence[Doc]): The documents.
    decodings (Sequence[Decoding]): What the chain has decoded for each.
    chain (Chain): The chain.
    keep_preset (bool): Whether preset entities and blocked tokens stand.
    RETURNS (List[Spans]): The spans of each document, other than preset ones that stand.
    """
    written: List[Spans] = []
    arrays = entity_arrays([decoding.tags for decoding in decodings], chain.tagset)
    for doc, array, (tags, rows, probabilities) in zip(docs, arrays, decodings):
        spans = spans_of_rows(doc, rows, chain.tagset, len(tags))
        if chain.set_ents and len(tags) == len(doc) and not doc.has_annotation(ENT_IOB):
            doc.from_array(ENTITY, array)
        elif chain.set_ents:
            preset = preset_tokens(doc) if keep_preset else None
            if preset is not None:  # they stand already
                new = [not preset[span.start : span.end].any() for span in spans]
                spans = list(compress(spans, new))
                probabilities = None if probabilities is None else probabilities[new]
            set_entities(doc, spans, preset)
        written.append((spans, probabilities))
    return written


def entity_arrays(tags: Sequence[Ints1d], tagset: TagSet) -> Iterator[Ints2d]:
    """Entities for `Doc.from_array`, in place of `Doc.set_ents`, which takes twice as long.

    tags (Sequence[Ints1d]): Tag ids of each document, legal sequences over all of its tokens.
    tagset (TagSet): The tags.
    YIELDS (Ints2d): `ENTITY` of the tokens of each document: every token that is in no entity is outside. Shape: T, 3
    """
    ends = numpy.cumsum([len(one) for one in tags], dtype=int)
    path = numpy.concatenate([numpy.zeros(0, dtype=int), *tags])
    joined = numpy.zeros(len(path), dtype=bool)
    joined[1:] = tagset.joins[path[:-1], path[1:]]
    joined[ends[ends < len(path)]] = False
    names = numpy.array([*map(get_string_id, tagset.labels), 0], dtype="uint64")  # the last is that of outside, -1
    values = numpy.zeros((len(path), len(ENTITY)), dtype="uint64")
    values[:, 0] = numpy.where(tagset.label_ids[path] < 0, OUTSIDE_IOB, numpy.where(joined, INSIDE_IOB, BEGIN_IOB))
    values[:, 1] = names[tagset.label_ids[path]]
    start = 0
    for end in ends.tolist():
        yield values[start:end]
        start = end


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


def in_order(written: List[Spans]) -> Spans:
    """The spans of several chains in the order of a document."""
    if len(written) == 1:
        return written[0]
    spans = [span for some, _ in written for span in some]
    order = sorted(range(len(spans)), key=lambda i: (spans[i].start, spans[i].end, spans[i].label_))
    if any(probabilities is None for _, probabilities in written):
        return [spans[i] for i in order], None
    return [spans[i] for i in order], numpy.concatenate([probabilities for _, probabilities in written])[order]


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
