"""What the attributes of a word say of its form."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_bio_crf.features.attributes import LONGEST_AFFIX, WORD

CASES = [  # form, lower, short_shape, case, digits
    ("Berlin", "berlin", "Xx", "title", ""),
    ("berlin", "berlin", "x", "lower", ""),
    ("EU", "eu", "X", "upper", ""),
    ("A", "a", "X", "initial", ""),
    ("a", "a", "x", "lower", ""),
    ("iPhone", "iphone", "xXx", "mixed", ""),
    ("McDonald", "mcdonald", "XxXx", "mixed", ""),
    ("New-York", "new-york", "Xx-Xx", "title", ""),
    ("1990-91", "1990-91", "d-d", "", "0000-00"),
    ("3.5", "3.5", "d.d", "", "0.0"),
    ("B2B", "b2b", "XdX", "upper", "some"),
    ("5th", "5th", "dx", "lower", "some"),
    ("...", "...", ".", "", ""),
    ("Ölçü", "ölçü", "Xx", "title", ""),
    ("ÉCOLE", "école", "X", "upper", ""),
    ("Straße", "straße", "Xx", "title", ""),
    ("北京", "北京", "x", "mixed", ""),  # letters without case
    ("٣٤", "٣٤", "d", "", "00"),  # Arabic digits
    ("²", "²", "d", "", ""),  # no decimal digit
    ("", "", "", "", ""),
]


@pytest.mark.parametrize("form, lower, short_shape, case, digits", CASES)
def test_attributes_of_a_form(form, lower, short_shape, case, digits):
    names = ("bias", "form", "lower", "short_shape", "case", "digits")
    assert [WORD[name](form) for name in names] == ["1", form, lower, short_shape, case, digits]


def test_shape_is_that_of_spacy():
    shapes = [WORD["shape"](form) for form in ("Berlin", "a1b2", "ABCDEFG", "1990-91")]
    assert shapes == ["Xxxxx", "xdxd", "XXXX", "dddd-dd"]
    assert WORD["short_shape"]("aaaaaAAAAA11") == "xXd"


@given(st.text(max_size=10))
def test_affixes_are_shorter_than_the_form(form):
    for length in range(1, LONGEST_AFFIX + 1):
        first, last = WORD[f"prefix{length}"](form), WORD[f"suffix{length}"](form)
        if len(form) > length:
            assert (first, last) == (form[:length].lower(), form[len(form) - length :].lower())
        else:
            assert first == last == ""


def test_affixes_are_in_lower_case():
    assert WORD["prefix3"]("ÉCOLE") == "éco" and WORD["suffix2"]("ÉCOLE") == "le"
    assert "prefix7" not in WORD and "suffix0" not in WORD
