"""Column files in all their oddities."""
import pytest

from spacy.tokens import Doc, Span

from spacy_bio_crf.corpus import ColumnFormat, Report, read_columns, read_spacy, write_columns, write_spacy
from spacy_bio_crf.corpus.columns import NO_TOKENS, NO_WORDS
from spacy_bio_crf.corpus.sentences import COMMENT_ROW, TAGS_ELSEWHERE

TWO = "Ann B-per\nLee I-per\nin O\nOslo B-loc\n"


def read(path, nlp, format=ColumnFormat(), **kwargs):
    return list(read_columns(path, nlp, format, **kwargs))


def words(docs):
    return [[token.text for token in doc] for doc in docs]


def ents(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


def test_plain_file(write, nlp):
    report = Report()
    docs = read(write(TWO + "\nHi O\n"), nlp, report=report)
    assert words(docs) == [["Ann", "Lee", "in", "Oslo"], ["Hi"]]
    assert ents(docs[0]) == [("Ann Lee", "per"), ("Oslo", "loc")]
    assert all(token.ent_iob_ == "O" for token in docs[1])
    assert docs[0].has_unknown_spaces
    assert (report.documents, report.tokens, report.spans, report.missing) == (2, 5, 2, 0)
    assert report.labels == {"per": 1, "loc": 1}
    assert report.faithful


@pytest.mark.parametrize("blank", ["", "\t", "  ", " \t ", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_blank_lines(write, nlp, blank, end):
    docs = read(write(end.join(["a O", blank, blank, "b O", "c O", blank])), nlp)
    assert words(docs) == [["a"], ["b", "c"]]
    assert not docs[0][0].ent_iob == 0


def test_byte_order_marks(write, nlp):
    report = Report()
    docs = read(write("\ufeffa O\nb\ufeff O\n\n\ufeff-DOCSTART- O\n\nc O\n"), nlp, report=report)
    assert words(docs) == [["a", "b"], ["c"]]
    assert report.notes == {"byte order mark inside the text": 1}


def test_no_other_line_breaks(write, nlp):
    """A token may hold a character that Python, but no column file, takes for the end of a line."""
    assert words(read(write("a\u2028b O\nc\x85 O\nd\x0b O\n"), nlp)) == [["a\u2028b", "c\x85", "d\x0b"]]


@pytest.mark.parametrize(
    "columns, format",
    [
        ("{0} X {1}", ColumnFormat()),
        ("{1} {0}", ColumnFormat(token_column=1, tag_column=0)),
        ("7\t{0}\t{1}\tx y\tz", ColumnFormat(token_column=1, tag_column=-3, separator="\t")),
        ("{0},{1}", ColumnFormat(separator=",")),
        ("{0}  \t {1} ", ColumnFormat()),
    ],
)
def test_columns_and_separators(write, nlp, columns, format):
    lines = [columns.format(*line.split()) for line in TWO.splitlines()]
    (doc,) = read(write("\n".join(lines)), nlp, format)
    assert words([doc]) == [["Ann", "Lee", "in", "Oslo"]]
    assert ents(doc) == [("Ann Lee", "per"), ("Oslo", "loc")]


def test_white_space_tokens_with_a_separator(write, nlp):
    assert words(read(write(" \tO\n\u3000\tB-x\n"), nlp, ColumnFormat(separator="\t"))) == [[" ", "\u3000"]]


def test_comments(write, nlp):
    text = "# sent_id = 1\n# text = # Oslo\n#\tO\nOslo\tB-loc\n"
    (doc,) = read(write(text), nlp, ColumnFormat(separator="\t", comment="# "))
    assert words([doc]) == [["#", "Oslo"]]


def test_documents(write, nlp):
    text = "-DOCSTART- -X- O\n\na O\n\nb B-x\n\n-DOCSTART- O\nc O\n"
    docs = read(write(text), nlp, sentences_per_doc=0)
    assert words(docs) == [["a", "b"], ["c"]]
    assert [token.is_sent_start for token in docs[0]] == [True, True]
    assert ents(docs[0]) == [("b", "x")]
    conllu = "# newdoc id = 1\na O\n\n# newdoc\nb O\n\nc O\n"
    assert words(read(write(conllu), nlp, ColumnFormat(comment="#"), sentences_per_doc=0)) == [["a"], ["b", "c"]]


def test_sentences_per_doc(write, nlp):
    path = write("a O\nx O\n\nb O\n\nc B-x\n")
    docs = read(path, nlp, sentences_per_doc=2)
    assert words(docs) == [["a", "x", "b"], ["c"]]
    assert [token.is_sent_start for token in docs[0]] == [True, False, True]
    assert not read(path, nlp)[0].has_annotation("SENT_START")
    assert words(read(path, nlp, sentences_per_doc=0)) == [["a", "x", "b", "c"]]


def test_missing_marks(write, nlp):
    report = Report()
    path = write("a UNK\nb B-x\nc I-x\nd -\ne O\n")
    (doc,) = read(path, nlp, ColumnFormat(missing="UNK"), report=report)
    assert [token.ent_iob for token in doc] == [0, 3, 1, 0, 2]
    assert report.missing == 2
    (doc,) = read(write("a UNK\nb UNK"), nlp, ColumnFormat(missing="UNK"))
    assert [token.ent_iob for token in doc] == [0, 0]


def test_bare_tags(write, nlp):
    (doc,) = read(write("a B\nb I\nc B\nd O\n"), nlp, ColumnFormat(label="KEY"))
    assert ents(doc) == [("a b", "KEY"), ("c", "KEY")]


def test_single_tokens(write, nlp, tmp_path):
    """Of bare labels: two in a row are two spans, and come back as two."""
    path, format = write("a E\nb E\nc O\nd -\n"), ColumnFormat(bare_labels=True, single_tokens=True)
    (doc,) = read(path, nlp, format)
    assert ents(doc) == [("a", "E"), ("b", "E")] and doc[3].ent_iob == 0
    write_columns([doc], tmp_path / "again", format)
    assert (tmp_path / "again").read_text() == "a\tE\nb\tE\nc\tO\nd\t-\n\n"
    doc.set_ents([Span(doc, 0, 2, "E")])
    with pytest.raises(ValueError, match="E536.*E 'a b'"):
        write_columns([doc], tmp_path / "again", format)
    with pytest.raises(ValueError, match="E537"):
        ColumnFormat(single_tokens=True)


def test_document_marks_are_written_again(write, nlp, tmp_path):
    text = "-DOCSTART- O\n\na O\n\nb B-x\n\n-DOCSTART- O\n\nc O\n\n"
    for sentences_per_doc in (1, 0):
        docs = read(write(text), nlp, sentences_per_doc=sentences_per_doc)
        docs[0].user_data["anything"] = object()
        write_spacy(docs, tmp_path / "kept.spacy")
        docs = list(read_spacy(tmp_path / "kept.spacy", nlp))
        assert all(set(doc.user_data) == {"document"} for doc in docs)
        write_columns(docs, tmp_path / "again", ColumnFormat(separator=" "))
        assert (tmp_path / "again").read_text() == text
    write_columns(docs, tmp_path / "again", ColumnFormat(separator=" "), documents=False)
    assert "DOCSTART" not in (tmp_path / "again").read_text()


def test_marks_of_documents_that_are_docs(nlp, tmp_path):
    """A doc with sentences is a document, unless it says which one it is of."""
    docs = [nlp("Ann ran . Bob too ."), nlp("Eve not")]
    for doc in docs:
        for token in doc:
            token.is_sent_start = token.i in (0, 3)
    write_columns(docs, tmp_path / "docs")
    assert words(read(tmp_path / "docs", nlp, sentences_per_doc=0)) == [["Ann", "ran", ".", "Bob", "too", "."], ["Eve", "not"]]
    before = "a O\n\n-DOCSTART- O\n\nb O\n\n"
    (tmp_path / "before").write_text(before)
    kept = read(tmp_path / "before", nlp)
    write_columns(kept, tmp_path / "again", ColumnFormat(separator=" "))
    assert (tmp_path / "again").read_text() == before, "nothing marks what is before the first mark"
    assert all("document" in doc.user_data for doc in kept), "yet it is a document, which no split parts"


def test_what_no_line_can_hold_is_told(nlp, tmp_path):
    report = Report()
    docs = [nlp(" \n "), nlp("Rome"), Doc(nlp.vocab, words=["a", "\n\n", "b"])]
    for doc in docs[1:]:
        doc.set_ents([], default="outside")
    docs[2].set_ents([Span(docs[2], 1, 2, "x")])
    write_columns(docs, tmp_path / "out", report=report)
    assert report.dropped == {NO_WORDS: 1, NO_TOKENS: 1}


def test_a_doc_without_the_group_of_a_layer_is_missing_there(nlp, tmp_path):
    docs, format = [nlp("Ann ran"), nlp("Bob ran")], ColumnFormat(layers={"sc": 1})
    docs[0].spans["sc"] = []
    write_columns(docs, tmp_path / "out", format)
    assert (tmp_path / "out").read_text() == "Ann\tO\nran\tO\n\nBob\t-\nran\t-\n\n"
    report = Report(strict=True)
    assert ["sc" in doc.spans for doc in read(tmp_path / "out", nlp, format, report=report)] == [True, False]


def test_characters_that_the_encoding_lacks(nlp, tmp_path):
    with pytest.raises(ValueError, match="E538.*'latin-1'.*'€'"):
        write_columns([nlp("5 €")], tmp_path / "out", ColumnFormat(encoding="latin-1"))


def test_comments_that_look_like_rows(write, nlp):
    report = Report()
    read(write("# a comment\nx\tO\n#Rome\tB-LOC\n# x = 1\ty\n"), nlp, ColumnFormat(separator="\t", comment="#"), report=report)
    assert report.notes == {COMMENT_ROW: 1} and "#Rome" in report.examples[COMMENT_ROW][0]


@pytest.mark.parametrize(
    "text, elsewhere",
    [
        ("1 a B-x - -\n2 b I-x - -\n3 c O - -\n", "column 2"),
        ("B-1 a S-x O\nB-2 b O O\n", "column 2"),  # not that of the tokens
        ("a B-x B-y O\nb O O O\n", "column 1 and 2"),
        ("a B-x NN O\nb verb NN O\n", None),  # not all of a column are tags
        ("a O _ O\nb O _ O\n", None),
        ("a I-x O\nb O B-x\n", None),  # what is read has a tag
        ("a B-x\n", None),
    ],
)
def test_tags_in_other_columns(write, nlp, text, elsewhere):
    report = Report()
    token = 1 if text[0] == "1" else 0
    read(write(text), nlp, ColumnFormat(token_column=token), report=report)
    assert report.unaligned == ({TAGS_ELSEWHERE: 1} if elsewhere else {})
    told = Report()
    read(write(text), nlp, ColumnFormat(token_column=token, layers={"x": -1}), report=told)
    assert not told.unaligned, "a layer may be empty"
    if elsewhere:
        assert report.examples[TAGS_ELSEWHERE][0].endswith(elsewhere)
        with pytest.raises(ValueError, match="E530.*--tag-column"):
            read(write(text), nlp, ColumnFormat(token_column=token), report=Report(strict=True))


def test_io(write, nlp):
    (doc,) = read(write("a I-x\nb I-x\nc I-y\n"), nlp, ColumnFormat(scheme="IO"))
    assert ents(doc) == [("a b", "x"), ("c", "y")]


def test_repairs_are_counted_with_their_place(write, nlp):
    report = Report()
    path = write("a O\n\nb O\nc I-x\nd I-y\n")
    docs = read(path, nlp, repair="begin", report=report)
    assert ents(docs[1]) == [("c", "x"), ("d", "y")]
    assert report.repairs == {"orphan": 2}
    assert not report.faithful
    assert f"{path}, line 3, sentence" in report.examples["orphan"][0]


def test_language_without_spaces(write, nlp):
    (doc,) = read(write("我 O\n买 B-x\n"), nlp, spaces=False)
    assert doc.text == "我买"


def test_latin_1(write, nlp):
    path = write("Århus B-loc\n".encode("latin-1"))
    assert words(read(path, nlp, ColumnFormat(encoding="latin-1"))) == [["Århus"]]
