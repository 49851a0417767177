"""Real corpora: the counts that their sources state."""
import pytest

from spacy_bio_crf.corpus import ColumnFormat, Report, read_columns, read_snips, read_usaddress, write_columns
from spacy_bio_crf.corpus.align import SPAN_CUTS_TOKEN as CUTS_TOKEN
from spacy_bio_crf.corpus.align import TRIMMED
from spacy_bio_crf.corpus.snips import SURROGATES

TAB = ColumnFormat(separator="\t")
DANISH = ColumnFormat(token_column=1, tag_column=2, separator="\t", comment="# ")
CHINESE = ColumnFormat(separator="\t", missing="UNK")
KEYS = ColumnFormat(label="KEY")
IO = ColumnFormat(scheme="IO")
WIKIGOLD = "wikigold/CONLL-format/data/wikigold.conll.txt"


@pytest.mark.parametrize(
    "name, format, documents, tokens, spans",
    [
        ("wnut17/wnut17train.conll", ColumnFormat(), 3394, 62730, 1975),
        ("wnut17/emerging.dev.conll", ColumnFormat(), 1009, 15733, 836),
        ("wnut17/emerging.test.annotated", ColumnFormat(), 1287, 23394, 1079),
        ("bc5cdr/train.tsv", TAB, 4560, 118170, 9385),
        ("bc5cdr/devel.tsv", TAB, 4581, 117453, 9593),
        ("bc5cdr/test.tsv", TAB, 4797, 124750, 9809),
        (WIKIGOLD, IO, 1696, 39007, 3558),
        ("uner_da_ddt/da_ddt-ud-dev.iob2", DANISH, 564, 10332, 379),
        ("dsner_ec_zh/EC/train", CHINESE, 1097, 8635, 1264),
        ("dsner_ec_zh/EC/dev", CHINESE, 400, 3104, 475),
        ("dsner_ec_zh/EC/test", CHINESE, 798, 6107, 918),
        ("dsner_ec_zh/EC/ds_fa", CHINESE, 2560, 21976, 3061),
        ("indonlu_keps/train_preprocess.txt", KEYS, 800, 9585, 3256),
        ("indonlu_keps/valid_preprocess.txt", KEYS, 200, 2362, 763),
        ("indonlu_keps/test_preprocess_masked_label.txt", KEYS, 247, 3706, 0),
    ],
)
def test_columns(corpus_file, nlp, tmp_path, name, format, documents, tokens, spans):
    report, again = Report(), Report()
    docs = list(read_columns(corpus_file(name), nlp, format, report=report))
    assert (report.documents, report.tokens, report.spans) == (documents, tokens, spans)
    assert report.faithful and not report.missing
    for scheme in ("BIOES", "IOB1"):
        written = ColumnFormat(scheme=scheme, separator="\t")
        write_columns(docs, tmp_path / "again.tsv", written)
        read = read_columns(tmp_path / "again.tsv", nlp, written, report=again)
        assert [[(e.start, e.end, e.label_) for e in doc.ents] for doc in read] == [
            [(e.start, e.end, e.label_) for e in doc.ents] for doc in docs
        ]


@pytest.mark.parametrize(
    "split, documents, tokens, spans, orphans", [("train", 4383, 80378, 3028, 6), ("test", 565, 10023, 447, 1)]
)
def test_orphans(corpus_file, nlp, split, documents, tokens, spans, orphans):
    path, report = corpus_file(f"uner_da_ddt/da_ddt-ud-{split}.iob2"), Report()
    with pytest.raises(ValueError, match="E102"):
        list(read_columns(path, nlp, DANISH))
    list(read_columns(path, nlp, DANISH, repair="begin", report=report))
    assert (report.documents, report.tokens, report.spans) == (documents, tokens, spans)
    assert report.repairs == {"orphan": orphans}


def test_partial_annotation(corpus_file, nlp):
    report = Report()
    list(read_columns(corpus_file("dsner_ec_zh/EC/ds_pa"), nlp, CHINESE, spaces=False, report=report))
    assert (report.documents, report.tokens, report.spans, report.missing) == (2560, 21976, 3061, 14710)


def test_whole_documents(corpus_file, nlp):
    report = Report()
    docs = list(read_columns(corpus_file(WIKIGOLD), nlp, IO, sentences_per_doc=0, report=report))
    assert (report.documents, report.tokens, report.spans) == (145, 39007, 3558)
    assert sum(len(list(doc.sents)) for doc in docs) == 1696


@pytest.mark.parametrize(
    "name, documents, tokens, spans",
    [("labeled.xml", 1513, 10722, 8922), ("measure_performance/test_data/labeled.xml", 146, 1094, 890)],
)
def test_usaddress(corpus_file, nlp, name, documents, tokens, spans):
    report, anew = Report(), Report()
    list(read_usaddress(corpus_file(f"usaddress/{name}"), nlp, report=report))
    assert (report.documents, report.tokens, report.spans) == (documents, tokens, spans)
    list(read_usaddress(corpus_file(f"usaddress/{name}"), nlp, file_tokens=False, report=anew))
    assert anew.labels == report.labels and anew.faithful


@pytest.mark.parametrize(
    "pattern, documents, spans, cut, trimmed, surrogates",
    [("*/train_*_full.json", 13784, 35748, 13, 5, 1), ("*/validate_*.json", 700, 1794, 6, 1, 0)],
)
def test_snips(corpus_file, nlp, pattern, documents, spans, cut, trimmed, surrogates):
    report = Report()
    for path in sorted(corpus_file("snips").glob(pattern)):
        list(read_snips(path, nlp, report=report))
    assert report.documents == documents
    assert report.spans + cut == spans
    assert report.unaligned == {CUTS_TOKEN: cut}
    assert (report.notes[TRIMMED], report.notes[SURROGATES]) == (trimmed, surrogates)
    assert len(report.labels) == 39
