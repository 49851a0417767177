"""Which tokens are in a list of names."""
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_bio_crf.features.gazetteer import Gazetteer

TOWNS = ["New York", "York", "Neustadt an der Aisch", "Aix-en-Provence", "Rio", "Å", "Århus", "St. Louis", "Iran", "Mali"]


def find(names, words):
    """Tokens that white space follows, but for those that end with "_"."""
    return names([word.rstrip("_") for word in words], [not word.endswith("_") for word in words])


@pytest.mark.parametrize(
    "words, found",
    [
        ("in New York City", ["", "B", "I", ""]),
        ("in York , New", ["", "B", "", ""]),
        ("NEW york", ["B", "I"]),
        ("York New York York", ["B", "B", "I", "B"]),
        ("Aix - en - Provence", ["B", "I", "I", "I", "I"]),
        ("Aix_ -_ en_ -_ Provence", ["B", "I", "I", "I", "I"]),
        ("Aix-en -Provence", ["B", "I"]),
        ("NewYork", ["B"]),
        ("New_ York", ["B", "I"]),
        ("St._ Louis", ["B", "I"]),
        ("St.Louis", ["B"]),
        ("Yorks", [""]),
        ("Y ork", ["", ""]),
        ("Y_ ork", ["B", "I"]),
        ("I ran , so Mal i", [""] * 6),
        ("Neustadt an der Saale", ["", "", "", ""]),
        ("å Rio de", ["B", "B", ""]),
        ("ÅRHUS år", ["B", ""]),
        ("", []),
    ],
)
def test_names_are_found(words, found):
    assert find(Gazetteer(TOWNS), words.split()) == found


def test_the_longest_name_from_the_left_wins():
    names = Gazetteer(["a b", "b c d", "a", "c d"])
    assert find(names, list("abcd")) == ["B", "I", "B", "I"]
    assert find(names, list("bcda")) == ["B", "I", "I", "B"]


def test_names_that_differ_by_white_space_are_names_of_their_own():
    names = Gazetteer(["a bc", "ab c"])
    assert find(names, ["a", "bc", "ab", "c", "a", "b", "c", "abc"]) == ["B", "I", "B", "I", "", "", "", "B"]


def test_white_space_around_names_does_not_matter():
    names = Gazetteer(["  New\tYork ", "", "  ", "Iran"])
    assert names.names == {"new york", "iran"}
    assert find(names, ["in", " ", "New_", "\n_", "York"]) == ["", "", "B", "I", "I"]
    assert find(names, ["I_", "\n_", "ran"]) == ["", "", ""]
    assert find(Gazetteer([]), ["in", " ", "York"]) == ["", "", ""]


def pattern(name):
    """White space of the name may be there or not; other white space only beside what is no letter."""
    name = " ".join(name.lower().split())
    between = [
        r"\s*" if " " in (one, other) or not (one.isalnum() and other.isalnum()) else ""
        for one, other in zip(name, name[1:])
    ]
    return "".join(re.escape(char.strip()) + gap for char, gap in zip(name, [*between, ""]))


words = st.tuples(st.text(alphabet="aB-\n", max_size=3), st.booleans())


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(alphabet="ab- ", max_size=5), max_size=4), st.lists(words, max_size=7))
def test_against_all_spans(names, tokens):
    """Among the tokens that are not white space."""
    patterns = [pattern(name) for name in names if name.strip()]
    squeezed = ["".join(token.lower().split()) for token, _ in tokens]

    def is_name(start, end):
        parts = [word + " " * (space or not word) for word, (_, space) in zip(squeezed[start:end], tokens[start:end])]
        return any(re.fullmatch(one, "".join(parts).strip()) for one in patterns)

    expected, start = [], 0
    while start < len(tokens):
        ends = [end for end in range(start + 1, len(tokens) + 1) if squeezed[start] and squeezed[end - 1] and is_name(start, end)]
        end = max(ends, default=start + 1)
        expected += ["B", *"I" * (end - start - 1)] if ends else [""]
        start = end
    assert Gazetteer(names)([token for token, _ in tokens], [space for _, space in tokens]) == expected
