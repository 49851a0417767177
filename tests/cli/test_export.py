"""`python -m spacy bio-crf export`."""
import json

import pytest
import spacy

from spacy_bio_crf.corpus import read_corpus, write_corpus
from spacy_bio_crf.corpus.annotate import annotate

NLP = spacy.blank("en")


def ents(docs):
    return [[(ent.text, ent.label_) for ent in doc.ents] for doc in docs]


@pytest.fixture
def texts(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("Who is Shaka Khan?\nI like London and Berlin.\n")
    return path


FOUND = [[("Shaka Khan", "PERSON")], [("London", "LOC"), ("Berlin", "LOC")]]


@pytest.mark.parametrize(
    "name, to",
    [("a.jsonl", "prodigy"), ("a.jsonl", "doccano"), ("a.jsonl", "label_studio"), ("folder", "brat"), ("a.xml", None),
     ("a.csv", None), ("a.tsv", None), ("a.json", None), ("a.spacy", None)],
)  # fmt: skip
def test_predictions_in_every_format(model, texts, tmp_path, bio_crf, name, to):
    output = tmp_path / name
    report = bio_crf("export", model, texts, output, *(["--to", to] if to else []), "--json")
    assert report["written"] == {str(output): 2} and report["labels"]["LOC"] > 0 and not report["dropped"]
    assert ents(read_corpus(output, NLP)) == FOUND


def test_probabilities(model, texts, tmp_path, bio_crf):
    bio_crf("export", model, texts, tmp_path / "a.jsonl", "--to", "prodigy")
    scores = [span["score"] for line in (tmp_path / "a.jsonl").open() for span in json.loads(line)["spans"]]
    assert len(scores) == 3 and all(0.5 < score <= 1 for score in scores)


def test_span_groups(model, texts, tmp_path, bio_crf):
    bio_crf("export", model, texts, tmp_path / "a.tsv", "--spans-key", "found", "--to-scheme", "BIOES")
    assert "Shaka\tB-PERSON\nKhan\tE-PERSON\n" in (tmp_path / "a.tsv").read_text()
    bio_crf("export", model, texts, tmp_path / "a.csv", "--spans-key", "found", "--spans-key", "other")
    assert "PERSON" in (tmp_path / "a.csv").read_text()
    error = bio_crf("export", model, texts, tmp_path / "b.csv", "--spans-key", "other", code=1).stderr
    assert "E541" in error and "found" in error and not (tmp_path / "b.csv").exists()


def test_annotation_of_a_corpus_is_left_out(model, tmp_path, bio_crf):
    doc = annotate(NLP("I like London"), [(0, 1, "WRONG")])
    write_corpus([doc], tmp_path / "in.jsonl", "doccano")
    write_corpus([doc], tmp_path / "in.tsv")
    for name in ("in.jsonl", "in.tsv"):
        bio_crf("export", model, tmp_path / name, tmp_path / "out.json", "--from", {"in.tsv": "columns"}.get(name, "doccano"))
        assert ents(read_corpus(tmp_path / "out.json", NLP)) == [[("London", "LOC")]]


def test_a_corpus_is_read_by_its_options(model, tmp_path, bio_crf):
    """Illegal tags are left out like the others, and the separator that is read is not the one that is written."""
    (tmp_path / "in.iob2").write_text("# 1\n1\tI\tO\n2\tlike\tI-X\n3\tNew York\tI-Y\n\n")
    options = ["--from", "columns", "--separator", "tab", "--token-column", 1, "--comment", "# ", "--lang", "en"][:-2]
    bio_crf("export", model, tmp_path / "in.iob2", tmp_path / "out.tsv", *options, "--to-separator", "comma")
    assert [line.split(",")[0] for line in (tmp_path / "out.tsv").read_text().split("\n")] == ["I", "like", "New York", "", ""]


@pytest.mark.parametrize(
    "output, options, code",
    [("a.csv", ["--to-separator", "tab"], "E528"), ("a.csv", ["--separator", "tab"], "E528"), ("a.tsv", ["--to-scheme", "X"], "E101"),
     ("a.jsonl", [], "E527"), ("a.spacy", ["--to", "snips"], "E531"), ("texts.txt", [], "E603"), ("model", ["--to", "brat"], "E603"),
     ("a.csv", ["--to-scheme", "BIO"], "E528"), ("a.csv", ["--from", "x"], "E526")],
)  # fmt: skip
def test_errors(model, texts, tmp_path, bio_crf, output, options, code):
    before = sorted(tmp_path.rglob("*"))
    assert code in bio_crf("export", model, texts, tmp_path / output, *options, code=1).stderr
    assert sorted(tmp_path.rglob("*")) == before
    assert "E501" in bio_crf("export", model, tmp_path / "nowhere.txt", tmp_path / "a.tsv", code=1).stderr
    assert "E501" in bio_crf("export", model, tmp_path, tmp_path / "a.tsv", code=1).stderr
