"""Values to spans: what is found, what is preferred, and why the rest is not."""
from itertools import product

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from spacy_bio_crf.corpus.align import CUTS_TOKEN, NORMALISED, NOT_FOUND, OVERLAPS, WIDENED, _choose, align

NLP = spacy.blank("en")


def aligned(text, *parts):
    doc = NLP.make_doc(text)
    result = align(doc, parts)
    spans = [(doc[start:end].text, label) for start, end, label in result.spans]
    return spans, [doc[i].text for i in result.missing], result.unaligned, result.notes


@pytest.mark.parametrize(
    "text, value, found, notes",
    [
        ("12 Main St, Springfield", "Main St", "Main St", []),
        ("12 Main St, Springfield", " Main St ", "Main St", []),
        ("12 MAIN ST", "Main St", "MAIN ST", [NORMALISED]),
        ("12 Main  St\nEast", "Main St, East", "Main  St\nEast", [NORMALISED]),
        ("rue de l'Église", "Rue de l'Eglise", "rue de l'Église", [NORMALISED]),
        ("Straße 1", "STRASSE", "Straße", [NORMALISED]),
        ("Haupt-Straße 1", "Hauptstraße", "Haupt-Straße", [NORMALISED]),
        ("at St.Louis now", "St Louis", "St.Louis", [NORMALISED]),
        ("5 Main St. E", "Main St", "Main St.", [WIDENED]),
        ("5 main St. E", "Main St", "main St.", [NORMALISED, WIDENED]),
    ],
)
def test_levels_of_likeness(text, value, found, notes):
    assert aligned(text, ("x", value)) == ([(found, "x")], [], {}, [(0, note) for note in notes])


def test_exact_occurrence_before_a_normalised_one():
    doc = NLP.make_doc("NICE rue de Nice")
    assert align(doc, [("locality", "Nice")]).spans == [(3, 4, "locality")]


def test_whole_token_before_a_part_of_one():
    assert aligned("1200 Oak, unit 12", ("unit", "12"))[0] == [("12", "unit")]


def test_same_words_before_the_same_letters():
    assert aligned("NOTREDAME NOTRE-DAME", ("x", "Notre Dame"))[0] == [("NOTRE-DAME", "x")]


def test_notes_are_of_the_chosen_place():
    _, _, _, notes = aligned("MAIN ST, 5 MAIN St., B", ("a", "5"), ("x", "Main St"), ("b", "B"))
    assert notes == [(1, NORMALISED), (1, WIDENED)]
    _, _, _, notes = aligned("MAIN ROAD, MAIN ROAD", ("x", "Main Road"))
    assert notes == [(0, NORMALISED)]


def test_not_found():
    assert aligned("12 Main St", ("x", "Oak"), ("y", "...")) == ([], [], {0: NOT_FOUND, 1: NOT_FOUND}, [])


def test_cuts_a_token():
    assert aligned("1200 Oak", ("x", "12")) == ([], ["1200"], {0: CUTS_TOKEN}, [])
    assert aligned("1200 Oak 1299", ("x", "12")) == ([], [], {0: CUTS_TOKEN}, [])  # which of them, nobody knows


def test_overlaps_another():
    spans, missing, unaligned, _ = aligned("Old Mill Lane", ("street", "Mill Lane"), ("venue", "Old Mill"))
    assert spans == [("Mill Lane", "street")]
    assert unaligned == {1: OVERLAPS}
    assert missing == ["Old", "Mill"]


def test_given_order_decides_between_occurrences():
    text = "New York, New York"
    doc = NLP.make_doc(text)
    assert align(doc, [("locality", "New York"), ("region", "New York")]).spans == [
        (0, 2, "locality"),
        (3, 5, "region"),
    ]
    assert align(doc, [("region", "New York"), ("locality", "New York")]).spans == [
        (0, 2, "region"),
        (3, 5, "locality"),
    ]


def test_an_early_part_gives_way_to_a_longer_later_one():
    text = "Washington Ave, Washington"
    spans, _, unaligned, _ = aligned(text, ("locality", "Washington"), ("street", "Washington Ave"))
    assert spans == [("Washington Ave", "street"), ("Washington", "locality")]
    assert not unaligned


def test_longest_wins_where_one_must_go():
    assert aligned("Main St", ("locality", "Main"), ("street", "Main St"))[0] == [("Main St", "street")]


def test_order_of_many_equal_values():
    result = align(NLP.make_doc("b" + " a b" * 12), [("x", "a"), ("y", "b")] * 12)
    assert [(start, label) for start, _, label in result.spans] == [(i, "yx"[i % 2]) for i in range(1, 25)]


def test_many_equal_values_end_soon():
    parts = [("x", "a")] * 30 + [("y", "b")]
    spans, _, unaligned, _ = aligned("a " * 25, *parts)
    assert len(spans) == 25
    assert sorted(unaligned.values()) == [OVERLAPS] * 5 + [NOT_FOUND]


def score(chosen):
    placed = [place for place in chosen if place]
    disjoint = all(a[1] <= b[0] for a, b in zip(sorted(placed), sorted(placed)[1:]))
    disorder = sum(b < a for a, b in zip(placed, placed[1:]))
    return disjoint, len(placed), -disorder, sum(end - start for start, end in placed)


ranges = st.tuples(st.integers(0, 5), st.integers(1, 3)).map(lambda x: (x[0], x[0] + x[1]))


@given(st.lists(st.lists(ranges, max_size=3, unique=True), max_size=4))
def test_choice_is_the_best_of_all(places):
    chosen = _choose(places)
    assert all(place is None or place in options for place, options in zip(chosen, places))
    best = max(score(each) for each in product(*([None, *options] for options in places)))
    assert score(chosen)[:3] == best[:3]
    perfect = best[:3] == (True, len(places), 0)  # then the first one will do
    assert perfect or score(chosen) == best


@given(st.lists(st.sampled_from(["Ann", "Lee", "12", "B", "St."]), min_size=1, max_size=8), st.data())
def test_parts_of_a_text_are_found_in_it(words, data):
    cuts = sorted(data.draw(st.sets(st.integers(0, len(words)), max_size=6)))
    parts = [("x", " ".join(words[a:b])) for a, b in zip(cuts, cuts[1:])]
    result = align(NLP.make_doc(" ".join(words)), parts)
    assert not result.unaligned
    assert len(result.spans) == len(parts)
