"""Texts with tags in them."""
import pytest

from spacy_bio_crf.corpus import Report, read_markup, write_markup
from spacy_bio_crf.corpus.annotate import annotate
from spacy_bio_crf.corpus.formats import format_of
from spacy_bio_crf.corpus.markup import CROSSING, EMPTY


def spans(doc):
    return [(span.text, span.label_) for span in (*doc.ents, *doc.spans.get("overlapping", ()))]


@pytest.mark.parametrize(
    "line, text, found",
    [
        ("<per>Ann</per> of <loc>Rome</loc>", "Ann of Rome", [("Ann", "per"), ("Rome", "loc")]),
        ('<NE TYPE="per" id="1">Ann</NE>!', "Ann!", [("Ann", "per")]),
        ("<span label='a &amp; b'>Ann</span>", "Ann", [("Ann", "a & b")]),
        ("<org>Bank of <loc>Rome</loc></org>", "Bank of Rome", [("Bank of Rome", "org"), ("Rome", "loc")]),
        ("R&amp;D & <x>a</x> &lt;3 < 4 &#33;", "R&D & a <3 < 4 !", [("a", "x")]),
        ("a<br/> <!-- <x> --><x>b</x>", "a b", [("b", "x")]),
        ("<x>a</x><x>b</x>", "ab", []),
    ],
)
def test_lines(write, nlp, line, text, found):
    path = write(f"<y>z</y>\n\n{line}\n")
    first, doc = read_markup(path, nlp)
    assert doc.text == text and spans(doc) == found
    assert format_of(path).name == "markup"


def test_what_is_no_text(write, nlp):
    """XML takes some of it as it stands."""
    report = Report()
    (doc,) = read_markup(write("<c><![CDATA[x < y > z]]></c> in <b/><!-- no --> Rome"), nlp, report=report)
    assert doc.text == "x < y > z in  Rome" and [ent.text for ent in doc.ents] == ["x < y > z"]
    assert report.notes == {EMPTY: 1}
    with pytest.raises(ValueError, match="E516"):
        list(read_markup(write("\n"), nlp))


def test_columns_of_tags_are_none(write):
    assert format_of(write("<b> O\nbold B-x\n</b> O\n")).name == "columns"


def test_documents(write, nlp):
    path = write('<?xml version="1.0"?>\n<all>\n<DOC id="1">\nIn <l>Rome</l>\nnow\n</DOC>\n<doc>He</doc></all>')
    assert [doc.text for doc in read_markup(path, nlp, document_tag="doc")] == ["In Rome\nnow", "He"]
    with pytest.raises(ValueError, match="E515.*<text>"):
        list(read_markup(path, nlp, document_tag="text"))


@pytest.mark.parametrize(
    "line, expected",
    [("<x>a", "</x>.*the end"), ("a</x>", "no end of a tag.*</x>"), ("<x>a<y>b</x></y>", "</y>.*</x>")],
)
def test_tags_without_an_end(write, nlp, line, expected):
    with pytest.raises(ValueError, match=f"E515.*line 2.*{expected}"):
        list(read_markup(write(f"fine\n{line}\n"), nlp))


def test_spans_that_cross(tmp_path, nlp):
    doc = annotate(nlp("New York City"), [(0, 2, "a"), (1, 3, "b")])
    report = Report()
    write_markup([doc], tmp_path / "a.xml", report=report)
    assert (tmp_path / "a.xml").read_text() == "<a>New York</a> City\n"
    assert report.dropped == {CROSSING: 1}
