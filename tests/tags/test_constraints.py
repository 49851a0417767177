"""The boolean masks of a tag set, and the spans that its ids spell."""
from itertools import product

import numpy
import pytest
from hypothesis import given

from spacy_bio_crf.tags import OUTSIDE_ID, SCHEMES, TagSet, parse_tags

from .strategies import legal_tags


def is_allowed(tag_set, ids):
    start, step, end = tag_set.constraints
    return not ids or bool(start[ids[0]] and all(step[i, j] for i, j in zip(ids, ids[1:])) and end[ids[-1]])


def is_accepted(tag_set, ids):
    try:
        parse_tags([tag_set.names[i] for i in ids], tag_set.scheme.name)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("length", range(5))
@pytest.mark.parametrize("scheme", SCHEMES)
def test_constraints_allow_exactly_what_the_strict_parser_accepts(scheme, length):
    tag_set = TagSet(scheme, ["a", "b"])
    for ids in product(range(len(tag_set)), repeat=length):
        assert is_allowed(tag_set, ids) == is_accepted(tag_set, ids), [tag_set.names[i] for i in ids]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_labels_differ_only_in_their_names(scheme):
    """Swapping the labels swaps rows and columns, and nothing else."""
    tag_set = TagSet(scheme, ["a", "b"])
    letters = len(tag_set.scheme.letters)
    swap = [0, *range(1 + letters, 1 + 2 * letters), *range(1, 1 + letters)]
    start, step, end = tag_set.constraints
    assert (start == start[swap]).all() and (end == end[swap]).all()
    assert (step == step[swap][:, swap]).all()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_without_labels_everything_is_outside(scheme):
    tag_set = TagSet(scheme, [])
    assert tag_set.names == ("O",)
    assert is_allowed(tag_set, (OUTSIDE_ID, OUTSIDE_ID))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_ids_names_and_labels_agree(scheme):
    tag_set = TagSet(scheme, ["a", "B-x"])
    assert tag_set.names[OUTSIDE_ID] == "O" and tag_set.label_ids[OUTSIDE_ID] == -1
    for label_id, label in enumerate(tag_set.labels):
        assert tag_set.index[label] == label_id
        for letter in tag_set.scheme.letters:
            (tag,) = tag_set.tag_ids(letter, label_id)
            assert tag_set.names[tag] == f"{letter}-{label}"
            assert tag_set.label_ids[tag] == label_id


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_join_stays_within_one_label(scheme):
    tag_set = TagSet(scheme, ["a", "b"])
    before, after = tag_set.joins.nonzero()
    assert OUTSIDE_ID not in before and OUTSIDE_ID not in after
    assert (tag_set.label_ids[before] == tag_set.label_ids[after]).all()
    assert tag_set.constraints.step[before, after].all()


def test_no_tokens_have_no_spans():
    assert TagSet("BIO", ["a"]).spans([]).shape == (0, 3)


def test_order_of_the_ids():
    assert TagSet("BIOES", ["b", "a"]).names == ("O", "B-b", "I-b", "E-b", "S-b", "B-a", "I-a", "E-a", "S-a")


@given(legal_tags())
def test_spans_of_ids_are_the_spans_of_names(case):
    tag_set, ids = case
    parsed = parse_tags([tag_set.names[i] for i in ids], tag_set.scheme.name)
    spans = tag_set.spans(numpy.array(ids, dtype="i"))
    assert spans.shape == (len(parsed), 3)
    assert [(start, end, tag_set.labels[label]) for start, end, label in spans] == parsed
