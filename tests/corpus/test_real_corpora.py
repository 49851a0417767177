"""Real corpora: the counts that their sources state."""
import pytest

from spacy_bio_crf.corpus import (
    ColumnFormat,
    Report,
    read_columns,
    read_corpus,
    read_snips,
    read_usaddress,
    write_columns,
    write_corpus,
)
from spacy_bio_crf.corpus.align import SPAN_CUTS_TOKEN as CUTS_TOKEN
from spacy_bio_crf.corpus.align import TRIMMED
from spacy_bio_crf.corpus.formats import format_of
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


DOMAINS = [
    ("politics", (200, 8384, 1304), (541, 24624, 3482), (651, 27585, 4209), 9),
    ("science", (200, 7100, 1075), (450, 16139, 2538), (543, 19487, 3089), 17),
    ("music", (100, 3909, 648), (380, 15591, 2679), (465, 19605, 3336), 13),
    ("literature", (100, 3782, 541), (400, 14503, 2130), (416, 16157, 2266), 12),
    ("ai", (100, 3782, 532), (350, 10919, 1549), (431, 12991, 1809), 14),
]


@pytest.mark.parametrize("domain, train, dev, test, labels", DOMAINS)
def test_crossner(corpus_file, nlp, domain, train, dev, test, labels):
    found = set()
    for split, counts in (("train", train), ("dev", dev), ("test", test)):
        report = Report(strict=True)
        list(read_corpus(corpus_file(f"crossner/{domain}/{split}.txt"), nlp, report=report))
        assert (report.documents, report.tokens, report.spans) == counts
        found.update(report.labels)
    assert len(found) == labels


@pytest.mark.parametrize(
    "split, counts, spans, orphans",
    [
        ("train", (4801, 93471), {"Skill": 2221, "Knowledge": 2969}, {}),
        ("dev", (3175, 40073), {"Skill": 1070, "Knowledge": 1093}, {}),
        ("test", (3570, 42808), {"Skill": 1091, "Knowledge": 1174}, {"orphan": 1}),
    ],
)
def test_layers_of_skillspan(corpus_file, nlp, tmp_path, split, counts, spans, orphans):
    folder, layers, report, again = corpus_file("skillspan/conll"), {"Skill": 1, "Knowledge": 2}, Report(), Report()
    pattern, tab = f"*_{split}.conll", {"separator": "\t", "layers": layers}
    docs = list(read_corpus(folder, nlp, pattern=pattern, repair="begin", report=report, **tab))
    assert (report.documents, report.tokens) == counts and report.labels == spans and report.repairs == orphans
    assert not report.missing
    write_corpus(docs, tmp_path / "again.conll", **tab)
    list(read_corpus(tmp_path / "again.conll", nlp, report=again, **tab))
    assert again.labels == spans and again.faithful


LITBANK = {"layer1": 11989, "layer2": 1742, "layer3": 162, "layer4": 19}


def test_layers_of_litbank(corpus_file, nlp):
    report, layers = Report(strict=True), {layer: column for column, layer in enumerate(LITBANK, start=1)}
    docs = list(read_corpus(corpus_file("litbank/entities/tsv"), nlp, separator="\t", layers=layers, report=report))
    assert (report.documents, report.tokens, report.spans) == (8562, 210532, sum(LITBANK.values()))
    assert {layer: sum(len(doc.spans[layer]) for doc in docs) for layer in layers} == LITBANK


def test_bare_labels_of_litbank(corpus_file, nlp):
    report, options = Report(strict=True), {"separator": "\t", "bare_labels": True}
    list(read_corpus(corpus_file("litbank/events/tsv"), nlp, report=report, **options))
    assert (report.documents, report.tokens, report.labels) == (8562, 210532, {"EVENT": 7769})
    single = Report(strict=True)
    list(read_corpus(corpus_file("litbank/events/tsv"), nlp, report=single, single_tokens=True, **options))
    assert single.labels == {"EVENT": 7849}  # 80 stand right after another


@pytest.mark.parametrize("kind, spans, cut", [("entities", sum(LITBANK.values()), 11), ("events", 7849, 2)])
def test_brat_files_of_litbank(corpus_file, nlp, tmp_path, kind, spans, cut):
    report, again = Report(), Report()
    docs = list(read_corpus(corpus_file(f"litbank/{kind}/brat"), nlp, report=report))
    assert (report.documents, report.spans + cut) == (100, spans)
    assert report.unaligned == {CUTS_TOKEN: cut}
    write_corpus(docs, tmp_path / "again", "brat")
    list(read_corpus(tmp_path / "again", nlp, report=again))
    assert again.labels == report.labels and again.faithful


@pytest.mark.parametrize(
    "split, counts", [("train", (13084, 117700, 33958)), ("valid", (700, 6384, 1794)), ("test", (700, 6354, 1790))]
)
def test_parallel_files_of_snips(corpus_file, nlp, split, counts):
    report = Report(strict=True)
    list(read_corpus(corpus_file(f"snips/slotgated/{split}/seq.in"), nlp, report=report))
    assert (report.documents, report.tokens, report.spans) == counts


KNOWN = {".xml": "usaddress", ".json": "snips", ".in": "parallel", ".ann": "brat"}


def test_every_format_is_recognised(corpus_file):
    """By its ending here; the code looks at the content of the first three."""
    for path in corpus_file("README.md").parent.rglob("*"):
        if path.suffix in KNOWN:
            assert format_of(path).name == KNOWN[path.suffix], path
        elif path.suffix in (".tsv", ".conll", ".iob2", ".annotated"):
            assert format_of(path).name == "columns", path


def test_a_broken_file_is_named(corpus_file, nlp, tmp_path):
    """Half of a file in any format is an error that names it."""
    for name in ("usaddress/labeled.xml", "snips/PlayMusic/validate_PlayMusic.json"):
        whole = corpus_file(name).read_bytes()
        half = tmp_path / corpus_file(name).name
        half.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(ValueError, match=rf"E51[78].*{half.name}"):
            list(read_corpus(half, nlp, format_of(corpus_file(name)).name))
