"""The XML of usaddress."""
import pytest

from spacy_bio_crf.corpus import Report, read_usaddress
from spacy_bio_crf.corpus.align import SPAN_CUTS_TOKEN as CUTS_TOKEN

XML = """<?xml version="1.0" encoding="utf-8"?>
<AddressCollection>
  <AddressString><Number>12</Number> <Street>Old</Street> <Street>Mill,</Street> <Place>Rome,</Place>
  <State>GA</State></AddressString>
  <AddressString><Number>7 </Number><Suffix>B</Suffix> <Street>Elm</Street></AddressString>
</AddressCollection>
"""


def ents(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


def test_tokens_of_the_file(write, nlp):
    report = Report()
    first, second = read_usaddress(write(XML), nlp, report=report)
    assert first.text == "12 Old Mill, Rome, GA"
    assert first.has_unknown_spaces
    assert [token.text for token in first] == ["12", "Old", "Mill,", "Rome,", "GA"]
    assert ents(first) == [("12", "Number"), ("Old Mill,", "Street"), ("Rome,", "Place"), ("GA", "State")]
    assert second.text == "7 B Elm"
    assert sum(report.notes.values()) == 1 and report.faithful
    assert (report.documents, report.tokens, report.spans) == (2, 8, 7)


def test_tokens_of_the_pipeline(write, nlp):
    first, _ = read_usaddress(write(XML), nlp, file_tokens=False)
    assert [token.text for token in first] == ["12", "Old", "Mill", ",", "Rome", ",", "GA"]
    assert ents(first) == [("12", "Number"), ("Old Mill", "Street"), ("Rome", "Place"), ("GA", "State")]


def test_span_that_cuts_a_token(write, nlp):
    report = Report()
    xml = "<A><S><Number>12</Number><Suffix>B</Suffix> <Street>Elm</Street></S></A>"
    (doc,) = read_usaddress(write(xml), nlp, file_tokens=False, report=report)
    assert ents(doc) == [("Elm", "Street")]
    assert [token.ent_iob for token in doc] == [0, 3]
    assert report.unaligned == {CUTS_TOKEN: 2}
    (doc,) = read_usaddress(write(xml), nlp)
    assert [token.text for token in doc] == ["12", "B", "Elm"] and doc.text == "12B Elm"


@pytest.mark.parametrize(
    "content, part",
    [
        ("12 Main St", "no XML"),
        ("<A><B>", "no XML"),
        ("<A/>", "without addresses"),
        ("<A><S><x> </x></S></A>", "without text"),
    ],
)
def test_errors(write, nlp, content, part):
    path = write(content)
    with pytest.raises(ValueError, match=r"^\[E517\]") as err:
        list(read_usaddress(path, nlp))
    assert part in str(err.value) and str(path) in str(err.value)
