"""brat's standoff."""
import pytest

from spacy_bio_crf.corpus import Report, read_brat, read_corpus, write_brat
from spacy_bio_crf.corpus.align import OTHER_TEXT
from spacy_bio_crf.corpus.annotate import annotate
from spacy_bio_crf.corpus.brat import DISCONTINUOUS, NO_SPAN, NOT_ANNOTATED

TEXT = "Ann Lee,\r\nof New\r\nYork and Rome\n"


def ents(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


@pytest.fixture
def annotated(write):
    def write_both(annotation, text=TEXT):
        write(text, "a.txt")
        return write(annotation, "a.ann")

    return write_both


def test_annotation(annotated, nlp):
    lines = [
        "T1\tPER 0 7\tAnn Lee",
        "T2\tLOC 13 16;18 22\tNew York",
        "R1\tlives Arg1:T1 Arg2:T2",
        "#1\tNote T1\tyes",
        "",
    ]
    report = Report()
    (doc,) = read_brat(annotated("\n".join(lines)), nlp, report=report)
    assert doc.text == TEXT and ents(doc) == [("Ann Lee", "PER"), ("New\r\nYork", "LOC")]
    assert report.notes == {NO_SPAN: 2} and report.faithful
    (same,) = read_brat(annotated("\n".join(lines)).with_suffix(".txt"), nlp)
    assert ents(same) == ents(doc)


def test_what_is_no_span_of_tokens(annotated, nlp):
    report = Report()
    (doc,) = read_brat(annotated("T1\tPER 0 3;27 31\tAnn Rome\nT2\tLOC 13 16\tOld\n"), nlp, report=report)
    assert not doc.ents and {token.text for token in doc if token.ent_iob == 0} == {"Ann", "Rome"}
    assert report.unaligned == {DISCONTINUOUS: 1, OTHER_TEXT: 1}


@pytest.mark.parametrize("line", ["T1 PER 0 3 Ann", "T1\tPER 0\tAnn", "T1\tPER a b\tAnn", "T1\tPER -1 3"])
def test_lines_that_brat_does_not_write(annotated, nlp, line):
    with pytest.raises(ValueError, match=r"E515.*a\.ann, line 2"):
        list(read_brat(annotated(f"T2\tPER 0 3\tAnn\n{line}\n"), nlp))


def test_a_file_alone(write, nlp):
    with pytest.raises(ValueError, match=r"E501.*a\.txt"):
        list(read_brat(write("", "a.ann"), nlp))


def test_texts_without_annotation_are_kept_as_missing(annotated, write, nlp):
    folder, report = annotated("T1\tPER 0 7\tAnn Lee\n").parent, Report()
    write("Bob ran", "b.txt")
    known, unknown = read_corpus(folder, nlp, report=report)
    assert ents(known) == [("Ann Lee", "PER")] and not report.unaligned
    assert unknown.text == "Bob ran" and {token.ent_iob for token in unknown} == {0}
    assert report.notes == {NOT_ANNOTATED: 1} and "b.txt" in report.examples[NOT_ANNOTATED][0]
    write("T1\tPER 0 3\tEve\n", "c.ann")
    with pytest.raises(ValueError, match=r"E501.*c\.txt"):
        list(read_corpus(folder, nlp))


def test_folder(tmp_path, nlp):
    docs = [annotate(nlp("Ann of Rome"), [(0, 1, "PER"), (2, 3, "LOC")]), nlp("Nobody")]
    write_brat(docs, tmp_path / "out")
    (tmp_path / "out" / "annotation.conf").write_text("[entities]")
    assert [ents(doc) for doc in read_corpus(tmp_path / "out", nlp)] == [[("Ann", "PER"), ("Rome", "LOC")], []]
    assert (tmp_path / "out" / "000001.ann").read_text() == "T1\tPER 0 3\tAnn\nT2\tLOC 7 11\tRome\n"
    with pytest.raises(ValueError, match="E533.*'a b'"):
        write_brat([annotate(nlp("Ann"), [(0, 1, "a b")])], tmp_path / "bad")
