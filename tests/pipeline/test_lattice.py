"""The lattice of what is known, against enumeration of all tag sequences."""
from itertools import product

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_bio_crf.pipeline.lattice import NO_LABEL, KnownSpan, build_lattice, drop_inexpressible
from spacy_bio_crf.tags import SCHEMES, TagSet


@st.composite
def knowledge(draw):
    """Known spans and unknown tokens of a short sequence, over two labels (and one that no tag stands for)."""
    length = draw(st.integers(1, 5))
    spans, position = [], 0
    while position < length:
        size = draw(st.integers(0, length - position))
        if draw(st.booleans()):  # an empty one stands for a span of whitespace
            spans.append(KnownSpan(position, position + size, draw(st.sampled_from([NO_LABEL, 0, 1]))))
        position += max(size, 1)
    unknown = numpy.array(draw(st.lists(st.booleans(), min_size=length, max_size=length)))
    for span in spans:
        unknown[span.start : span.end] = False
    return spans, unknown


def legal_sequences(tagset, length):
    start, step, end = tagset.constraints
    for tags in product(range(len(tagset)), repeat=length):
        if start[tags[0]] and end[tags[-1]] and all(step[a, b] for a, b in zip(tags, tags[1:])):
            yield tags


def agrees(tagset, tags, spans, unknown):
    """Whether a sequence says nothing against what is known."""
    found = {tuple(row) for row in tagset.spans(tags).tolist()}
    inside = {t for start, end, _ in found for t in range(start, end)}
    known = {tuple(span) for span in spans if span.label != NO_LABEL and span.start < span.end}
    if any(start < span.start < end for span in spans for start, end, _ in found):
        return False
    free = {t for t in range(len(tags)) if unknown[t]}
    return known <= found and all(set(range(s, e)) <= free for s, e, label in found - known) and (
        inside - free <= {t for s, e, _ in known for t in range(s, e)}
    )


@pytest.mark.parametrize("scheme", SCHEMES)
@given(known=knowledge())
def test_lattice_holds_the_sequences_that_agree(scheme, known):
    spans, unknown = known
    tagset = TagSet(scheme, ["a", "b"] if len(unknown) < 5 else ["a"])
    spans = [s if s.label < len(tagset.labels) else s._replace(label=0) for s in spans]
    spans, lost = drop_inexpressible(tagset, spans)
    for span in lost:
        unknown[span.start : span.end] = True
    allowed = build_lattice(tagset, spans, unknown)
    held, right = set(), set()
    for tags in legal_sequences(tagset, len(unknown)):
        if allowed[numpy.arange(len(tags)), tags].all():
            held.add(tags)
        if agrees(tagset, tags, spans, unknown):
            right.add(tags)
    assert held and held <= right
    if scheme not in ("IO", "IOB1"):  # where a boundary depends on a pair of tags, some right sequences are given up
        assert held == right


def test_empty_span_is_a_boundary():
    tagset = TagSet("BIO", ["a"])
    allowed = build_lattice(tagset, [KnownSpan(1, 1, NO_LABEL)], numpy.ones(2, dtype=bool))
    assert allowed.tolist() == [[True, True, True], [True, True, False]]
