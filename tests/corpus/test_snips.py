"""The raw JSON of SNIPS."""
import json

import pytest

from spacy_bio_crf.corpus import Report, read_snips
from spacy_bio_crf.corpus.align import SPAN_CUTS_TOKEN as CUTS_TOKEN
from spacy_bio_crf.corpus.align import BLANK as NO_TEXT
from spacy_bio_crf.corpus.align import TRIMMED
from spacy_bio_crf.corpus.snips import LATIN, SURROGATES


def snips(*pieces):
    return json.dumps({"Play": [{"data": list(pieces)}]}, ensure_ascii=False)


def piece(text, entity=None):
    return {"text": text, "entity": entity} if entity else {"text": text}


def ents(doc):
    return [(ent.text, ent.label_) for ent in doc.ents]


def test_pieces(write, nlp):
    content = snips(piece("play "), piece("some Jazz", "genre"), piece(" "), piece("now", "time"), piece("."))
    (doc,) = read_snips(write(content), nlp)
    assert doc.text == "play some Jazz now."
    assert ents(doc) == [("some Jazz", "genre"), ("now", "time")]


def test_oddities(write, nlp):
    report = Report()
    content = snips(piece("in"), piece(" ", "odd"), piece(" a year ", "time"), piece("pm"), piece("near", "where"))
    (doc,) = read_snips(write(content), nlp, report=report)
    assert ents(doc) == [("a year", "time")]
    assert [token.ent_iob for token in doc if token.text == "pmnear"] == [0]
    assert report.unaligned == {NO_TEXT: 1, CUTS_TOKEN: 1}
    assert report.notes == {TRIMMED: 1}


@pytest.mark.parametrize(
    "song, raw, note",
    [
        ("é", "é".encode(), None),
        ("é", "\ufeffé".encode(), None),
        ("é🍕", "é".encode() + b"\xed\xa0\xbc\xed\xbd\x95", SURROGATES),
        ("é", "é".encode("latin-1"), LATIN),
    ],
)
def test_encodings(write, nlp, song, raw, note):
    report = Report()
    bom = b"\xef\xbb\xbf" if raw.startswith(b"\xef\xbb\xbf") else b""
    path = write(bom + snips(piece("X", "song")).encode().replace(b"X", raw[len(bom) :]))
    (doc,) = read_snips(path, nlp, report=report)
    assert doc.text == song
    assert list(report.notes) == ([note] if note else [])


@pytest.mark.parametrize(
    "content", [r'{"Play": [{"data": [{"text": "\ud800"}]}]}', "", "a B\n", "[]", '{"Play": [{}]}', '{"Play": [{"data": ["x"]}]}', '{"Play": {"data": 1}}']
)
def test_errors(write, nlp, content):
    path = write(content)
    with pytest.raises(ValueError, match=r"^\[E518\]") as err:
        list(read_snips(path, nlp))
    assert str(path) in str(err.value)


def test_no_file(tmp_path, nlp):
    with pytest.raises(ValueError, match="E501"):
        list(read_snips(tmp_path / "none.json", nlp))
