"""Docs to files and back, in every format that can be written."""
import shutil

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from spacy_bio_crf.corpus import FORMATS, Report, read_corpus, write_corpus
from spacy_bio_crf.corpus.annotate import annotate
from spacy_bio_crf.corpus.formats import format_of, options_of

from .strategies import NLP, docs, facts

ROUND = [
    format for format in FORMATS.values() if format.write and format.name != "columns"
]  # these: test_column_round_trip
CAN_SAY = {"brat": {"labels": ("a", "B-x", "日付", "-")}, "markup": {"crossing": False}}  # less than the others


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("round")


def fresh(folder, format):
    """A path that such files have, with nothing there."""
    path = folder / f"docs{''.join(format.endings[:1])}"
    shutil.rmtree(path, ignore_errors=True)
    return path


@pytest.mark.parametrize("format", ROUND, ids=lambda format: format.name)
@given(st.data())
def test_spans_texts_and_missing_marks(folder, format, data):
    overlaps, missing = "overlaps" in format.holds, "missing" in format.holds
    written = data.draw(
        st.lists(docs(overlaps=overlaps, missing=missing, **CAN_SAY.get(format.name, {})), min_size=1, max_size=3)
    )
    path, report = fresh(folder, format), Report(strict=True)
    write_corpus(written, path, format.name, report=report)
    read = list(read_corpus(path, NLP, format.name, report=report))
    assert [facts(doc, missing=missing) for doc in read] == [facts(doc, missing=missing) for doc in written]
    assert not set(report.notes) - {"span overlaps an entity; kept in doc.spans['overlapping']"}


@pytest.mark.parametrize("name", ["spacy", "prodigy"])  # spaCy cannot read all tokens back from its JSON
@given(st.data())
def test_tokens(folder, name, data):
    written = data.draw(docs(own_tokens=True))
    path = folder / "tokens"
    write_corpus([written], path, name)
    (read,) = read_corpus(path, NLP, name)
    assert facts(read, tokens=True) == facts(written, tokens=True)


@pytest.mark.parametrize("format", ROUND, ids=lambda format: format.name)
@given(st.data())
def test_a_span_group(folder, format, data):
    written = data.draw(docs(**CAN_SAY.get(format.name, {})))
    written.spans["layer"] = [*written.ents, *written.spans.pop("overlapping", ())]
    written.set_ents([], default="missing")
    path = fresh(folder, format)
    keys = {"spans_keys": ["layer"]} if "spans_keys" in options_of(format.write) else {}
    write_corpus([written], path, format.name, **keys)
    group = {"spans_key": "layer"} if "spans_key" in options_of(format.read) else {}
    (read,) = read_corpus(path, NLP, format.name, **group)
    assert not read.ents
    spans = [sorted((s.start, s.end, s.label_) for s in doc.spans.get("layer", ())) for doc in (read, written)]
    assert spans[0] == spans[1]


@pytest.mark.parametrize("format", ROUND, ids=lambda format: format.name)
def test_what_is_written_is_recognised(tmp_path, format):
    doc = spacy.blank("en")('Ann & Bo met in <Rome> today 😀, \'twas "fine".')
    annotate(doc, [(0, 1, "PER"), (6, 7, "LOC")])
    path = fresh(tmp_path, format)
    write_corpus([doc, doc], path, format.name)
    assert format_of(path).name == format.name
