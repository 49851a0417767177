"""Agreement with seqeval: its strict mode is the "drop" repair, its default (conlleval's) the "begin" repair."""
from itertools import product

import pytest
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import BILOU, IOB1, IOB2, IOBES, Entities

from spacy_bio_crf.tags import TagSet, parse_tags

SCHEMES = {"BIO": IOB2, "IOB1": IOB1, "BIOES": IOBES, "BILUO": BILOU}


def sequences(scheme, longest=4):
    names = TagSet(scheme, ["a", "b"]).names
    for length in range(longest + 1):
        yield from map(list, product(names, repeat=length))


def strict(tags, scheme):
    return [(entity.start, entity.end, entity.tag) for entity in Entities([tags], SCHEMES[scheme]).entities[0]]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_legal_sequences(scheme):
    legal = 0
    for tags in sequences(scheme):
        try:
            spans = parse_tags(tags, scheme)
        except ValueError:
            continue
        assert spans == strict(tags, scheme), tags
        legal += 1
    assert legal == 209


@pytest.mark.parametrize("scheme", ["BIO", "BIOES", "BILUO"])
def test_drop_is_the_strict_mode(scheme):
    for tags in sequences(scheme):
        assert parse_tags(tags, scheme, repair="drop") == strict(tags, scheme), tags


@pytest.mark.parametrize("scheme", ["BIO", "IOB1", "BIOES"])
def test_begin_is_conlleval(scheme):
    for tags in sequences(scheme):
        entities = [(start, last + 1, label) for label, start, last in get_entities(tags)]
        assert parse_tags(tags, scheme, repair="begin") == entities, tags
