"""Docs to columns and back, in every scheme."""
import pytest
import spacy
from hypothesis import assume, given
from hypothesis import strategies as st
from spacy.tokens import Doc

from spacy_bio_crf.corpus import ColumnFormat, read_columns, write_columns
from spacy_bio_crf.corpus.annotate import annotate
from spacy_bio_crf.tags import SCHEMES, get_scheme

from ..tags.strategies import schemes, spans_and_length

NLP = spacy.blank("xx")
letters = st.characters(blacklist_categories=("Cs",), blacklist_characters="\0\ufeff")
tokens = st.text(letters, min_size=1, max_size=4)
holdable = tokens.filter(lambda text: not set(text) & set("\n\r\t ") and not text.startswith("-DOCSTART-"))


def facts(doc):
    ents = [(ent.start, ent.end, ent.label_) for ent in doc.ents]
    return [token.text for token in doc], ents, [token.ent_iob == 0 for token in doc]


@st.composite
def docs(draw, touching=True):
    spans, length = draw(spans_and_length(touching))
    assume(length)
    spans = [(start, end, label.replace(" ", "_")) for start, end, label in spans]
    words = draw(st.lists(holdable, min_size=length, max_size=length))
    doc = annotate(Doc(NLP.vocab, words=words), spans, draw(st.sets(st.integers(0, length - 1), max_size=3)))
    return doc


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("columns") / "docs.tsv"


@given(schemes, st.data(), st.sampled_from([None, "\t", " "]), st.sampled_from(["-", "UNK"]))
def test_round_trip(path, scheme, data, separator, missing):
    written = data.draw(st.lists(docs(touching=bool(get_scheme(scheme).touches)), min_size=1, max_size=3))
    assume(not any(token.text == missing for doc in written for token in doc))
    format = ColumnFormat(scheme=scheme, separator=separator, missing=missing)
    write_columns(written, path, format)
    assert [facts(doc) for doc in read_columns(path, NLP, format)] == [facts(doc) for doc in written]


@given(st.lists(docs(), min_size=1, max_size=3), st.data())
def test_round_trip_of_documents(path, written, data):
    for doc in written:
        starts = data.draw(st.sets(st.integers(0, len(doc) - 1)))
        for token in doc:
            token.is_sent_start = token.i == 0 or (token.i in starts and token.ent_iob_ != "I")
    write_columns(written, path, documents=True)
    read = list(read_columns(path, NLP, sentences_per_doc=0))
    assert [facts(doc) for doc in read] == [facts(doc) for doc in written]
    assert [[t.is_sent_start for t in doc] for doc in read] == [[t.is_sent_start for t in doc] for doc in written]


@given(schemes, st.data(), st.sampled_from([2, 3]))
def test_round_trip_of_layers(path, scheme, data, count):
    """Spans of different layers may overlap."""
    layers = {f"layer {i}": i for i in range(1, count + 1)}
    doc = Doc(NLP.vocab, words=data.draw(st.lists(holdable, min_size=1, max_size=8)))
    for name in layers:
        spans, length = data.draw(spans_and_length(touching=bool(get_scheme(scheme).touches)))
        annotate(doc, [span for span in spans if span[1] <= len(doc)], spans_key=name)
    format = ColumnFormat(scheme=scheme, separator="\t", layers=layers)
    write_columns([doc], path, format)
    (read,) = read_columns(path, NLP, format)
    assert not read.has_annotation("ENT_IOB") and [token.text for token in read] == [token.text for token in doc]
    for name in layers:
        spans = [[(span.start, span.end, span.label_) for span in each.spans[name]] for each in (read, doc)]
        assert spans[0] == spans[1]


@given(docs(touching=False), st.sampled_from(["-", "UNK"]))
def test_round_trip_of_bare_labels(path, written, missing):
    format = ColumnFormat(bare_labels=True, separator="\t", missing=missing)
    unclear = {"O", "-", missing} & {ent.label_ for ent in written.ents}
    if unclear:
        with pytest.raises(ValueError, match="E529"):
            write_columns([written], path, format)
    else:
        write_columns([written], path, format)
        assert [facts(doc) for doc in read_columns(path, NLP, format)] == [facts(written)]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_white_space_that_no_line_can_hold_is_left_out(path, scheme):
    doc = annotate(Doc(NLP.vocab, words=["\n", "a", " ", "b", "\n", "c"]), [(0, 4, "x"), (5, 6, "y")])
    write_columns([doc], path, ColumnFormat(scheme=scheme))
    (read,) = read_columns(path, NLP, ColumnFormat(scheme=scheme))
    assert facts(read)[:2] == (["a", "b", "c"], [(0, 2, "x"), (2, 3, "y")])
    write_columns([doc], path, ColumnFormat(scheme=scheme, separator="\t"))
    (read,) = read_columns(path, NLP, ColumnFormat(scheme=scheme, separator="\t"))
    assert facts(read)[:2] == (["a", " ", "b", "c"], [(0, 3, "x"), (3, 4, "y")])


def test_sentence_that_begins_inside_a_span_is_none(path):
    doc = annotate(Doc(NLP.vocab, words=["a", "b", "c"], sent_starts=[True, True, True]), [(0, 2, "x")])
    write_columns([doc], path)
    assert [len(doc) for doc in read_columns(path, NLP)] == [2, 1]


@pytest.mark.parametrize("token, separator", [("a\nb", "\t"), ("a b", None), ("a\tb", "\t"), ("a,b", ",")])
def test_token_that_would_break_its_line(path, token, separator):
    doc = Doc(NLP.vocab, words=["x", token])
    with pytest.raises(ValueError, match=r"E511.*token"):
        write_columns([doc], path, ColumnFormat(separator=separator))


def test_label_with_spaces_needs_a_separator(path):
    doc = annotate(Doc(NLP.vocab, words=["a"]), [(0, 1, "place of birth")])
    with pytest.raises(ValueError, match=r"E511.*label 'place of birth'"):
        write_columns([doc], path)
    write_columns([doc], path, ColumnFormat(separator="\t"))
    assert facts(next(read_columns(path, NLP, ColumnFormat(separator="\t")))) == facts(doc)


def test_scheme_that_cannot_express_touching_spans(path):
    doc = annotate(Doc(NLP.vocab, words=["a", "b"]), [(0, 1, "x"), (1, 2, "x")])
    with pytest.raises(ValueError, match="E106"):
        write_columns([doc], path, ColumnFormat(scheme="IO"))
