"""Which tokens are in a list of names."""
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_bio_crf.features.gazetteer import Gazetteer

TOWNS = ["New York", "York", "Neustadt an der Aisch", "Aix-en-Provence", "Rio", "Å", "Århus"]


@pytest.mark.parametrize(
    "words, found",
    [
        ("in New York City", ["", "B", "I", ""]),
        ("in York , New", ["", "B", "", ""]),
        ("NEW york", ["B", "I"]),
        ("York New York York", ["B", "B", "I", "B"]),
        ("Aix - en - Provence", ["B", "I", "I", "I", "I"]),
        ("Aix-en -Provence", ["B", "I"]),
        ("NewYork", ["B"]),
        ("Yorks", [""]),
        ("Y ork", ["B", "I"]),
        ("Neustadt an der Saale", ["", "", "", ""]),
        ("å Rio de", ["B", "B", ""]),
        ("ÅRHUS år", ["B", ""]),
        ("", []),
    ],
)
def test_names_are_found(words, found):
    assert Gazetteer(TOWNS)(words.split()) == found


def test_the_longest_name_from_the_left_wins():
    names = Gazetteer(["a b", "b c d", "a", "c d"])
    assert names(list("abcd")) == ["B", "I", "B", "I"]
    assert names(list("bcda")) == ["B", "I", "I", "B"]


def test_white_space_around_names_does_not_matter():
    names = Gazetteer(["  New\tYork ", "", "  "])
    assert names.names == {"newyork"}
    assert names(["in", " ", "New", "\n", "York"]) == ["", "", "B", "I", "I"]
    assert Gazetteer([])(["in", " ", "York"]) == ["", "", ""]


words = st.text(alphabet="aB \n", max_size=3)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(alphabet="ab ", max_size=5), max_size=4), st.lists(words, max_size=7))
def test_against_all_spans(names, tokens):
    """Among the tokens that are not white space; the others are as if they were not there."""
    squeezed = {"".join(name.split()) for name in names} - {""}
    kept = ["".join(token.lower().split()) for token in tokens if token.strip()]
    expected, start = [], 0
    while start < len(kept):
        ends = [end for end in range(start + 1, len(kept) + 1) if "".join(kept[start:end]) in squeezed]
        end = max(ends, default=start + 1)
        expected += ["B", *"I" * (end - start - 1)] if ends else [""]
        start = end
    found = Gazetteer(names)(tokens)
    assert len(found) == len(tokens)
    assert [one for one, token in zip(found, tokens) if token.strip()] == expected
