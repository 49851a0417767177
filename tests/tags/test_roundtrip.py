"""Spans to tags and back, and from scheme to scheme."""
import pytest
from hypothesis import given

from spacy_bio_crf.tags import SCHEMES, convert_tags, parse_tags, write_tags

from .strategies import legal_tags, schemes, spans_and_length, touching_schemes


@given(spans_and_length(), touching_schemes)
def test_spans_survive(case, scheme):
    spans, length = case
    tags = write_tags(spans, length, scheme)
    assert len(tags) == length
    assert parse_tags(tags, scheme) == spans


@given(spans_and_length(touching=False))
def test_spans_survive_io_unless_they_touch(case):
    spans, length = case
    assert parse_tags(write_tags(spans, length, "IO"), "IO") == spans


@given(spans_and_length())
def test_the_order_of_spans_does_not_matter(case):
    spans, length = case
    assert write_tags(spans[::-1], length) == write_tags(spans, length)


@given(legal_tags())
def test_legal_tags_survive(case):
    """Every scheme writes a set of spans in one way only."""
    tag_set, ids = case
    tags = [tag_set.names[i] for i in ids]
    assert write_tags(parse_tags(tags, tag_set.scheme.name), len(tags), tag_set.scheme.name) == tags


@given(spans_and_length(touching=False), schemes, schemes)
def test_convert_between_every_pair(case, source, target):
    spans, length = case
    tags = write_tags(spans, length, source)
    assert convert_tags(tags, source, target) == write_tags(spans, length, target)


WRITTEN = {
    "BIO": "O B-a B-b I-b B-b I-b I-b O".split(),
    "IOB1": "O I-a I-b I-b B-b I-b I-b O".split(),
    "BIOES": "O S-a B-b E-b B-b I-b E-b O".split(),
    "BILUO": "O U-a B-b L-b B-b I-b L-b O".split(),
    "BMES": "O S-a B-b E-b B-b M-b E-b O".split(),
}


@pytest.mark.parametrize("scheme", WRITTEN)
def test_each_scheme_writes_its_letters(scheme):
    assert write_tags([(1, 2, "a"), (2, 4, "b"), (4, 7, "b")], 8, scheme) == WRITTEN[scheme]


def test_io_cannot_write_spans_of_one_label_that_touch():
    assert write_tags([(0, 1, "a"), (1, 3, "b")], 3, "IO") == ["I-a", "I-b", "I-b"]
    with pytest.raises(ValueError, match="E106.*IO"):
        write_tags([(0, 1, "a"), (1, 3, "a")], 3, "IO")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_tags_without_labels(scheme):
    spans = [(0, 1, ""), (2, 5, "")]
    tags = write_tags(spans, 5, scheme)
    assert all(len(tag) == 1 for tag in tags)
    assert parse_tags(tags, scheme) == spans


@pytest.mark.parametrize("scheme", SCHEMES)
def test_missing_marks_are_outside_and_stay_missing(scheme):
    tags = ["-", *write_tags([(0, 2, "a")], 2, "BIO"), "-", "O", "-"]
    converted = convert_tags(tags, "BIO", scheme)
    assert [tag == "-" for tag in converted] == [tag == "-" for tag in tags]
    assert parse_tags(converted, scheme) == [(1, 3, "a")]


def test_no_repair_takes_a_missing_mark_into_a_span():
    assert convert_tags(["B-a", "-", "I-a", "-"], "BIO", "BIOES", repair="join") == ["S-a", "-", "S-a", "-"]
