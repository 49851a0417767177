"""Templates: how they are read, and the hashes of features."""
import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_bio_crf.features.templates import Hasher, Template, parse_templates

NAMES = ["lower", "POS", "_.own", "gazetteer:towns"]
few = settings(max_examples=60, deadline=None)


def template(*terms):
    return Template(terms)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("lower", [template(("lower", 0))]),
        (" lower [ -2 ] ", [template(("lower", -2))]),
        ("lower[+3]", [template(("lower", 3))]),
        ("lower[-1..1]", [template(("lower", offset)) for offset in (-1, 0, 1)]),
        ("case[ +1 .. +2 ]", [template(("case", 1)), template(("case", 2))]),
        ("case[2..2]", [template(("case", 2))]),
        ("lower[-1]+lower", [template(("lower", -1), ("lower", 0))]),
        ("case + _.own[+1] + gazetteer:towns[-12]", [template(("case", 0), ("_.own", 1), ("gazetteer:towns", -12))]),
    ],
)
def test_what_a_template_means(text, expected):
    assert parse_templates([text]) == expected


def test_each_template_is_there_once():
    assert parse_templates(["lower[0..1]", "case", "lower", "lower[1] + case", "lower[+1]"]) == [
        template(("lower", 0)), template(("lower", 1)), template(("case", 0)), template(("lower", 1), ("case", 0)),
    ]
    assert parse_templates([]) == []


BAD = [
    "", " ", "low er", "lower[", "lower[]", "lower]", "lower[a]", "lower[1.5]", "lower[1..]", "lower[..1]",
    "lower[1][2]", "lower +", "+ lower", "lower ++ case", "lower[-2..2] + case", "case + lower[-2..2]", "lower, case",
    "lower[- 1]", "lower[2..-2]",
]


@pytest.mark.parametrize("text", BAD)
def test_templates_that_cannot_be_read(text):
    with pytest.raises(ValueError, match="E301") as error:
        parse_templates(["lower", text])
    assert repr(text) in str(error.value)


terms = st.tuples(st.sampled_from(NAMES), st.integers(-4, 4))
templates = st.lists(st.lists(terms, min_size=1, max_size=3).map(lambda of: template(*of)), max_size=5, unique=True)


@few
@given(templates)
def test_a_template_is_read_as_it_is_written(some):
    assert parse_templates([str(one) for one in some]) == some


def features(some, values):
    """What each template says of each token of a sequence: None, or its values. The plain definition."""
    n = len(values)

    def value(name, at):
        return "before" if at < 0 else "after" if at >= n else int(values[at][NAMES.index(name)])

    def feature(one, at):
        seen = [value(name, at + offset) for name, offset in one.terms]
        return None if 0 in seen else (str(one), *seen)

    return [[feature(one, at) for one in some] for at in range(n)]


sequences = st.lists(st.lists(st.tuples(*[st.integers(0, 2)] * len(NAMES)), max_size=4), max_size=4)


def hashes_of(some, batch):
    codes = numpy.array([token for one in batch for token in one], dtype="uint64").reshape(-1, len(NAMES))
    return Hasher(some, NAMES)(codes, numpy.array([len(one) for one in batch], dtype="int32"))


@few
@given(templates, sequences)
def test_equal_features_and_they_alone_have_equal_hashes(some, batch):
    """No window looks into the next sequence, and a term that does not apply leaves no feature."""
    hashes = hashes_of(some, batch)
    expected = [row for one in batch for row in features(some, one)]
    assert hashes.shape == (len(expected), len(some)) and hashes.dtype == "uint64"
    pairs = {(hash, feature) for row in zip(hashes.tolist(), expected) for hash, feature in zip(*row)}
    assert len(pairs) == len({hash for hash, _ in pairs}) == len({feature for _, feature in pairs})
    assert all((hash == 0) == (feature is None) for hash, feature in pairs)


@few
@given(templates, sequences)
def test_a_batch_is_its_sequences_one_by_one(some, batch):
    alone = [hashes_of(some, [one]) for one in batch]
    assert numpy.array_equal(hashes_of(some, batch), numpy.concatenate([hashes_of(some, []), *alone]))


def test_hashes_are_those_of_saved_models():
    """A table is saved with them, so they must not change."""
    hashes = hashes_of([template(("POS", 0)), template(("lower", -1), ("POS", 1))], [[(1, 2, 3, 4), (5, 6, 7, 8)]])
    first, second = 7660449547665626069, 18024675368667300336
    assert hashes.tolist() == [[7300246764159736452, first], [13171074780673812189, second]]
