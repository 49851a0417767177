"""Entities that are written from arrays, against those that spaCy writes."""
import numpy
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.attrs import ENT_IOB, ENT_KB_ID, ENT_TYPE
from spacy.tokens import Doc, Span

from spacy_bio_crf.pipeline.annotate import ENTITY, entity_arrays
from spacy_bio_crf.tags import SCHEMES, TagSet

VOCAB = spacy.blank("en").vocab
LABELS = ["LOC", "PER"]


@st.composite
def spans_of_documents(draw, may_touch):
    """Spans of some documents, each with its length. They touch, unless those of one label may not."""
    documents = []
    for _ in range(draw(st.integers(0, 4))):
        spans, length = [], draw(st.integers(0, 2))
        for _ in range(draw(st.integers(0, 3))):
            size, label = draw(st.integers(1, 3)), draw(st.integers(0, 1))
            if not may_touch and spans and spans[-1][1:] == (length, label):
                length += 1
            spans.append((length, length + size, label))
            length += size + draw(st.integers(0, 1))
        documents.append((spans, length))
    return documents


@pytest.mark.parametrize("scheme", SCHEMES)
@given(data=st.data())
def test_entities_from_arrays_are_those_of_set_ents(scheme, data):
    tagset = TagSet(scheme, LABELS)
    documents = data.draw(spans_of_documents(bool(tagset.scheme.touches)))
    arrays = list(entity_arrays([tagset.write(spans, length) for spans, length in documents], tagset))
    assert len(arrays) == len(documents)
    for (spans, length), array in zip(documents, arrays):
        one, other = (Doc(VOCAB, words=["x"] * length) for _ in range(2))
        one.set_ents([Span(one, start, end, LABELS[label]) for start, end, label in spans])
        if length:
            other.from_array(ENTITY, array)
        for attribute in (ENT_IOB, ENT_TYPE, ENT_KB_ID):
            assert numpy.array_equal(one.to_array(attribute), other.to_array(attribute))
