"""Figures are those of seqeval and nervaluate, drawn by hypothesis and on the real corpora."""
from itertools import groupby, islice

import numpy
import pytest
from hypothesis import assume, given

from spacy_bio_crf.corpus import ColumnFormat, read_columns, read_snips, read_usaddress
from spacy_bio_crf.evaluation import match_counts
from spacy_bio_crf.tags import TokenSpan

from .documents import LABELS, documents, make_doc, with_mistakes
from .peers import check_nervaluate, check_seqeval

TAB = ColumnFormat(separator="\t")
MOST = 1000  # documents, so that nobody has to wait
READERS = {
    "wnut17/emerging.test.annotated": {},
    "bc5cdr/devel.tsv": {"format": TAB},
    "wikigold/CONLL-format/data/wikigold.conll.txt": {"format": ColumnFormat(scheme="IO")},
    "uner_da_ddt/da_ddt-ud-train.iob2": {
        "format": ColumnFormat(token_column=1, tag_column=2, separator="\t", comment="# "),
        "repair": "begin",
    },
    "dsner_ec_zh/EC/test": {"format": ColumnFormat(separator="\t", missing="UNK")},
    "indonlu_keps/valid_preprocess.txt": {"format": ColumnFormat(label="KEY")},
    **{f"crossner/{domain}/test.txt": {} for domain in ("ai", "literature", "music", "politics", "science")},
    **{f"skillspan/conll/skillspan_tech_dev.conll#{column}": {} for column in (1, 2)},
    **{f"litbank/entities/tsv#{column}": {} for column in (1, 2, 3, 4)},
    "litbank/events/tsv": {},
    "usaddress/measure_performance/test_data/labeled.xml": {},
    "snips": {},
}


@given(documents(min_size=1))
def test_strict_figures_are_seqevals(docs):
    assume(any(doc.gold or doc.predicted for doc in docs))  # seqeval cannot average nothing
    check_seqeval(docs, "strict")
    check_seqeval(docs, "default")  # which is conlleval's


@given(documents())
def test_all_ways_to_match_are_nervaluates(docs):
    assume(docs)
    check_nervaluate(docs, LABELS)


def test_of_several_spans_with_the_label_the_nearest_counts():
    doc = make_doc([(0, 1, "A"), (1, 5, "A")], [(0, 4, "A"), (4, 5, "A")])
    check_nervaluate([doc], LABELS)
    assert match_counts([doc], "type") == (1, 0, 0, 1, 1)


@pytest.mark.parametrize("name", READERS)
def test_real_corpora_with_mistakes(corpus_file, nlp, name):
    generator = numpy.random.default_rng(0)
    read = islice(_read(corpus_file, nlp, name), MOST)
    gold = [(spans, length) for spans, length in read if length]
    labels = sorted({span.label for spans, _ in gold for span in spans})
    assert len(gold) > 50 and labels
    docs = [make_doc(spans, with_mistakes(spans, length, labels, generator), length) for spans, length in gold]
    assert any(doc.gold != doc.predicted for doc in docs) and any(set(doc.gold) & set(doc.predicted) for doc in docs)
    check_seqeval(docs, "strict")
    check_seqeval(docs, "default")
    check_nervaluate(docs, labels)


def _read(corpus_file, nlp, name):
    """Gold spans of each document, and its number of tokens."""
    path, _, column = name.partition("#")
    path, options = corpus_file(path), dict(READERS[name])
    if name == "litbank/events/tsv":
        yield from _read_events(path)
        return
    if column:
        options["format"] = ColumnFormat(tag_column=int(column), separator="\t" if "litbank" in name else None)
    read = {"snips": read_snips, "usaddress": read_usaddress}.get(path.name if name == "snips" else name.split("/")[0])
    files = sorted(path.glob("*/validate_*.json") if name == "snips" else path.glob("*.tsv")) if path.is_dir() else [path]
    for file in files:
        for doc in (read or read_columns)(file, nlp, **options):
            yield [TokenSpan(ent.start, ent.end, ent.label_) for ent in doc.ents], len(doc)


def _read_events(path):
    """Bare labels: neighbours of one label are one span."""
    for file in sorted(path.glob("*.tsv")):
        sentences = [block.splitlines() for block in file.read_text(encoding="utf-8").split("\n\n") if block.strip()]
        for sentence in sentences:
            rows = enumerate(line.split("\t")[1] for line in sentence if line)
            runs = [(label, [i for i, _ in run]) for label, run in groupby(rows, key=lambda row: row[1])]
            yield [TokenSpan(run[0], run[-1] + 1, label) for label, run in runs if label != "O"], len(sentence)
