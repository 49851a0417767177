"""Every message of this room says what was wrong, where, and what to do."""
import pytest

from spacy_bio_crf.tags import REPAIRS, SCHEMES, TagSet, get_scheme, parse_tags, write_tags

ALIASES = {"IOB2": "BIO", "IOB": "IOB1", "IOBES": "BIOES", "BILOU": "BILUO", "BIOUL": "BILUO", "BMESO": "BMES"}


def message(function, *args, **kwargs):
    with pytest.raises(ValueError) as error:
        function(*args, **kwargs)
    return str(error.value)


@pytest.mark.parametrize("alias, name", [*ALIASES.items(), *((name, name) for name in SCHEMES)])
def test_schemes_by_alias_in_any_case(alias, name):
    assert get_scheme(alias) is get_scheme(alias.lower()) is SCHEMES[name]


@pytest.mark.parametrize("name", ["BOI", "", None])
def test_an_unknown_scheme_lists_the_known_ones(name):
    text = message(get_scheme, name)
    assert text.startswith("[E101]") and f"'{name}'" in text
    for known in (*SCHEMES, *ALIASES):
        assert known in text


@pytest.mark.parametrize(
    "scheme, tags, position, reason",
    [
        ("BIO", "O O I-a", 2, "neither continue nor open"),
        ("BIO", "B-a I-b", 1, "neither continue nor open"),
        ("IOB1", "I-a B-b", 1, "neither continue nor open"),
        ("BIOES", "B-a I-a O", 1, "leaves its span open"),
        ("BIOES", "O B-a", 1, "leaves its span open"),
        ("BIO", "O E-a", 1, "does not exist"),
        ("BIO", "O BI-a", 1, "does not exist"),
        ("BIO", "B-a O-a", 1, "does not exist"),
        ("BIO", "B-a -a", 1, "does not exist"),
        ("BIO", "o", 0, "does not exist"),
    ],
)
def test_an_illegal_tag_is_named_with_its_place(scheme, tags, position, reason):
    tag = tags.split()[position]
    text = message(parse_tags, tags.split(), scheme, where="train.conll: token {}".format)
    assert text.startswith(f"[E102] train.conll: token {position} has the tag '{tag}', which")
    assert reason in text and f"in scheme {scheme}" in text and "`scheme`" in text and "--scheme" in text


def test_an_empty_tag_is_illegal():
    assert "token 1 of the sequence has the tag ''" in message(parse_tags, ["O", ""])


def test_an_illegal_sequence_lists_the_repairs():
    text = message(parse_tags, ["I-a"])
    assert "--repair" in text and all(repair in text for repair in REPAIRS)


@pytest.mark.parametrize("repair", REPAIRS)
def test_no_repair_for_a_tag_that_does_not_exist(repair):
    text = message(parse_tags, ["E-a"], "BIO", repair=repair)
    assert "does not exist" in text and "B-label, I-label" in text and all(name in text for name in SCHEMES)


def test_an_unknown_repair_lists_the_known_ones():
    text = message(parse_tags, ["O"], repair="guess")
    assert text.startswith("[E108]") and "'guess'" in text
    assert all(repair in text for repair in REPAIRS)


@pytest.mark.parametrize("label", ["", " ", "a\nb", "a\rb", "a\tb", None, 3])
def test_labels_that_no_tag_can_carry(label):
    text = message(TagSet, "BIO", ["fine", label])
    assert text.startswith("[E103]") and repr(label) in text


def test_a_label_given_twice():
    assert message(TagSet, "BIO", ["b", "a", "c", "a"]) == "[E109] Label 'a' is given twice."


@pytest.mark.parametrize("span", [(2, 2, "a"), (2, 1, "a"), (-1, 1, "a"), (0, 4, "a")])
def test_a_span_that_does_not_fit(span):
    text = message(write_tags, [span], 3)
    assert text.startswith("[E104]") and str(span) in text and "3 tokens" in text


def test_spans_that_overlap():
    text = message(write_tags, [(1, 4, "b"), (0, 2, "a")], 4)
    assert text.startswith("[E105]") and "(0, 2, 'a')" in text and "(1, 4, 'b')" in text


def test_spans_that_touch_in_io():
    text = message(write_tags, [(0, 1, "a"), (1, 2, "a")], 2, "io")
    assert text.startswith("[E106]") and "(0, 1, 'a')" in text and "(1, 2, 'a')" in text
