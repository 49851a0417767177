"""What each named repair makes of an illegal sequence."""
import pytest
from hypothesis import given

from spacy_bio_crf.tags import REPAIRS, convert_tags, parse_tags

from .strategies import any_tags, legal_tags

A, B = "a", "b"

# scheme, tags, then the spans of each repair and the counts (orphan, unclosed) of each
CASES = [
    ("BIO", "I-a", [(0, 1, A)], [], [(0, 1, A)], [(1, 0), (1, 0), (1, 0)]),
    ("BIO", "O I-a I-a", [(1, 3, A)], [], [(1, 3, A)], [(1, 0), (2, 0), (1, 0)]),
    ("BIO", "B-a I-b", [(0, 1, A), (1, 2, B)], [(0, 1, A)], [(0, 2, A)], [(1, 0), (1, 0), (1, 0)]),
    ("BIO", "B-a O I-a I-a", [(0, 1, A), (2, 4, A)], [(0, 1, A)], [(0, 4, A)], [(1, 0), (2, 0), (1, 0)]),
    ("BIO", "B-a O I-b I-b", [(0, 1, A), (2, 4, B)], [(0, 1, A)], [(0, 1, A), (2, 4, B)], [(1, 0), (2, 0), (1, 0)]),
    ("BIO", "B-a O O I-a", [(0, 1, A), (3, 4, A)], [(0, 1, A)], [(0, 1, A), (3, 4, A)], [(1, 0), (1, 0), (1, 0)]),
    ("BIO", "B-a - I-a", [(0, 1, A), (2, 3, A)], [(0, 1, A)], [(0, 1, A), (2, 3, A)], [(1, 0), (1, 0), (1, 0)]),
    ("IOB1", "B-a I-a", [(0, 2, A)], [(1, 2, A)], [(0, 2, A)], [(1, 0), (1, 0), (1, 0)]),
    ("IOB1", "I-a B-b", [(0, 1, A), (1, 2, B)], [(0, 1, A)], [(0, 1, A), (1, 2, B)], [(1, 0), (1, 0), (1, 0)]),
    ("IOB1", "I-a O B-a", [(0, 1, A), (2, 3, A)], [(0, 1, A)], [(0, 1, A), (2, 3, A)], [(1, 0), (1, 0), (1, 0)]),
    ("BIOES", "B-a", [(0, 1, A)], [], [(0, 1, A)], [(0, 1), (0, 1), (0, 1)]),
    ("BIOES", "B-a I-a O", [(0, 2, A)], [], [(0, 2, A)], [(0, 1), (0, 1), (0, 1)]),
    ("BIOES", "I-a E-a", [(0, 2, A)], [], [(0, 2, A)], [(1, 0), (2, 0), (1, 0)]),
    ("BIOES", "S-a E-a", [(0, 1, A), (1, 2, A)], [(0, 1, A)], [(0, 2, A)], [(1, 0), (1, 0), (1, 0)]),
    ("BIOES", "B-a S-b", [(0, 1, A), (1, 2, B)], [(1, 2, B)], [(0, 1, A), (1, 2, B)], [(0, 1), (0, 1), (0, 1)]),
    ("BIOES", "B-a E-b", [(0, 1, A), (1, 2, B)], [], [(0, 2, A)], [(1, 1), (1, 1), (1, 0)]),
    ("BIOES", "B-a I-b E-a", [(0, 1, A), (1, 2, B), (2, 3, A)], [], [(0, 3, A)], [(2, 2), (2, 1), (1, 0)]),
    ("BILUO", "B-a L-b", [(0, 1, A), (1, 2, B)], [], [(0, 2, A)], [(1, 1), (1, 1), (1, 0)]),
    ("BMES", "S-a M-b E-b", [(0, 1, A), (1, 3, B)], [(0, 1, A)], [(0, 3, A)], [(1, 0), (2, 0), (2, 0)]),
]
EACH_REPAIR = [
    (scheme, tags.split(), repair, spans, counts)
    for scheme, tags, *found, expected in CASES
    for repair, spans, counts in zip(("begin", "drop", "join"), found, expected)
]


@pytest.mark.parametrize("scheme, tags, repair, spans, counts", EACH_REPAIR)
def test_repair(scheme, tags, repair, spans, counts):
    repairs = {}
    assert parse_tags(tags, scheme, repair=repair, repairs=repairs) == spans
    assert (repairs.get("orphan", 0), repairs.get("unclosed", 0)) == counts


@pytest.mark.parametrize("scheme, tags", [case[:2] for case in CASES])
def test_without_a_repair_the_sequence_is_refused(scheme, tags):
    with pytest.raises(ValueError, match="E102"):
        parse_tags(tags.split(), scheme)


def test_counts_add_up_over_sequences():
    repairs = {}
    for tags in (["I-a"], ["B-a"], ["O", "I-b"]):
        parse_tags(tags, "BIO", repair="begin", repairs=repairs)
    assert repairs == {"orphan": 2}


@pytest.mark.parametrize("repair", REPAIRS)
@given(case=any_tags())
def test_a_repaired_sequence_is_legal(repair, case):
    tag_set, tags = case
    scheme = tag_set.scheme.name
    repairs = {}
    spans = parse_tags(tags, scheme, repair=repair, repairs=repairs)
    rewritten = convert_tags(tags, scheme, scheme, repair=repair)
    assert parse_tags(rewritten, scheme) == spans
    assert bool(repairs) == (rewritten != tags)


@pytest.mark.parametrize("repair", REPAIRS)
@given(case=legal_tags())
def test_a_legal_sequence_is_left_alone(repair, case):
    tag_set, ids = case
    tags = [tag_set.names[i] for i in ids]
    repairs = {}
    assert convert_tags(tags, tag_set.scheme.name, tag_set.scheme.name, repair=repair, repairs=repairs) == tags
    assert not repairs


@given(any_tags())
def test_dropping_only_takes_tags_away(case):
    tag_set, tags = case
    scheme = tag_set.scheme.name
    dropped = convert_tags(tags, scheme, "IO" if scheme == "IO" else "BIO", repair="drop")
    assert all(new == "O" or new[2:] == old[2:] for old, new in zip(tags, dropped))


@given(any_tags())
def test_beginning_keeps_every_token_and_its_label(case):
    tag_set, tags = case
    scheme = tag_set.scheme.name
    begun = convert_tags(tags, scheme, "IO" if scheme == "IO" else "BIO", repair="begin")
    assert [tag[1:] for tag in begun] == [tag[1:] for tag in tags]
