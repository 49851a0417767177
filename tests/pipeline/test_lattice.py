"""The lattice of what is known, against enumeration of all tag sequences."""
from itertools import product

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_bio_crf.pipeline.lattice import NO_LABEL, KnownSpan, Lattice, part_expressible
from spacy_bio_crf.tags import SCHEMES, States, TagSet


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


def legal_sequences(states, length):
    start, step, end = states.constraints
    for path in product(range(len(states)), repeat=length):
        if start[path[0]] and end[path[-1]] and all(step[a, b] for a, b in zip(path, path[1:])):
            yield path


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
    states = States(tagset)
    spans = [s if s.label < len(tagset.labels) else s._replace(label=0) for s in spans]
    spans, lost = part_expressible(states, spans)
    for span in lost:
        unknown[span.start : span.end] = True
    lattice = Lattice(states, len(unknown))
    lattice.read(spans, unknown)
    held, right = set(), set()
    for path in legal_sequences(states, len(unknown)):
        if lattice.allowed[numpy.arange(len(path)), path].all():
            held.add(path)
        if agrees(tagset, states.tags[list(path)], spans, unknown):
            right.add(path)
    assert held and held == right


def test_empty_span_is_a_boundary():
    lattice = Lattice(States(TagSet("BIO", ["a"])), 2)
    lattice.read([KnownSpan(1, 1, NO_LABEL)], numpy.ones(2, dtype=bool))
    assert lattice.allowed.tolist() == [[True, True, True], [True, True, False]]
